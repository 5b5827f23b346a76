import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parseIdList } from '../../shared/kernel-text/list-format.ts';
import { targetState } from '../../shared/rpc/watch-messages.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { columnIntegerAt } from '../kit/rows.ts';
import { generationOf, platformValue, stateOf, targetValue, WatchStream } from '../kit/watch-stream.ts';

/** `0-3,6` of the kernel. */
function readOnlineCpus(): readonly number[] {
  return parseIdList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
}

/** A real collector measuring real cgroups of this host. */

let collector: CollectorProcess;
let cgroups: TestCgroups | undefined;
let skipped = '';
const children: ChildProcess[] = [];

before(async () => {
  cgroups = TestCgroups.make((reason) => {
    skipped = reason;
  });
  collector = await CollectorProcess.start();
});

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(
    children.map((child) => child.exitCode ?? child.signalCode ?? new Promise((r) => child.once('exit', r))),
  );
  await collector.stop();
  cgroups?.remove();
});

/** A process that keeps a CPU busy in a cgroup. */
function busy(path: string, host: TestCgroups): ChildProcess {
  const child = spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
  assert.ok(child.pid !== undefined);
  host.attach(path, child.pid);
  children.push(child);
  return child;
}

test('counters of a busy cgroup rise, perf and cgroup files agree', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const path = cgroups.add('busy');
  busy(path, cgroups);
  const stream = new WatchStream(collector.client(), { events: ['task_clock_seconds', 'task_context_switches'] });
  t.after(() => stream.call.cancel());
  stream.update([path]);
  const first = await stream.next();
  assert.equal(stateOf(first, path), targetState.measured);
  const cpu = (view: typeof first) => targetValue(view, path, 'task_cpu_usage_seconds') ?? Number.NaN;
  const last = await stream.next((view) => cpu(view) - cpu(first) > 2e8);
  const memory = targetValue(last, path, 'task_mem_usage_bytes');
  if (cgroups.file(path, 'memory.usage_in_bytes') !== undefined) assert.notEqual(memory, undefined);
  assert.ok((platformValue(last, 'platform_mem_usage_bytes') ?? 0) > 0);
  assert.ok((platformValue(last, 'wca_collector_mem_usage_bytes') ?? 0) > 10e6);
  assert.ok(last.snapshot.monotonicNs > first.snapshot.monotonicNs);
  const clock = (view: typeof first) => targetValue(view, path, 'task_clock_seconds');
  const [clockFirst, clockLast] = [clock(first), clock(last)];
  if (clockFirst === undefined || clockLast === undefined) {
    return t.skip(`perf does not count here: ${JSON.stringify(last.schema.unavailable)}`);
  }
  const difference = Math.abs(clockLast - clockFirst - (cpu(last) - cpu(first)));
  assert.ok(difference < 1e8, `perf and cpuacct differ by ${difference} ns`);
});

test('a removed cgroup is ENDED once, then NOT_FOUND; made again it has another generation', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const path = cgroups.add('short');
  const stream = new WatchStream(collector.client(), { events: ['task_clock_seconds'] });
  t.after(() => stream.call.cancel());
  stream.update([path]);
  const alive = await stream.next();
  assert.equal(stateOf(alive, path), targetState.measured);
  cgroups.drop(path);
  await stream.next((view) => stateOf(view, path) === targetState.notFound);
  const states = stream.views.map((view) => stateOf(view, path));
  assert.equal(states.filter((state) => state === targetState.ended).length, 1, states.join());
  cgroups.add('short');
  const again = await stream.next((view) => stateOf(view, path) === targetState.measured);
  assert.notEqual(generationOf(again, path), generationOf(alive, path));
});

test('containers are merged, and their sum does not fall when one ends', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const host = cgroups;
  const pod = host.add('pod');
  const [a, b] = [host.add('pod/a'), host.add('pod/b')];
  const child = busy(a, host);
  const stream = new WatchStream(collector.client(), { intervalMs: 100, events: ['task_clock_seconds'] });
  t.after(() => stream.call.cancel());
  stream.update([{ id: 'pod', cgroupPath: pod, childCgroupPaths: [a, b] }]);
  const cpu = (view: Parameters<typeof targetValue>[0]) => targetValue(view, 'pod', 'task_cpu_usage_seconds') ?? 0;
  const before = await stream.next((view) => cpu(view) > 1e8);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  await stream.next();
  host.drop(a);
  const first = stream.views.length;
  await stream.next();
  await stream.next();
  await stream.next();
  const series = stream.views.map(cpu);
  assert.ok(
    series.every((value, i) => i === 0 || value >= (series[i - 1] ?? 0)),
    series.join(),
  );
  assert.ok(cpu(before) <= (series[first] ?? 0));
  assert.equal(new Set(stream.views.map((view) => generationOf(view, 'pod'))).size, 1);
});

test('subscribers share descriptors and free them when they leave', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const paths = Array.from({ length: 10 }, (_, i) => cgroups?.add(`shared${i}`) ?? '');
  const idle = await collector.statusWhere(
    (status) => status.subscribers.length === 0 && status.descriptors?.cgroups === 0,
  );
  const one = new WatchStream(collector.client(), { intervalMs: 100, events: ['task_clock_seconds'] });
  t.after(() => one.call.cancel());
  one.update(paths);
  await one.next();
  const single = await collector.statusWhere((status) => status.descriptors?.cgroups === 10);
  const two = new WatchStream(collector.client(), { intervalMs: 300, events: ['task_clock_seconds'] });
  t.after(() => two.call.cancel());
  two.update(paths);
  await two.next();
  const both = await collector.status();
  assert.equal(both.subscribers.length, 2);
  assert.equal(both.descriptors?.cgroups, 10);
  assert.equal(both.descriptors?.perf, single.descriptors?.perf);
  assert.deepEqual(
    both.subscribers.map(({ targets, intervalMs }) => [targets, intervalMs]),
    [
      [10, 100],
      [10, 300],
    ],
  );
  assert.match(both.subscribers[0]?.peer ?? '', new RegExp(`^uid ${process.getuid?.()}, pid ${process.pid}$`));
  one.call.cancel();
  two.call.cancel();
  const free = await collector.statusWhere(
    (status) => status.subscribers.length === 0 && status.descriptors?.cgroups === 0,
  );
  assert.equal(free.descriptors?.perf, 0);
  assert.ok((free.descriptors?.open ?? 0) <= (idle.descriptors?.open ?? 0) + 2, 'no descriptor is left behind');
});

test('short of descriptors it keeps perf, opens files for each reading, then gives up events, then says so', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const host = cgroups;
  const poor = await CollectorProcess.start({ descriptorLimit: 400 });
  t.after(() => poor.stop());
  const paths = Array.from({ length: 60 }, (_, i) => host.add(`poor${i}`));
  const stream = new WatchStream(poor.client(), { events: ['task_clock_seconds', 'task_page_faults'] });
  t.after(() => stream.call.cancel());
  stream.update(paths);
  const { snapshot } = await stream.next();
  const status = await poor.status();
  assert.ok((status.descriptors?.open ?? 0) <= 400);
  assert.ok((status.descriptors?.degradedFiles ?? 0) > 0);
  assert.ok(
    snapshot.states.every((state) => state === targetState.measured),
    'files need no descriptor to be read',
  );
  const exhausted = snapshot.errors.filter(({ error }) => error.code === 'FD_EXHAUSTED');
  assert.ok(exhausted.length > 0 && exhausted.every(({ error }) => /LimitNOFILE/.test(error.remedy)));
  assert.ok(
    snapshot.errors.every(({ error }) => error.code === 'FD_EXHAUSTED'),
    JSON.stringify(snapshot.errors[0]),
  );
});

test('updates while watching: rows come and go, the roster acknowledges', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const [a, b] = [cgroups.add('row-a'), cgroups.add('row-b')];
  const stream = new WatchStream(collector.client(), { intervalMs: 100 });
  t.after(() => stream.call.cancel());
  stream.update([a]);
  await stream.next();
  stream.update([b], [a]);
  const view = await stream.next(({ roster }) => roster.targetsRevision === 2);
  assert.deepEqual(view.roster.targetIds, [b]);
  assert.equal(stateOf(view, b), targetState.measured);
});

test('a client that has no more updates to send goes on getting snapshots', async (t) => {
  const stream = new WatchStream(collector.client(), { intervalMs: 100 });
  t.after(() => stream.call.cancel());
  stream.update(['/']);
  stream.call.end();
  const { snapshot } = await stream.next();
  assert.ok((await stream.next()).snapshot.sequence > snapshot.sequence);
});

test('per_cpu gives a column for each CPU, whose sum is that of the plain column', async (t) => {
  if (cgroups === undefined) return t.skip(skipped);
  const path = cgroups.add('percpu');
  busy(path, cgroups);
  const stream = new WatchStream(collector.client(), { events: ['task_clock_seconds'], perCpu: true });
  t.after(() => stream.call.cancel());
  stream.update([path]);
  await stream.next();
  const { schema, snapshot } = await stream.next();
  if (schema.unavailable.length > 0) return t.skip(JSON.stringify(schema.unavailable));
  const columns = schema.target.flatMap(({ metric, labels }, i) =>
    metric === 'task_clock_seconds'
      ? [{ cpu: labels['cpu'], value: columnIntegerAt(snapshot.targets[i], 0) ?? 0n }]
      : [],
  );
  assert.deepEqual(
    columns.map(({ cpu }) => cpu),
    readOnlineCpus().map(String),
  );
  assert.ok(columns.reduce((sum, { value }) => sum + value, 0n) > 0n);
});
