import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { AllocateOptions, WantedTarget } from '../../../../controller/collectors/allocation-client.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { AllocationSender, type TaskWish } from '../../../../controller/runners/allocation-send.ts';
import type { Outcome, TargetResult } from '../../../../shared/allocation/results.ts';
import type { AllocationValue } from '../../../../shared/allocation/values.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const idle: AllocationValue = { type: 'cpu_idle', on: true };
const cpus: AllocationValue = { type: 'cpuset_cpus', ids: '0' };

/** A collector that answers what it is told to. */
class FakeClient {
  readonly asked: { readonly targets: readonly WantedTarget[]; readonly options: AllocateOptions }[] = [];
  readonly restored: (readonly string[])[] = [];
  renewals = 0;
  /** Values under the lease. */
  known = 1;
  outcome: Outcome = 'applied';

  async allocate(targets: readonly WantedTarget[], options: AllocateOptions): Promise<readonly TargetResult[]> {
    this.asked.push({ targets, options });
    const error =
      this.outcome === 'rejected' ? new WcaError('NOT_ALLOWED', { subject: 'x', message: 'is not' }) : undefined;
    return targets.map(({ target, values }) => ({
      targetId: target.id,
      error: undefined,
      values: values.map(({ type }) => ({ type, outcome: this.outcome, error, writes: [] })),
    }));
  }

  async renewLease(): Promise<number> {
    this.renewals += 1;
    return this.known;
  }

  async restore(paths: readonly string[]): Promise<readonly TargetResult[]> {
    this.restored.push(paths);
    return [];
  }
}

function bench(given: { readonly ttlMs?: number; readonly dryRun?: boolean } = {}) {
  const clock = new FakeClock();
  const client = new FakeClient();
  const dry: TargetResult[] = [];
  const sender = new AllocationSender({
    client,
    clock,
    episodes: new Episodes(pino({ level: 'silent' }), clock),
    dryRun: given.dryRun ?? false,
    reassert: false,
    lease: given.ttlMs === undefined ? undefined : { id: 'l', ttlMs: given.ttlMs },
    onDryRun: (result) => dry.push(result),
  });
  return { clock, client, sender, dry };
}

function taskOf(id: string): Task {
  return { id, name: id, cgroupPath: `/${id}`, subcgroupPaths: [], labels: {}, resources: {} };
}

function wishOf(id: string, values: readonly AllocationValue[], wanted = values): TaskWish {
  return { task: taskOf(id), targetId: id, wanted, values, current: undefined };
}

const living = (...ids: readonly string[]) => new Set(ids);

test('what is not in force is asked for, and the same not again', async () => {
  const { client, sender } = bench();
  const { applied, refused } = await sender.send([wishOf('a', [idle]), wishOf('b', [])], living('a', 'b'));
  assert.deepEqual([...applied.keys()], ['a']);
  assert.equal(refused, 0);
  for (let i = 0; i < 5; i += 1) await sender.send([wishOf('a', [idle])], living('a'));
  assert.equal(client.asked.length, 1);
});

test('another wish is asked for at once; a rejected one again only after a while', async () => {
  const { clock, client, sender } = bench();
  client.outcome = 'rejected';
  assert.equal((await sender.send([wishOf('a', [idle])], living('a'))).refused, 1);
  await sender.send([wishOf('a', [idle])], living('a'));
  assert.equal(client.asked.length, 1);
  clock.advanceMs(10_000);
  await sender.send([wishOf('a', [idle])], living('a'));
  await sender.send([wishOf('a', [cpus])], living('a'));
  assert.equal(client.asked.length, 3);
  assert.deepEqual([...sender.outcomes], [['rejected', 3]]);
  assert.deepEqual(sender.allocated, []);
});

test('values of a controller before this one, in force already, come under the lease', async () => {
  const { client, sender } = bench({ ttlMs: 30_000 });
  client.outcome = 'unchanged';
  await sender.send([wishOf('a', [], [idle, cpus])], living('a'));
  assert.deepEqual(client.asked[0]?.targets[0]?.values, [idle, cpus]);
  assert.equal(client.asked[0]?.options.lease?.id, 'l');
  await sender.send([wishOf('a', [], [idle, cpus])], living('a'));
  assert.equal(client.asked.length, 1, 'once');
});

test('the lease is renewed each third of it; one that the collector does not know is begun anew at once', async () => {
  const { clock, client, sender } = bench({ ttlMs: 30_000 });
  const send = () => sender.send([wishOf('a', [], [idle])], living('a'));
  await send();
  clock.advanceMs(9_999);
  await send();
  assert.equal(client.renewals, 0);
  clock.advanceMs(1);
  await send();
  assert.deepEqual([client.renewals, client.asked.length], [1, 1]);
  client.known = 0;
  clock.advanceMs(10_000);
  await send();
  assert.deepEqual([client.renewals, client.asked.length], [2, 2]);
});

test('a dry run is told and leaves nothing to restore', async () => {
  const { client, sender, dry } = bench({ dryRun: true, ttlMs: 30_000 });
  client.outcome = 'would_apply';
  const { applied } = await sender.send([wishOf('a', [idle])], living('a'));
  assert.deepEqual([applied.size, dry.length], [0, 1]);
  await sender.restore();
  assert.deepEqual(client.restored, []);
});

test('what is restored at the end are the tasks that live, wished for or not', async () => {
  const { client, sender } = bench();
  await sender.send([wishOf('old', [idle])], living('old'));
  await sender.send([], living('old'));
  await sender.restore();
  assert.deepEqual(client.restored, [['/old']]);
});

test('what ended tasks had does not pile up', async () => {
  const { sender } = bench();
  for (let i = 0; i < 500; i += 1) await sender.send([wishOf(`t${i}`, [idle])], living(`t${i}`));
  assert.ok(sender.allocated.length <= 103, `${sender.allocated.length}`);
  assert.ok(sender.allocated.includes('/t499'));
});
