import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllocationValue } from '../../shared/allocation/values.ts';
import { AllocationClient } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';

/** What allocations do to real processes of this host, by the kernel's own clocks. */

let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
const hasV1 = cgroups?.file(cgroups.root, 'cpu.cfs_quota_us') !== undefined;
const skip = cgroups === undefined ? reason : !hasV1 && 'the cpu controller is not on cgroup v1 here (see test:vm)';
const root = cgroups?.root ?? '';
const attempts = 4;
let collector: CollectorProcess | undefined;
let client: AllocationClient | undefined;

before(async () => {
  if (skip !== false) return;
  collector = await CollectorProcess.start({ args: ['--allocate-below', root] });
  client = new AllocationClient(collector.client());
});
after(async () => {
  await collector?.stop();
  cgroups?.remove();
});

function allocate(path: string, ...values: readonly AllocationValue[]): Promise<unknown> {
  assert.ok(client !== undefined);
  return client.apply(path, values);
}

/** A busy process, alone on a CPU with those that get the same one. */
function startBusy(t: TestContext, path: string, cpu = 0): ChildProcess {
  const child = spawn('taskset', ['-c', String(cpu), 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
  cgroups?.attach(path, child.pid ?? 0);
  return child;
}

/** CPU time of a cgroup in ns; cgroup-v1/cpuacct.rst. */
function usageNs(path: string): number {
  return Number(readFileSync(cgroups?.file(path, 'cpuacct.usage') ?? '', 'utf8'));
}

/** CPU time per wall time of cgroups over a while. */
async function cpusUsed(paths: readonly string[], ms: number): Promise<readonly number[]> {
  const startNs = process.hrtime.bigint();
  const first = paths.map(usageNs);
  await sleep(ms);
  const wallNs = Number(process.hrtime.bigint() - startNs);
  return paths.map((path, i) => (usageNs(path) - (first[i] ?? 0)) / wallNs);
}

/** Measured again when something else kept the host busy; the tolerance stays. */
async function assertMeasured(
  t: TestContext,
  measure: () => Promise<{ readonly got: number; readonly want: number; readonly within: number }>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { got, want, within } = await measure();
    t.diagnostic(`${got.toFixed(4)}, wanted ${want}`);
    if (Math.abs(got - want) <= within * want) return;
    if (attempt === attempts) assert.fail(`${got} is not within ${within * 100} % of ${want}, ${attempts} times`);
  }
}

for (const share of [0.1, 0.25, 0.5]) {
  test(`a busy task with ${share} CPUs of quota uses ${share} CPUs, within 3 %`, { skip }, async (t) => {
    const path = cgroups?.add(`quota-${share}`) ?? '';
    await allocate(path, { type: 'cpu_quota', quotaUs: share * 100_000, periodUs: 100_000 });
    startBusy(t, path);
    await sleep(300);
    await assertMeasured(t, async () => ({ got: (await cpusUsed([path], 3000))[0] ?? 0, want: share, within: 0.03 }));
  });
}

test('shares of 1 to 3 split one CPU in proportion, within 5 %', { skip }, async (t) => {
  const paths = ['one', 'three'].map((name) => cgroups?.add(`shares-${name}`) ?? '');
  const [one = '', three = ''] = paths;
  await allocate(one, { type: 'cpu_shares', shares: 512, conversion: 'kernel' });
  await allocate(three, { type: 'cpu_shares', shares: 1536, conversion: 'kernel' });
  for (const path of paths) startBusy(t, path, 1);
  await sleep(300);
  await assertMeasured(t, async () => {
    const [a = 0, b = 0] = await cpusUsed(paths, 3000);
    return { got: b / a, want: 3, within: 0.05 };
  });
});

test('an idle task gets what is left and takes nothing from a busy one', { skip }, async (t) => {
  const paths = ['idle', 'busy'].map((name) => cgroups?.add(`idle-${name}`) ?? '');
  const [idle = ''] = paths;
  if (cgroups?.file(idle, 'cpu.idle') === undefined) return t.skip('this kernel has no cpu.idle');
  await allocate(idle, { type: 'cpu_idle', on: true });
  for (const path of paths) startBusy(t, path, 1);
  await sleep(300);
  await assertMeasured(t, async () => {
    const [a = 0, b = 0] = await cpusUsed(paths, 2000);
    return { got: b / (a + b), want: 1, within: 0.02 };
  });
  return undefined;
});

/** The cpuset hierarchy is not among those of TestCgroups: a new cpuset holds nothing until it is told. */
test('cpuset_cpus moves all threads of a running process', { skip }, async (t) => {
  const mount = '/sys/fs/cgroup/cpuset';
  const sets = TestCgroups.makeCpuset(root);
  if (sets === undefined) return t.skip('cpuset is not on cgroup v1 here');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    sets.remove();
  });
  await once(child, 'spawn');
  const path = sets.add('threads');
  cgroups?.add('threads');
  writeFileSync(join(mount, path, 'cgroup.procs'), String(child.pid));
  while (readdirSync(`/proc/${child.pid}/task`).length < 5) await sleep(20);
  await allocate(path, { type: 'cpuset_cpus', ids: '1' });
  const allowed = readdirSync(`/proc/${child.pid}/task`).map((thread) => {
    const status = readFileSync(`/proc/${child.pid}/task/${thread}/status`, 'utf8');
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  });
  assert.ok(allowed.length >= 5);
  assert.deepEqual(new Set(allowed), new Set(['1']));
  return undefined;
});
