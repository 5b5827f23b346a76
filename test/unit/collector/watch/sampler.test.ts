import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import { targetState } from '../../../../shared/rpc/watch-messages.ts';
import { columnIntegerAt } from '../../../kit/rows.ts';
import { WatchBench } from '../../../kit/watch-bench.ts';

const perf = { events: ['task_context_switches'], perCpu: false };

test('the first snapshot comes with the first update, after schema and roster', async () => {
  const bench = new WatchBench();
  bench.host.add('/a', { task_cpu_usage_seconds: 2n ** 60n + 1n });
  const client = bench.subscribe();
  await bench.settle();
  assert.deepEqual(client.kinds, []);
  client.update(['/a']);
  await bench.settle();
  assert.deepEqual(client.kinds, ['schema', 'roster', 'snapshot']);
  assert.deepEqual(client.rosters, [{ id: 1, targetsRevision: 1, targetIds: ['/a'] }]);
  assert.equal(columnIntegerAt(client.last.targets[0], 0), 2n ** 60n + 1n);
  assert.equal(client.last.states[0], targetState.measured);
  assert.equal(client.last.sequence, 1);
});

test('ticks fall on multiples of the interval, so that equal intervals are read once', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const early = bench.subscribe();
  early.update(['/a']);
  await bench.advance(300);
  const late = bench.subscribe();
  late.update(['/a']);
  await bench.advance(100);
  bench.host.take('');
  await bench.advance(600);
  assert.deepEqual(bench.host.take('read'), ['read costly /a'], 'one reading for both');
  assert.deepEqual([early.snapshots.length, late.snapshots.length], [2, 2]);
  assert.equal(early.last.monotonicNs, late.last.monotonicNs);
});

test('a second tick is never closer than half an interval to the first', async () => {
  const bench = new WatchBench();
  bench.clock.advanceMs(900);
  const client = bench.subscribe();
  client.update([]);
  await bench.advance(100);
  assert.equal(client.snapshots.length, 1);
  await bench.advance(1000);
  assert.equal(client.snapshots.length, 2);
});

test('different intervals and events share one cgroup', async () => {
  const bench = new WatchBench();
  bench.host.add('/a', {}, { task_context_switches: 7n });
  const fast = bench.subscribe({ intervalMs: 500 });
  const slow = bench.subscribe({ intervalMs: 1000, events: perf });
  fast.update(['/a']);
  slow.update(['/a']);
  await bench.settle();
  assert.deepEqual(bench.host.take('open'), ['open /a', 'open counters /a task_context_switches']);
  await bench.advance(500);
  await bench.advance(500);
  assert.deepEqual([fast.snapshots.length, slow.snapshots.length], [3, 2]);
  const column = slow.schemas[0]?.target.findIndex(({ metric }) => metric === 'task_context_switches') ?? -1;
  assert.equal(columnIntegerAt(slow.last.targets[column], 0), 7n);
  slow.leave();
  await bench.settle();
  assert.deepEqual(bench.host.take('close'), ['close counters /a'], 'the other one still needs the files');
});

test('the last user of a cgroup closes it, and without subscribers nothing runs', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe();
  client.update(['/a']);
  await bench.settle();
  client.leave();
  await bench.settle();
  assert.deepEqual(bench.host.take('close'), ['close /a']);
  const { ticks } = bench.sampler.figures;
  await bench.advance(10_000);
  assert.equal(bench.sampler.figures.ticks, ticks);
});

test('expensive files are read in every n-th tick of a subscriber', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe({ costlyEvery: 3 });
  client.update(['/a']);
  for (let i = 0; i < 3; i += 1) await bench.advance(1000);
  assert.deepEqual(bench.host.take('read'), ['read costly /a', 'read /a', 'read /a', 'read costly /a']);
});

test('a removed cgroup is ENDED once with its final counters, then NOT_FOUND, then another generation', async () => {
  const bench = new WatchBench();
  const cgroup = bench.host.add('/a', { task_cpu_usage_seconds: 5n }, { task_context_switches: 1n });
  const client = bench.subscribe({ events: perf });
  client.update(['/a']);
  await bench.settle();
  const generation = client.last.generations[0];
  cgroup.counters.set('task_context_switches', 9n);
  bench.host.remove('/a');
  await bench.advance(1000);
  assert.equal(client.last.states[0], targetState.ended);
  assert.equal(client.last.generations[0], generation);
  const counters = client.last.targets.length - 1;
  assert.equal(columnIntegerAt(client.last.targets[counters], 0), 9n);
  assert.equal(columnIntegerAt(client.last.targets[0], 0), undefined, 'files of a removed cgroup cannot be read');
  await bench.advance(1000);
  assert.equal(client.last.states[0], targetState.notFound);
  assert.equal(columnIntegerAt(client.last.targets[counters], 0), undefined);
  bench.host.add('/a', { task_cpu_usage_seconds: 1n });
  await bench.advance(1000);
  assert.equal(client.last.states[0], targetState.measured);
  assert.notEqual(client.last.generations[0], generation);
  assert.deepEqual(client.rosters.length, 1, 'the rows are the same all the time');
});

test('a subscriber that comes late to the end of a cgroup hears of it too', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const fast = bench.subscribe({ intervalMs: 500 });
  const slow = bench.subscribe({ intervalMs: 1000 });
  fast.update(['/a']);
  slow.update(['/a']);
  await bench.settle();
  bench.host.remove('/a');
  await bench.advance(500);
  await bench.advance(500);
  assert.deepEqual([...fast.snapshots.map(({ states }) => states[0])], [1, 2, 3]);
  assert.deepEqual([...slow.snapshots.map(({ states }) => states[0])], [1, 2]);
});

test('updates change rows at the next tick and come back in the roster', async () => {
  const bench = new WatchBench();
  for (const path of ['/a', '/b', '/c']) bench.host.add(path);
  const client = bench.subscribe();
  client.update(['/a', '/b']);
  await bench.settle();
  client.update(['/c'], ['/a']);
  client.update([], ['/nobody']);
  await bench.advance(1000);
  assert.deepEqual(client.rosters.at(-1), { id: 2, targetsRevision: 3, targetIds: ['/b', '/c'] });
  assert.equal(client.last.rosterId, 2);
  assert.equal(client.last.states.length, 2);
});

test('a path that is not allowed is a refused row with its reason, the others are measured', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe();
  const paths = ['/a', '/../etc', '/nul\0', 'relative', `/${'x/'.repeat(2_500)}x`];
  client.update(paths.map((cgroupPath, i) => ({ id: `t${i}`, cgroupPath, childCgroupPaths: [] })));
  await bench.settle();
  assert.deepEqual([...client.last.states], [1, 4, 4, 4, 4]);
  assert.deepEqual(
    client.last.errors.map(({ row, error }) => [row, error.code]),
    [1, 2, 3, 4].map((row) => [row, 'INVALID_ARGUMENT']),
  );
});

test('more targets than allowed end the subscriber with LIMIT_REACHED and free what it had', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const other = bench.subscribe();
  other.update(['/a']);
  const client = bench.subscribe();
  client.update(['/a']);
  await bench.settle();
  client.update(Array.from({ length: limits.maxTargets }, (_, i) => `/t${i}`));
  await bench.advance(1000);
  assert.equal(client.failure?.code, 'LIMIT_REACHED');
  assert.equal(bench.pool.size, 1);
  assert.equal(other.snapshots.length, 2);
});

test('errors of single targets are bounded', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe();
  client.update(Array.from({ length: 3 * limits.maxTargetErrors }, (_, i) => `bad${i}`));
  await bench.settle();
  assert.equal(client.last.errors.length, limits.maxTargetErrors);
});

test('a subscriber that does not read loses snapshots, gets the newest and hears how many it lost', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe();
  client.reads = false;
  client.update([]);
  for (let i = 0; i < 5; i += 1) await bench.advance(1000);
  assert.equal(client.snapshots.length, 1);
  client.read();
  await bench.settle();
  assert.deepEqual(
    client.snapshots.map(({ sequence, lost }) => [sequence, lost]),
    [
      [1, 0],
      [6, 4],
    ],
  );
  assert.equal(client.subscriber?.lost, 4);
});

test('missed grid points are counted and not made up for', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe();
  client.update([]);
  await bench.advance(1000);
  await bench.advance(3_500);
  assert.equal(client.snapshots.length, 3);
  assert.equal(bench.sampler.figures.overruns, 2);
  await bench.advance(500);
  assert.equal(client.snapshots.length, 4);
});

test('CPUs that come or go reach the counters and make a new schema', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe({ events: perf });
  client.update(['/a']);
  await bench.settle();
  bench.host.take('');
  bench.platform.onlineCpus = [0];
  bench.platform.changed = true;
  await bench.advance(1000);
  assert.deepEqual(bench.host.take('cpus'), ['cpus 0 /a']);
  assert.deepEqual(
    client.schemas.map(({ id }) => id),
    [1, 2],
  );
  assert.equal(client.last.schemaId, 2);
});

test('events that the host refuses are named in the schema once they are known', async () => {
  const bench = new WatchBench();
  bench.host.unavailable = [
    new WcaError('FEATURE_ABSENT', { subject: 'task_cycles', message: 'no such event', errno: 'ENOENT' }),
  ];
  bench.host.add('/a');
  bench.host.add('/b');
  const client = bench.subscribe({ events: perf });
  client.update(['/a', '/b']);
  await bench.settle();
  assert.equal(client.schemas.length, 1);
  assert.deepEqual(
    client.schemas[0]?.unavailable.map(({ subject, errno }) => [subject, errno]),
    [['task_cycles', 'ENOENT']],
  );
});

test('a tick that throws is reported and the next one comes', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe();
  client.update([]);
  await bench.settle();
  const { refresh } = bench.platform;
  bench.platform.refresh = () => {
    bench.platform.refresh = refresh;
    throw new Error('boom');
  };
  await bench.advance(1000);
  assert.equal(bench.troubles.length, 1);
  await bench.advance(1000);
  assert.equal(client.snapshots.length, 2);
});

test('there is a bound on subscribers', () => {
  const bench = new WatchBench();
  for (let i = 0; i < limits.maxSubscribers; i += 1) bench.subscribe();
  assert.throws(() => bench.subscribe(), { code: 'LIMIT_REACHED' });
});

test('stop ends the loop, closes everything and refuses newcomers', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe();
  client.update(['/a']);
  await bench.settle();
  await bench.sampler.stop();
  assert.deepEqual(bench.host.take('close'), ['close /a']);
  assert.throws(() => bench.subscribe(), { code: 'UNAVAILABLE' });
});

test('the collector reports itself beside the platform', async () => {
  const bench = new WatchBench();
  const client = bench.subscribe();
  client.update([]);
  await bench.settle();
  const metrics = client.schemas[0]?.platform.map(({ metric }) => metric) ?? [];
  const fds = client.last.platform[metrics.indexOf('wca_collector_open_fds')];
  assert.equal(columnIntegerAt(fds, 0), 3n);
  assert.equal(client.last.platform[metrics.indexOf('wca_collector_cpu_usage_seconds')]?.doubles[0], 2);
  assert.deepEqual(
    client.last.steps.map(({ name }) => name),
    ['platform', 'cgroup', 'perf', 'encode'],
  );
});

test('cgroups that are not there get a bounded part of a tick, each in its turn', async () => {
  const bench = new WatchBench();
  bench.host.add('/a');
  const client = bench.subscribe();
  client.update(['/a', ...Array.from({ length: 50 }, (_, i) => `/missing${i}`)]);
  await bench.settle();
  const { openFiles } = bench.host;
  bench.host.openFiles = (path) => {
    bench.clock.advanceMs(1);
    return openFiles.call(bench.host, path);
  };
  bench.host.take('');
  const tried: string[][] = [];
  for (let i = 0; i < 3; i += 1) {
    await bench.advance(1000);
    tried.push(bench.host.take('open'));
  }
  assert.deepEqual(
    tried.map(({ length }) => length),
    [20, 20, 20],
  );
  assert.equal(new Set(tried.flat()).size, 50, 'all were tried');
  assert.equal(client.last.states[0], targetState.measured);
});
