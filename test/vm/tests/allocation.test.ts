// guests: v2 v1
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { AllocationClient } from '../../kit/allocation-client.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { bindToCpus, startWorkload } from '../kit/scene.ts';
import { isV2, readControl, reloadSystemd, showProperty, startService } from '../kit/units.ts';

/** What allocations do to real processes and units, through a real collector. */

const cgroups = TestCgroups.make((why) => {
  throw new Error(why);
});
if (cgroups === undefined) throw new Error('no cgroups');
const { root } = cgroups;
/** On v1 cpusets are a hierarchy of their own. */
const sets = TestCgroups.makeCpuset(root);
after(() => {
  sets?.remove();
  cgroups.remove();
});

async function startClient(t: TestContext, ...args: readonly string[]) {
  const collector = await CollectorProcess.start({ args: ['--allocate-below', root, ...args] });
  t.after(() => collector.stop());
  return { collector, client: new AllocationClient(collector.client()) };
}

/** A process that burns CPU time on one CPU until the test ends. */
async function startBusy(t: TestContext, path: string, cpu: number): Promise<void> {
  const workload = await startWorkload(t, { kind: 'spin', amount: 600_000 });
  cgroups?.attach(path, workload.pid);
  bindToCpus(workload.pid, String(cpu)); // after it has entered its cpuset, for Linux before 6.2 forgets it there
  void workload.act().catch(() => undefined); // it is killed in the middle
}

function usedSeconds(path: string): number {
  const v1 = cgroups?.file(path, 'cpuacct.usage');
  if (v1 !== undefined) return Number(readFileSync(v1, 'utf8')) / 1e9;
  const stat = readFileSync(cgroups?.file(path, 'cpu.stat') ?? '', 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
}

async function cpusUsed(paths: readonly string[], ms: number): Promise<readonly number[]> {
  const startNs = process.hrtime.bigint();
  const first = paths.map(usedSeconds);
  await sleep(ms);
  const seconds = Number(process.hrtime.bigint() - startNs) / 1e9;
  return paths.map((path, i) => (usedSeconds(path) - (first[i] ?? 0)) / seconds);
}

/** Measured again when the emulated machine was disturbed; the tolerance stays. */
async function assertMeasured(
  t: TestContext,
  { want, share, measure }: { want: number; share: number; measure: () => Promise<number> },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const got = await measure();
    t.diagnostic(`${got.toFixed(4)}, wanted ${want}`);
    if (Math.abs(got - want) <= share * want) return;
    assert.ok(attempt < 5, `${got} is not within ${share * 100} % of ${want}`);
  }
}

test('a busy task uses what its quota says, within 3 %', async (t) => {
  const { client } = await startClient(t);
  const path = cgroups.add('quota');
  await client.apply(path, [{ type: 'cpu_quota', quotaUs: 25_000, periodUs: 100_000 }]);
  await startBusy(t, path, 1);
  await sleep(500);
  await assertMeasured(t, { want: 0.25, share: 0.03, measure: async () => (await cpusUsed([path], 4000))[0] ?? 0 });
});

test('shares split a contended CPU in proportion, within 5 %', async (t) => {
  const { client } = await startClient(t);
  const [one = '', three = ''] = ['one', 'three'].map((name) => cgroups.add(`shares-${name}`));
  await client.apply(one, [{ type: 'cpu_shares', shares: 1024, conversion: 'kernel' }]);
  await client.apply(three, [{ type: 'cpu_shares', shares: 3072, conversion: 'kernel' }]);
  await startBusy(t, one, 2);
  await startBusy(t, three, 2);
  await sleep(500);
  const measure = async (): Promise<number> => {
    const [a = 0, b = 0] = await cpusUsed([one, three], 4000);
    return b / a;
  };
  await assertMeasured(t, { want: 3, share: 0.05, measure });
});

const others: readonly (readonly [value: AllocationValue, file: string, text: string])[] = [
  [{ type: 'cpu_idle', on: true }, 'cpu.idle', '1'],
  [{ type: 'cpu_burst', burstUs: 10_000 }, isV2 ? 'cpu.max.burst' : 'cpu.cfs_burst_us', '10000'],
  [{ type: 'memory_high', bytes: 100_000_000 }, 'memory.high', '99999744'],
  [{ type: 'memory_low', bytes: 8_388_608 }, 'memory.low', '8388608'],
  [{ type: 'io_weight', weight: 50 }, 'io.weight', 'default 50'],
  [{ type: 'cpuset_cpus', ids: '1,3' }, 'cpuset.cpus', '1,3'],
  [{ type: 'cpuset_mems', ids: '1' }, 'cpuset.mems', '1'],
];
for (const [value, file, text] of others) {
  const skip = !isV2 && (file.startsWith('memory.') || file.startsWith('io.')) ? `${file} is of cgroup v2` : false;
  test(`${value.type} is in ${file}, and the original comes back`, { skip }, async (t) => {
    const { client } = await startClient(t);
    const path = cgroups.add(`other-${value.type}`);
    sets?.add(`other-${value.type}`);
    const workload = await startWorkload(t, { kind: 'touch', amount: 10 });
    cgroups.attach(path, workload.pid);
    sets?.attach(path, workload.pid);
    const original = readControl(path, file);
    // A burst is at most the quota.
    if (value.type === 'cpu_burst')
      await client.apply(path, [{ type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 }]);
    await client.apply(path, [value]);
    assert.equal(readControl(path, file), text);
    await client.restore({ all: true });
    // A set with processes cannot become empty again (ENOSPC): it gets what the parent has.
    const above = original === '' ? readControl(root, `${file}.effective`) : original;
    assert.ok([original, above].includes(readControl(path, file)), `${readControl(path, file)} instead of ${original}`);
    assert.deepEqual((await client.list()).allocations, []);
  });
}

/** A cgroup of v2 none of whose controllers is handed down to it. */
function makeOff(t: TestContext, name: string): string {
  const parent = `${root}-${name}`;
  for (const path of [parent, `${parent}/a`]) mkdirSync(join('/sys/fs/cgroup', path));
  t.after(() => {
    for (const path of [`${parent}/a`, parent]) rmdirSync(join('/sys/fs/cgroup', path));
  });
  return parent;
}

test('a tree whose controllers are off: told what to write where, or enabled and given back', {
  skip: !isV2 && 'of cgroup v2',
}, async (t) => {
  const parent = makeOff(t, 'off');
  const path = `${parent}/a`;
  const workload = await startWorkload(t, { kind: 'touch', amount: 10 });
  writeFileSync(join('/sys/fs/cgroup', path, 'cgroup.procs'), String(workload.pid));
  const wish: AllocationValue = { type: 'cpuset_cpus', ids: '1' };
  const folder = mkdtempSync(join(tmpdir(), 'wca-policy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'collector.json');
  writeFileSync(file, JSON.stringify({ allocate: { below: [parent], enable_controllers: false } }), { mode: 0o600 });
  const first = await startClient(t, '--config', file);
  await assert.rejects(first.client.apply(path, [wish]), (error: Error) => {
    assert.match(error.message, new RegExp(`write \\+cpuset to /sys/fs/cgroup${parent}/cgroup\\.subtree_control`));
    return true;
  });
  await first.collector.stop();
  const { client } = await startClient(t, '--allocate-below', parent);
  await client.apply(path, [wish]);
  assert.match(readFileSync(`/proc/${workload.pid}/status`, 'utf8'), /^Cpus_allowed_list:\s*1$/m);
  await client.restore({ all: true });
  assert.equal(readFileSync(join('/sys/fs/cgroup', parent, 'cgroup.subtree_control'), 'utf8').trim(), '');
  assert.match(readFileSync(`/proc/${workload.pid}/status`, 'utf8'), /^Cpus_allowed_list:\s*0-3$/m);
  await workload.stop();
});

test('a systemd unit keeps its allocation over a daemon-reload and has its own values afterwards', async (t) => {
  const path = startService(t, 'wca-target', ['CPUQuota=60%', 'CPUWeight=200']);
  const { client } = await startClient(t, '--allocate-below', path);
  const files = isV2 ? ['cpu.max', 'cpu.weight'] : ['cpu.cfs_quota_us', 'cpu.shares'];
  const read = () => files.map((file) => readControl(path, file));
  const originals = read();
  await client.apply(path, [
    { type: 'cpu_quota', quotaUs: 30_000, periodUs: 100_000 },
    { type: 'cpu_shares', shares: 512, conversion: 'kernel' },
  ]);
  const applied = read();
  assert.equal(applied[0], isV2 ? '30000 100000' : '30000');
  reloadSystemd();
  assert.deepEqual(read(), applied, 'after a daemon-reload');
  await client.restore({ all: true });
  assert.deepEqual(read(), originals);
  reloadSystemd();
  assert.deepEqual(read(), originals, 'after another');
  assert.equal(showProperty('wca-target.service', 'DropInPaths'), '');
});

test('after kill -9 the next collector knows the originals', async (t) => {
  const ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
  t.after(() => rmSync(ledger, { recursive: true, force: true }));
  const path = cgroups.add('killed');
  const file = isV2 ? 'cpu.weight' : 'cpu.shares';
  const original = readControl(path, file);
  const { collector, client } = await startClient(t, '--ledger', ledger);
  await client.apply(path, [{ type: 'cpu_shares', shares: 2048, conversion: 'kernel' }]);
  assert.notEqual(readControl(path, file), original);
  const closed = new Promise((resolve) => collector.child.once('close', resolve));
  collector.child.kill('SIGKILL');
  await closed;
  const last = await startClient(t, '--ledger', ledger);
  assert.equal((await last.client.list()).allocations.length, 1);
  await last.client.restore({ all: true });
  assert.equal(readControl(path, file), original);
});
