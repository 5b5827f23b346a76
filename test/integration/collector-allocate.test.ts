import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ServiceError, status } from '@grpc/grpc-js';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import type { AuditRecord__Output } from '../../shared/rpc/gen/wca/v1/AuditRecord.ts';
import { AllocationClient, describe } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { WatchStream } from '../kit/watch-stream.ts';

/** A real collector allocates to real cgroups of this host, and everything comes back. */

let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
/** The files of the CPU quota and shares on v1; on v2 the parts of the test that read them are others. */
const hasV1 = cgroups?.file(cgroups.root, 'cpu.cfs_quota_us') !== undefined;
const skip = cgroups === undefined ? reason : !hasV1 && 'the cpu controller is not on cgroup v1 here';
after(() => cgroups?.remove());

const half: AllocationValue = { type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 };
const heavy: AllocationValue = { type: 'cpu_shares', shares: 4_096, conversion: 'kernel' };

let ledger = '';
const running: CollectorProcess[] = [];
beforeEach(() => {
  ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
});
afterEach(async () => {
  for (const collector of running.splice(0)) await collector.stop();
  rmSync(ledger, { recursive: true, force: true });
});

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

function argsOf(...more: readonly string[]): readonly string[] {
  return ['--ledger', ledger, '--allocate-below', must(cgroups).root, ...more];
}

async function start(...more: readonly string[]): Promise<{ collector: CollectorProcess; client: AllocationClient }> {
  const collector = await CollectorProcess.start({ args: argsOf(...more) });
  running.push(collector);
  return { collector, client: new AllocationClient(collector.client()) };
}

let made = 0;
/** A cgroup of its own. */
function task(): string {
  made += 1;
  return must(cgroups).add(`task${made}`);
}

/** Quota and shares of a cgroup. */
function stateOf(path: string): readonly string[] {
  return ['cpu.cfs_quota_us', 'cpu.shares'].map((file) =>
    readFileSync(must(must(cgroups).file(path, file)), 'utf8').trim(),
  );
}

function write(path: string, file: string, text: string): void {
  writeFileSync(must(must(cgroups).file(path, file)), text);
}

const original = ['-1', '1024'];

/** Waits until it is so. */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`not within 10 s: ${what}`);
}

async function kill(collector: CollectorProcess): Promise<void> {
  const closed = once(collector.child, 'close');
  collector.child.kill('SIGKILL');
  await closed;
}

test('values are applied, listed, audited, unchanged the second time, and restored', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  const result = await client.apply(path, [half, heavy]);
  assert.deepEqual(
    result.values.map(({ type, outcome }) => [type, outcome]),
    [
      ['cpu_quota', 'applied'],
      ['cpu_shares', 'applied'],
    ],
  );
  assert.deepEqual(stateOf(path), ['50000', '4096']);
  const [again] = await client.allocate([{ path, values: [half, heavy] }]);
  assert.deepEqual([...new Set(again?.values.map(({ outcome }) => outcome))], ['unchanged']);
  const { allocations, enabled } = await client.list();
  assert.ok(enabled);
  const quota = allocations.find(({ type }) => type === 'cpu_quota');
  assert.deepEqual([quota?.cgroupPath, quota?.owner], [path, `uid ${process.getuid?.()}, pid ${process.pid}`]);
  assert.equal((await collector.status()).allocations, allocations.length);
  await client.restore({ cgroupPaths: [path] });
  assert.deepEqual(stateOf(path), original);
  assert.deepEqual((await client.list()).allocations, []);
  const causes = (await client.audit()).map(({ cause }) => cause);
  assert.ok(causes.includes('allocate') && causes.includes('restore'), causes.join(' '));
});

test('a dry run says what would be written and writes nothing', { skip }, async () => {
  const { client } = await start();
  const path = task();
  const [result] = await client.allocate([{ path, values: [half] }], { dryRun: true });
  const [value] = must(result).values;
  assert.equal(value?.outcome, 'would_apply');
  assert.ok(value?.writes.some(({ file, after: text }) => file.startsWith(path) && text.includes('50000')));
  assert.deepEqual(stateOf(path), original);
  assert.deepEqual((await client.list()).allocations, []);
});

test('a lease that is not renewed gives the originals back', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  await client.allocate([{ path, values: [half, heavy] }], { lease: { id: 'short', ttlMs: 1_000 } });
  assert.deepEqual(stateOf(path), ['50000', '4096']);
  const { leases } = await collector.status();
  assert.deepEqual([leases[0]?.id, leases.length], ['short', 1]);
  await until(() => stateOf(path).join() === original.join(), 'the lease expires');
  assert.deepEqual((await client.list()).allocations, []);
});

test('a lease that is renewed stays', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  await client.allocate([{ path, values: [half] }], { lease: { id: 'kept', ttlMs: 1_000 } });
  const raw = collector.client();
  const begun = performance.now();
  while (performance.now() - begun < 2_500) {
    const allocations = await new Promise<number>((resolve, reject) => {
      raw.renewLease({ leaseId: 'kept', ttlMs: 1_000 }, (error, reply) =>
        error === null && reply !== undefined ? resolve(reply.allocations) : reject(error),
      );
    });
    assert.ok(allocations > 0);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.equal(stateOf(path)[0], '50000');
});

test('what is held is not touched until it is released', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  const hold = (on: boolean): Promise<unknown> =>
    new Promise((resolve, reject) => {
      collector
        .client()
        .hold({ cgroupPaths: [path], hold: on }, (error, reply) => (error === null ? resolve(reply) : reject(error)));
    });
  await hold(true);
  const [refused] = await client.allocate([{ path, values: [half] }]);
  const codes = [refused?.error?.code, ...must(refused).values.map(({ error }) => error?.code)];
  assert.ok(codes.includes('ALLOCATION_HELD'), codes.join(' '));
  assert.deepEqual(stateOf(path), original);
  assert.deepEqual((await collector.status()).held, [path]);
  await hold(false);
  await client.apply(path, [half]);
  assert.equal(stateOf(path)[0], '50000');
});

test('what the policy does not name is not touched', { skip }, async (t) => {
  const { client } = await start();
  const elsewhere = must(TestCgroups.make(() => {}));
  t.after(() => elsewhere.remove());
  for (const path of ['/', elsewhere.root]) {
    const [result] = await client.allocate([{ path, values: [half] }]);
    const codes = [result?.error?.code, ...must(result).values.map(({ error }) => error?.code)];
    assert.ok(codes.includes('NOT_ALLOWED'), `${path}: ${codes.join(' ')}`);
  }
});

test('the Watch stream tells what is allocated, also what others change', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  const stream = new WatchStream(collector.client(), { intervalMs: 100, currentAllocations: true });
  stream.update([path]);
  const rawOf = (type: string) => (view: { allocations?: { targets: readonly { values: readonly Current[] }[] } }) =>
    view.allocations?.targets[0]?.values.find(({ value }) => value.type === type);
  type Current = { readonly value: AllocationValue; readonly raw: string };
  const first = await stream.next();
  const before = rawOf('cpu_quota')(Object(first))?.value;
  assert.ok(before?.type === 'cpu_quota' && before.quotaUs === undefined);
  await client.apply(path, [half]);
  const changed = await stream.next((view) => {
    const value = rawOf('cpu_quota')(Object(view))?.value;
    return value?.type === 'cpu_quota' && value.quotaUs === 50_000;
  });
  assert.ok((changed.allocations?.targets[0]?.identity ?? 0n) > 0n);
  write(path, 'cpu.shares', '777');
  await stream.next((view) => rawOf('cpu_shares')(Object(view))?.raw.includes('777') === true);
  stream.call.cancel();
});

test('what was measured of a cgroup is not allocated to another that was made under its path', { skip }, async () => {
  const { client } = await start();
  const path = task();
  // As in snapshots: the inode on the hierarchy of the CPU controller.
  const identityNow = (): bigint =>
    statSync(dirname(must(must(cgroups).file(path, 'cpu.shares'))), { bigint: true }).ino;
  const identity = identityNow();
  const [first] = await client.allocate([{ path, values: [half], identity }]);
  assert.deepEqual(first?.values[0]?.outcome, 'applied', describe(first));
  must(cgroups).drop(path);
  const [none] = await client.allocate([{ path, values: [half], identity }]);
  assert.match(describe(none), /there is no such cgroup/);
  must(cgroups).add(basename(path));
  const [other] = await client.allocate([{ path, values: [half], identity }]);
  assert.match(describe(other), /another cgroup than the one that was measured/);
  assert.deepEqual(stateOf(path), original);
  const [again] = await client.allocate([{ path, values: [half], identity: identityNow() }]);
  assert.deepEqual(again?.values[0]?.outcome, 'applied', describe(again));
  await client.restore({ all: true });
  assert.deepEqual(stateOf(path), original);
});

test('a value that somebody else changed is respected', { skip }, async () => {
  const { client } = await start();
  const path = task();
  await client.apply(path, [heavy]);
  write(path, 'cpu.shares', '333');
  const [refused] = await client.allocate([{ path, values: [heavy] }]);
  assert.equal(must(refused).values[0]?.error?.code, 'CHANGED_BY_OTHERS');
  assert.equal(stateOf(path)[1], '333');
});

test('after kill -9 the next collector knows the originals', { skip }, async () => {
  const first = await start();
  const path = task();
  await first.client.apply(path, [half, heavy]);
  await kill(first.collector);
  assert.deepEqual(stateOf(path), ['50000', '4096']);
  const second = await start();
  assert.ok((await second.client.list()).allocations.length >= 2);
  await second.client.restore({ all: true });
  assert.deepEqual(stateOf(path), original);
});

test('a lease that ran out while no collector lived expires at the next start', { skip }, async () => {
  const first = await start();
  const path = task();
  await first.client.allocate([{ path, values: [half] }], { lease: { id: 'l', ttlMs: 1_000 } });
  await kill(first.collector);
  await start();
  await until(() => stateOf(path)[0] === '-1', 'the lease expires');
});

test('SIGTERM restores what is leased and leaves the rest for the next collector', { skip }, async () => {
  const { collector, client } = await start();
  const [leased, lasting] = [task(), task()];
  await client.allocate([{ path: leased, values: [half] }], { lease: { id: 'l', ttlMs: 60_000 } });
  await client.apply(lasting, [half]);
  await collector.stop();
  assert.deepEqual([stateOf(leased)[0], stateOf(lasting)[0]], ['-1', '50000']);
  const next = await start();
  await next.client.restore({ all: true });
  assert.equal(stateOf(lasting)[0], '-1');
});

for (const [how, args, signal, left] of [
  ['SIGUSR2 leaves leased values for a collector that is started again', [], 'SIGUSR2', '50000'],
  ['--restore-on-stop none leaves leased values', ['--restore-on-stop', 'none'], 'SIGTERM', '50000'],
  ['--restore-on-stop all restores values without a lease too', ['--restore-on-stop', 'all'], 'SIGTERM', '-1'],
] as const) {
  test(how, { skip }, async () => {
    const { collector, client } = await start(...args);
    const path = task();
    const lease = left === '-1' ? {} : { lease: { id: 'l', ttlMs: 60_000 } };
    await client.allocate([{ path, values: [half] }], lease);
    const closed = once(collector.child, 'close');
    collector.child.kill(signal);
    await closed;
    assert.equal(stateOf(path)[0], left);
    await (await start()).client.restore({ all: true });
    assert.equal(stateOf(path)[0], '-1');
  });
}

const main = fileURLToPath(new URL('../../collector/main.js', import.meta.url));

test('--restore-now puts back what a dead collector left', { skip }, async () => {
  const { collector, client } = await start();
  const [leased, lasting] = [task(), task()];
  await client.allocate([{ path: leased, values: [half] }], { lease: { id: 'l', ttlMs: 60_000 } });
  await client.apply(lasting, [heavy]);
  await kill(collector);
  const restore = (what: string) => spawnSync(process.execPath, [main, ...argsOf('--restore-now', what)]).status;
  assert.equal(restore('leased'), 0);
  assert.deepEqual([stateOf(leased)[0], stateOf(lasting)[1]], ['-1', '4096']);
  assert.equal(restore('all'), 0);
  assert.equal(stateOf(lasting)[1], '1024');
});

test('a second collector with the same ledger measures and does not allocate', { skip }, async () => {
  await start();
  const second = await start();
  const { enabled, disabledReason } = await second.client.list();
  assert.equal(enabled, false);
  assert.match(disabledReason?.message ?? '', /\d/);
  await assert.rejects(second.client.allocate([{ path: task(), values: [half] }]));
  const stream = new WatchStream(second.collector.client(), { intervalMs: 100 });
  stream.update(['/']);
  await stream.next();
  stream.call.cancel();
  second.collector.child.kill();
});

test('who follows the audit sees each write, and is told when the collector stops', { skip }, async () => {
  const { collector, client } = await start();
  const path = task();
  const call = collector.client().watchAudit({ follow: true });
  const records: AuditRecord__Output[] = [];
  call.on('data', (record: AuditRecord__Output) => records.push(record));
  const ended = once(call, 'error') as Promise<[ServiceError]>;
  await client.apply(path, [half]);
  await until(() => records.some(({ cgroupPath, cause }) => cgroupPath === path && cause === 'allocate'), 'the record');
  const closed = once(collector.child, 'close');
  collector.child.kill('SIGTERM');
  const [error] = await ended;
  assert.equal(error.code, status.UNAVAILABLE);
  assert.equal(fromStatus(error, 'audit').code, 'UNAVAILABLE');
  await closed;
  const next = await start();
  await next.client.restore({ all: true });
});
