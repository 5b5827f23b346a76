// guests: v2 kernel612
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbsent } from '../../../shared/rpc/watch-messages.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { targetValue, type View, WatchStream } from '../../kit/watch-stream.ts';
import { mountResctrl, setMemoryRate } from '../kit/rdt.ts';
import { bindToCpus, startWorkload } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** RDT monitoring on the kernel's own resctrl. */

const folder = mountResctrl();
const total = 'task_mem_bandwidth_bytes';
const domainTotal = 'task_mem_bandwidth_domain_bytes';
/** Of the emulated machine, the root group's included. */
const rmids = 32;
const foreign = join(folder, 'mon_groups', 'theirs');

const cgroups = TestCgroups.make((reason) => {
  throw new Error(reason);
});
if (cgroups === undefined) throw new Error('no cgroups');
const { root } = cgroups;
const add = (name: string): string => cgroups.add(name);
let collector: CollectorProcess;

before(async () => {
  mkdirSync(foreign);
  collector = await startCollector();
});

after(async () => {
  await collector.stop();
  const left = ownGroups();
  rmdirSync(foreign);
  cgroups.remove();
  assert.deepEqual(left, [], 'a collector that ends removes its groups');
});

function startCollector(): Promise<CollectorProcess> {
  return CollectorProcess.start({ args: ['--allow', 'rdt-monitoring'] });
}

function watch(t: TestContext, targets: readonly string[], perDomain = true): WatchStream {
  const stream = new WatchStream(collector.client(), { intervalMs: 1000, rdt: { required: true, perDomain } });
  stream.call.on('error', () => {});
  t.after(() => stream.call.cancel());
  stream.update(targets);
  return stream;
}

/** Names of the groups of WCA. */
function ownGroups(): string[] {
  return readdirSync(join(folder, 'mon_groups')).filter((name) => name.startsWith('wca-'));
}

function groupOf(path: string): string {
  return `wca-${path.slice(1).replaceAll('-', '%2D').replaceAll('/', '-')}`;
}

function tasksOf(path: string): number[] {
  const file = join(folder, 'mon_groups', groupOf(path), 'tasks');
  return readFileSync(file, 'utf8').trim().split('\n').map(Number);
}

/** A process that waits, in a cgroup. */
function startSleeper(t: TestContext, path: string, command: readonly string[] = ['sleep', '100000']): ChildProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  cgroups?.attach(path, child.pid ?? 0);
  return child;
}

function ofDomain({ schema, roster, snapshot }: View, id: string, domain: number): number | undefined {
  const i = schema.target.findIndex(
    ({ metric, labels }) => metric === domainTotal && labels['domain_id'] === `${domain}`,
  );
  const [column, row] = [snapshot.targets[i], roster.targetIds.indexOf(id)];
  if (column === undefined || isAbsent(column, row)) return undefined;
  return Number((BigInt(column.words[2 * row + 1] ?? 0) << 32n) | BigInt(column.words[2 * row] ?? 0));
}

/** The first snapshot as wanted. After a minute and a half: what there is instead. */
async function until(stream: WatchStream, what: string, wanted: (view: View) => boolean): Promise<View> {
  let last: View | undefined;
  for (const endMs = performance.now() + 90_000; performance.now() < endMs; ) {
    last = await stream.next();
    if (wanted(last)) return last;
  }
  const view = last ?? (await stream.next());
  const targets = view.roster.targetIds.map((id) => {
    const values = [targetValue(view, id, total), ofDomain(view, id, 0), ofDomain(view, id, 1)];
    return `${id}: ${values.join(' ')} ${problemsOf(view, id).join()}`;
  });
  throw new Error(
    `never ${what}\n${targets.join('\n')}\ngroups ${ownGroups().join(' ')}\n${collector.lines.slice(-5).join('\n')}`,
  );
}

const isMeasured = (id: string) => (view: View) => targetValue(view, id, total) !== undefined;

function problemsOf({ roster, snapshot }: View, id: string): string[] {
  const row = roster.targetIds.indexOf(id);
  return snapshot.errors.filter((one) => one.row === row).map(({ error }) => `${error.code} ${error.message}`);
}

/** Bytes/s of a target between two snapshots that are some seconds apart. */
async function rateOf(stream: WatchStream, id: string): Promise<{ sum: number; domains: number[] }> {
  const first = await until(stream, 'measured', isMeasured(id));
  await sleep(3000);
  const last = await until(stream, 'measured', isMeasured(id));
  const seconds = Number(last.snapshot.monotonicNs - first.snapshot.monotonicNs) / 1e9;
  const grown = (read: (view: View) => number | undefined) => ((read(last) ?? 0) - (read(first) ?? 0)) / seconds;
  return {
    sum: grown((view) => targetValue(view, id, total)),
    domains: [0, 1].map((domain) => grown((view) => ofDomain(view, id, domain))),
  };
}

async function startBusy(t: TestContext, path: string, cpu: number): Promise<void> {
  const workload = await startWorkload(t, { kind: 'spin', amount: 600_000 });
  cgroups?.attach(path, workload.pid);
  bindToCpus(workload.pid, `${cpu}`); // in the cgroup: Linux before 6.2 forgets it when a cpuset is entered
  workload.act().catch(() => undefined);
}

test('all threads of a target are in its group; the group goes with the target', async (t) => {
  const path = add('threads');
  const child = startSleeper(t, path, [process.execPath, '-e', 'setInterval(() => {}, 1e6)']);
  await sleep(3000); // until it has all its threads
  const stream = watch(t, [path]);
  await until(stream, 'measured', isMeasured(path));
  const threads = readdirSync(`/proc/${child.pid}/task`).map(Number);
  assert.ok(threads.length > 3, `${threads.length} threads`);
  assert.deepEqual(tasksOf(path).sort(), threads.sort());
  stream.update([], [path]);
  await until(stream, 'clean', () => ownGroups().length === 0);
});

test('bandwidth is counted for the busy target, on the domain of its CPU, as fast as the hardware says', async (t) => {
  t.after(() => setMemoryRate(0n));
  const [busy, idle] = [add('busy'), add('idle')];
  startSleeper(t, idle);
  await startBusy(t, busy, 2);
  const stream = watch(t, [busy, idle]);
  for (const expected of [1e9, 5e9]) {
    if (expected !== 1e9) setMemoryRate(BigInt(expected));
    const { sum, domains } = await rateOf(stream, busy);
    t.diagnostic(`${sum.toExponential(3)} of ${expected} bytes/s, by domain ${domains.join(' ')}`);
    assertClose(sum, expected, { share: 0.15, what: 'memory bandwidth' });
    assertClose(domains[1] ?? 0, expected, { share: 0.15, what: 'memory bandwidth of domain 1' });
    assert.equal(domains[0], 0);
  }
  assert.ok((await rateOf(stream, idle)).sum < 1e7);
  setMemoryRate(1n); // Unavailable
  const absent = await until(stream, 'absent', (view) => !isMeasured(busy)(view));
  assert.deepEqual(problemsOf(absent, busy), []);
  const told = await until(stream, 'told', (view) => problemsOf(view, busy).length > 0);
  assert.match(problemsOf(told, busy)[0] ?? '', /KERNEL_REFUSED .*no count of llc_occupancy of domain 0/);
  setMemoryRate(0n);
  const back = await until(stream, 'back', isMeasured(busy));
  assert.deepEqual(problemsOf(back, busy), []);
});

test('a domain whose CPUs go offline leaves its column, the sum does not fall, and both go on when it is back', async (t) => {
  const setOnline = (online: boolean) => {
    for (const cpu of [2, 3]) writeFileSync(`/sys/devices/system/cpu/cpu${cpu}/online`, online ? '1' : '0');
  };
  t.after(() => setOnline(true));
  const path = add('offline');
  await startBusy(t, path, 2);
  const stream = watch(t, [path]);
  const before = await until(stream, 'busy', (view) => (ofDomain(view, path, 1) ?? 0) > 0);
  setOnline(false);
  const without = await until(
    stream,
    'without domain 1',
    (view) => isMeasured(path)(view) && ofDomain(view, path, 1) === undefined,
  );
  assert.ok((targetValue(without, path, total) ?? 0) >= (targetValue(before, path, total) ?? 0));
  setOnline(true);
  const back = await until(
    stream,
    'with domain 1',
    (view) => isMeasured(path)(view) && ofDomain(view, path, 1) !== undefined,
  );
  assert.ok((targetValue(back, path, total) ?? 0) >= (targetValue(without, path, total) ?? 0));
  assert.ok((ofDomain(back, path, 1) ?? 0) >= (ofDomain(before, path, 1) ?? 0));
  assert.equal(collector.child.exitCode, null);
});

test('a target whose threads go to another control group is followed, and is counted on', async (t) => {
  const control = join(folder, 'batch');
  mkdirSync(control);
  t.after(() => rmdirSync(control));
  const path = add('moved');
  const child = startSleeper(t, path);
  const stream = watch(t, [path]);
  await until(stream, 'measured', isMeasured(path));
  writeFileSync(join(control, 'tasks'), `${child.pid}`);
  const inside = join(control, 'mon_groups', groupOf(path));
  await until(stream, 'followed', () => existsSync(inside));
  await until(stream, 'measured', isMeasured(path));
  assert.deepEqual(readFileSync(join(inside, 'tasks'), 'utf8'), `${child.pid}\n`);
  assert.ok(!ownGroups().includes(groupOf(path)));
});

test('more targets than RMIDs: those that got none tell why, and get one when others leave', async (t) => {
  const paths = Array.from({ length: 36 }, (_, i) => add(`many${i}`));
  for (const path of paths) startSleeper(t, path);
  const stream = watch(t, paths, false);
  const waiting = (view: View) => paths.filter((path) => !isMeasured(path)(view));
  // The root and the foreign group have one each.
  const full = await until(stream, 'full', (view) => waiting(view).length === paths.length - (rmids - 2));
  assert.equal(ownGroups().length, rmids - 2);
  const told = await until(stream, 'told', (view) => waiting(view).every((path) => problemsOf(view, path).length > 0));
  assert.match(
    problemsOf(told, waiting(full)[0] ?? '')[0] ?? '',
    /LIMIT_REACHED no RMID is free: 32 in all, 32 used: 1 by .*, 30 by WCA, 1 by .* \(mon_groups\/theirs\)/,
  );
  const leaving = paths.filter(isMeasuredIn(full)).slice(0, 20);
  const startMs = performance.now();
  stream.update([], leaving);
  const rest = paths.filter((path) => !leaving.includes(path));
  await until(stream, 'recovered', (view) => rest.every((path) => isMeasured(path)(view)));
  t.diagnostic(`all measured ${Math.round(performance.now() - startMs)} ms after 20 groups were removed`);
});

function isMeasuredIn(view: View): (path: string) => boolean {
  return (path) => isMeasured(path)(view);
}

test('groups of busy targets that are removed all at once leave RMIDs in limbo: the next targets wait and get them', async (t) => {
  const paths = Array.from({ length: 6 }, (_, i) => add(`limbo${i}`));
  const others = Array.from({ length: 28 }, (_, i) => add(`others${i}`));
  for (const path of paths) await startBusy(t, path, 1);
  for (const path of others) startSleeper(t, path);
  const first = watch(t, paths, false);
  await until(first, 'measured', (view) => paths.every((path) => (targetValue(view, path, total) ?? 0) > 0));
  first.update(others, paths);
  const startMs = performance.now();
  await until(first, 'measured', (view) => others.every((path) => isMeasured(path)(view)));
  t.diagnostic(`28 groups after ${Math.round(performance.now() - startMs)} ms`);
});

test('a killed collector leaves its groups; the next one takes over what is watched and removes the rest', async (t) => {
  const [kept, dropped] = [add('kept'), add('dropped')];
  await startBusy(t, kept, 2);
  startSleeper(t, dropped);
  const stream = watch(t, [kept, dropped]);
  const before = await until(
    stream,
    'busy',
    (view) => (targetValue(view, kept, total) ?? 0) > 1e9 && isMeasured(dropped)(view),
  );
  const closed = once(collector.child, 'close');
  collector.child.kill('SIGKILL');
  await closed;
  assert.deepEqual(ownGroups().sort(), [groupOf(dropped), groupOf(kept)]);
  collector = await startCollector();
  const next = watch(t, [kept]);
  const after = await until(next, 'measured', isMeasured(kept));
  assert.ok((targetValue(after, kept, total) ?? 0) >= (targetValue(before, kept, total) ?? 0), 'the counters go on');
  await until(next, 'clean', () => ownGroups().length === 1);
  assert.deepEqual(ownGroups(), [groupOf(kept)]);
  assert.ok(existsSync(foreign), 'the groups of others stay');
});

test('a collector that ends removes its groups and nothing else', async (t) => {
  const path = add('ending');
  startSleeper(t, path);
  const stream = watch(t, [path]);
  await until(stream, 'measured', isMeasured(path));
  const errors = collector.lines.filter((line) => line.includes('"level":"error"'));
  assert.deepEqual(errors, []);
  assert.equal(await collector.stop(), 0);
  assert.deepEqual(ownGroups(), []);
  assert.ok(existsSync(foreign));
  assert.match(root, /^\/wca-test-/);
  collector = await startCollector();
});
