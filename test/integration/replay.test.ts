import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Burn, makeBurn } from '../kit/burners.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess } from '../kit/controller-process.ts';

/** Recordings of this host, by the real collector, and what the real controller makes of them. */

const ctl = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
const controller = fileURLToPath(new URL('../../controller/main.js', import.meta.url));

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-replay-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runCtl(...args: readonly string[]): Ended {
  const env = { ...process.env, WCA_COLLECTOR: '', WCA_CONTROLLER: '' };
  return spawnSync(process.execPath, [ctl, ...args], { encoding: 'utf8', timeout: 60_000, env });
}

/** A replay in a folder; `name` tells its configuration from others there. */
function replay(folder: string, config: string, ...args: readonly string[]): Ended {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, config, { mode: 0o600 });
  const root = process.getuid?.() === 0 ? ['--root'] : [];
  const command = [controller, '-c', file, '--replay', join(folder, 'host.wcarec'), ...root, ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000, cwd: folder });
}

interface Scene {
  readonly cgroups: TestCgroups;
  readonly collector: CollectorProcess;
  readonly folder: string;
  readonly burn: Burn;
}

async function setUp(t: TestContext): Promise<Scene | undefined> {
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return undefined;
  const burn = makeBurn(t, cgroups);
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  return { cgroups, collector, folder: folderOf(t), burn };
}

test('contention that was recorded is found by a replay, the same each time, and allocations are only told', async (t) => {
  if (!existsSync('/proc/pressure/cpu')) return t.skip('the kernel has no PSI');
  const scene = await setUp(t);
  if (scene === undefined) return;
  const { cgroups, collector, folder, burn } = scene;
  const [victim, noisy] = [cgroups.add('victim'), cgroups.add('noisy')];
  if (cgroups.file(victim, 'cpu.pressure') === undefined) return t.skip('cgroups have no cpu.pressure');
  const v1 = cgroups.file(noisy, 'cpu.shares');
  const v2 = cgroups.file(noisy, 'cpu.weight');
  if (v1 === undefined && v2 === undefined) return t.skip('no cgroup has a CPU weight here');
  writeFileSync(v1 ?? v2 ?? '', v1 === undefined ? '1600' : '16384');
  await burn(victim, 1);
  await burn(noisy, 3 * availableParallelism());

  const file = join(folder, 'host.wcarec');
  const options = ['--collector', `unix:${collector.socket}`, '--interval', '0.25', '--duration', '5s'];
  const recorded = runCtl('record', file, ...options, '--event', 'default', '--include', `${cgroups.root}/*`);
  assert.equal(recorded.status, 0, recorded.stderr);
  assert.match(recorded.stdout, /(1[5-9]|2[0-2]) snapshots of up to 2 tasks/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.ok(statSync(file).size < 100_000, `${statSync(file).size} bytes`);

  const detection = (n: number): string => `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner
    interval: 0.25
    node: !StaticNode {tasks: [never/asked]}
    metrics_storage: !LogStorage {output_filename: metrics.prom${n}}
  detector: !PsiContentionDetector {}
  anomalies_storage: !LogStorage {output_filename: anomalies.prom${n}}`;
  const [first, second] = [replay(folder, detection(1)), replay(folder, detection(2))];
  assert.equal(first.status, 0, first.stderr);
  const names = new RegExp(
    `cpus +\\S*${cgroups.root.slice(1)}/victim +\\S*${cgroups.root.slice(1)}/noisy +!PsiContentionDetector`,
  );
  assert.match(first.stdout, names, first.stdout);
  assert.match(first.stdout, /Errors: none/);
  assert.match(first.stderr, /the node of the configuration is not asked/);
  assert.equal(second.status, 0, second.stderr);
  for (const name of ['metrics.prom', 'anomalies.prom']) {
    const [one, two] = [1, 2].map((n) => readFileSync(join(folder, `${name}${n}`), 'utf8'));
    assert.equal(one, two, name);
  }
  const text = readFileSync(join(folder, 'anomalies.prom1'), 'utf8');
  assert.match(text, new RegExp(`^anomaly\\{.*contended_task_id="${victim}"`, 'm'));

  const allocation = `runner: !AllocationRunner
  measurement_runner: !MeasurementRunner
    interval: 0.25
    node: !StaticNode {tasks: [never/asked]}
    allocation_configuration: !AllocationConfiguration {cpu_quota_period: 100000}
  allocator: !StaticAllocator
    rules:
      - task_id: ${noisy}
        allocations: {cpu_quota: 0.25}`;
  const before = quotaOf(cgroups, noisy);
  const allocated = replay(folder, allocation, '--no-store');
  assert.equal(allocated.status, 0, allocated.stderr);
  const quota = Math.round(0.25 * availableParallelism() * 100_000);
  assert.match(allocated.stdout, new RegExp(`noisy +cpu_quota +${quota} of 100000 us +\\S.* 1\\n`), allocated.stdout);
  assert.doesNotMatch(allocated.stdout, /victim +cpu_quota/);
  assert.doesNotMatch(allocated.stderr, /# HELP/, 'nothing is stored');
  assert.equal(quotaOf(cgroups, noisy), before);
});

function quotaOf(cgroups: TestCgroups, task: string): string {
  const file = cgroups.file(task, 'cpu.cfs_quota_us') ?? cgroups.file(task, 'cpu.max');
  return file === undefined ? '' : readFileSync(file, 'utf8');
}

test('tasks of a running controller are recorded with their names and labels', async (t) => {
  const scene = await setUp(t);
  if (scene === undefined) return;
  const { cgroups, collector, folder, burn } = scene;
  const job = cgroups.add('job');
  await burn(job, 1);
  const config = `runner: !MeasurementRunner
  interval: 0.2
  node: !StaticNode
    tasks: [${job.slice(1)}]
    tasks_labels:
      ${job.slice(1)}: { class: batch }
  metrics_storage: !LogStorage {output_filename: live.prom, overwrite: true}`;
  const live = new ControllerProcess({ config, collector: collector.socket });
  t.after(() => live.stop('SIGKILL'));
  await live.until(
    () => live.tasks(),
    ({ tasks }) => tasks.some(({ state }) => state === 'measured'),
  );
  const admin = `unix:${join(live.folder, 'admin.sock')}`;
  const addresses = ['--collector', `unix:${collector.socket}`, '--controller', admin];
  const file = join(folder, 'host.wcarec');
  const recorded = runCtl(
    'record',
    file,
    ...addresses,
    '--tasks',
    '--interval',
    '0.2',
    '--duration',
    '1s',
    '-o',
    'json',
  );
  assert.equal(recorded.status, 0, recorded.stderr);
  assert.equal(JSON.parse(recorded.stdout).tasks, 1);

  const told = runCtl('replay-info', file, '-o', 'json');
  const info = JSON.parse(told.stdout);
  assert.deepEqual([info.takes.length, info.takes[0].tasks, info.takes[0].isComplete], [1, 'controller', true]);
  assert.deepEqual(
    info.tasks.map(({ name }: { name: string }) => name),
    [job.slice(1)],
  );

  const again = replay(
    folder,
    `runner: !MeasurementRunner
  interval: 0.2
  node: !CgroupNode {}
  metrics_storage: !LogStorage {output_filename: replayed.prom}`,
  );
  assert.equal(again.status, 0, again.stderr);
  assert.match(readFileSync(join(folder, 'replayed.prom'), 'utf8'), /^task_cpu_usage_seconds\{.*class="batch".*\} \d/m);
});

test('a recorder that is killed leaves what it had recorded, and another one goes on with the file', async (t) => {
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  const file = join(folderOf(t), 'host.wcarec');
  const options = ['record', file, '--collector', `unix:${collector.socket}`, '--interval', '0.1'];
  const recorder = spawn(process.execPath, [ctl, ...options], { stdio: 'ignore' });
  const ended = once(recorder, 'exit');
  t.after(() => recorder.kill('SIGKILL'));
  const size = (): number => (existsSync(file) ? statSync(file).size : 0);
  // The first flush is after five seconds.
  for (let i = 0; i < 400 && size() <= 16; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
  recorder.kill('SIGKILL');
  await ended;
  assert.ok(size() > 16);
  const on = runCtl(...options, '--append', '--duration', '1s');
  assert.equal(on.status, 0, on.stderr);
  const { takes } = JSON.parse(runCtl('replay-info', file, '-o', 'json').stdout);
  assert.deepEqual(
    takes.map(({ isComplete }: { isComplete: boolean }) => isComplete),
    [false, true],
  );
  assert.ok(takes.every(({ snapshots }: { snapshots: number }) => snapshots >= 5));
});

test('mistakes are told in a line, with a remedy, and leave no file', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'host.wcarec');
  const nobody = runCtl('record', file, '--collector', `unix:${folder}/none.sock`, '--duration', '1s');
  assert.equal(nobody.status, 3);
  assert.match(nobody.stderr, /^wca-ctl: .*none\.sock.*\n {2}remedy: start wca-collector/);
  assert.equal(existsSync(file), false);
  for (const args of [
    ['--interval', '0.01'],
    ['--duration', 'soon'],
    ['--max-size', '0'],
    ['--tasks', '--include', '/*'],
  ]) {
    const wrong = runCtl('record', file, '--collector', `unix:${folder}/none.sock`, ...args);
    assert.equal(wrong.status, 2, args.join(' '));
  }
  writeFileSync(file, 'no recording');
  const config = 'runner: !MeasurementRunner {node: !CgroupNode {}}';
  const foreign = replay(folder, config);
  assert.equal(foreign.status, 2);
  assert.match(foreign.stderr, /host\.wcarec: is no recording/);
  assert.equal(runCtl('replay-info', join(folder, 'absent')).status, 2);
});
