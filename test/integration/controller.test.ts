import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';
import { fixture } from '../kit/package-root.ts';

/** A real collector, a real controller, real cgroups. */

async function startCollector(t: TestContext): Promise<CollectorProcess> {
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  return collector;
}

function startController(t: TestContext, collector: string, config: string, args: readonly string[] = []) {
  const controller = new ControllerProcess({ config, collector, args });
  t.after(() => controller.stop('SIGKILL'));
  return controller;
}

/** A cgroup with a process that burns CPU; undefined with a printed reason where none can be made. */
function busyCgroup(t: TestContext): { path: string; cgroups: TestCgroups; child: ChildProcess } | undefined {
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return undefined;
  const child = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' });
  const path = cgroups.add('busy');
  cgroups.attach(path, child.pid ?? 0);
  t.after(async () => {
    child.kill('SIGKILL');
    for (let i = 0; i < 40 && child.exitCode === null && child.signalCode === null; i += 1) await sleep(25);
    cgroups.remove();
  });
  return { path, cgroups, child };
}

function sample(name: string, task: string): string {
  const text = readFileSync(fixture('configurations', `${name}.yaml`), 'utf8');
  return text.replaceAll('task1', task.slice(1));
}

test('the original sample "static measurements" runs and ends after its iterations', async (t) => {
  const busy = busyCgroup(t);
  if (busy === undefined) return;
  const collector = await startCollector(t);
  const args = ['--iterations', '2'];
  const controller = startController(t, collector.socket, sample('static-measurements', busy.path), args);
  assert.equal(await controller.ended, 0, controller.log);
  const task = `task_id="${busy.path.slice(1)}"`;
  assert.equal(seriesValue(controller.log, 'task_up', task), 1);
  assert.ok((seriesValue(controller.log, 'task_cpu_usage_seconds', task) ?? 0) > 0);
  assert.equal(seriesValue(controller.log, 'wca_tasks'), 1);
  assert.match(controller.log, new RegExp(`application="${busy.path.slice(1)}",application_version_name=""`));
  assert.equal(controller.log.match(/^# TYPE wca_up /gm)?.length, 2);
});

test('the original sample for node-exporter leaves the last batch in a file', async (t) => {
  const busy = busyCgroup(t);
  if (busy === undefined) return;
  const collector = await startCollector(t);
  const config = sample('static-measurements-for-node-exporter', busy.path);
  const controller = startController(t, collector.socket, config, ['--iterations', '1']);
  assert.equal(await controller.ended, 0, controller.log);
  const text = controller.read('metrics.prom');
  assert.equal(text.match(/^# TYPE wca_up /gm)?.length, 1);
  assert.equal(seriesValue(text, 'task_up'), 1);
  assert.doesNotMatch(text, /^task_up.* 1 \d+$/m);
});

test('the original sample with extra metrics has labels, resources and what the host can count', async (t) => {
  const busy = busyCgroup(t);
  if (busy === undefined) return;
  const collector = await startCollector(t);
  const config = sample('static-measurements-with-extra-metrics', busy.path);
  const controller = startController(t, collector.socket, config, ['--iterations', '2']);
  assert.equal(await controller.ended, 0, controller.log);
  const text = controller.read('metrics.prom');
  assert.equal(seriesValue(text, 'task_up', 'own_ip="10.0.0.1"', 'type="static"', 'workload="stress"'), 1);
  assert.equal(seriesValue(text, 'task_requested_cpus'), 2);
  assert.equal(seriesValue(text, 'task_requested_mem_bytes'), 23_000_000_000);
  // Each event is either measured or its absence told.
  if (seriesValue(text, 'task_cycles') === undefined) assert.match(controller.log, /trouble with measuring event/);
  else assert.ok((seriesValue(text, 'task_ipc') ?? 0) > 0);
  assert.match(controller.log, /an old name, use interval/);
});

test('CgroupNode finds a cgroup that appears and forgets one that goes', async (t) => {
  const busy = busyCgroup(t);
  if (busy === undefined) return;
  const collector = await startCollector(t);
  const config = `
runner: !MeasurementRunner
  node: !CgroupNode {include: ['${busy.cgroups.root}/**'], include_empty: true, default_labels: {a: b}}
  interval: 0.2
  event_names: [default]
  metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}
`;
  const controller = startController(t, collector.socket, config);
  const ids = async (): Promise<string> =>
    (await controller.tasks()).tasks.map(({ id, state }) => `${id} ${state}`).join();
  await controller.until(ids, (text) => text === `${busy.path} measured`);
  const later = busy.cgroups.add('later');
  await controller.until(ids, (text) => text.includes(`${later} measured`));
  busy.cgroups.drop(later);
  await controller.until(ids, (text) => text === `${busy.path} measured`);
  const text = await controller.metrics(['task_up', 'wca_tasks']);
  assert.match(text, /cgroup_kind="cgroup"/);
  assert.match(text, /a="b"/);
  assert.deepEqual(
    [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
    ['task_up', 'wca_tasks'],
  );
  assert.equal(await controller.stop(), 0);
});

test('a killed collector is attached to again, without negative differences', async (t) => {
  const busy = busyCgroup(t);
  if (busy === undefined) return;
  const first = await startCollector(t);
  const config = `
runner: !MeasurementRunner
  node: !StaticNode {tasks: ['${busy.path}']}
  interval: 0.1
  event_names: [default]
  metrics_storage: !LogStorage {output_filename: all.prom}
`;
  const controller = startController(t, first.socket, config);
  await controller.until(
    () => controller.status(),
    ({ iterations }) => iterations >= 3,
  );
  const usage = await controller.usageWhere(({ tasks }) => (tasks[0]?.cpuCores ?? 0) > 0.1);
  assert.ok(usage.intervalSeconds > 0.05);
  assert.ok((usage.host?.cpuCores ?? 0) > 0);
  first.child.kill('SIGKILL');
  await controller.until(
    () => controller.status(),
    ({ collectors }) => collectors[0]?.state === 'waiting',
  );
  // The storage hears of the controller all the same, without old values of tasks.
  const idle = await controller.until(
    () => controller.read('all.prom'),
    (text) => text.slice(text.lastIndexOf('task_up{')).split('# TYPE wca_up ').length > 2,
  );
  assert.ok((seriesValue(idle, 'wca_errors', 'source="collector"') ?? 0) >= 1);
  const second = await CollectorProcess.start({ folder: first.folder });
  t.after(() => second.stop());
  const status = await controller.until(
    () => controller.status(),
    ({ collectors }) => collectors[0]?.state === 'attached' && collectors[0].attaches === 2,
  );
  // What the host lacks stays told.
  assert.deepEqual(
    status.openEpisodes.filter(({ code }) => code !== 'FEATURE_ABSENT' && code !== 'PERMISSION'),
    [],
  );
  const again = await controller.usageWhere(({ tasks }) => tasks[0]?.cpuCores !== undefined);
  for (const value of Object.values(again.tasks[0] ?? {})) if (typeof value === 'number') assert.ok(value >= 0);
  assert.equal(controller.log.match(/trouble with collector/g)?.length, 1);
  assert.equal(controller.log.match(/"msg":"collector \S+ works again"/g)?.length, 1);
  assert.equal(await controller.stop(), 0);
});

const plugin = `
import { defineComponent } from ${JSON.stringify(fileURLToPath(new URL('../../controller/config/component.js', import.meta.url)))};
const storage = (tag, store) => defineComponent({ tag, kind: 'storage', since: 'wca', doc: tag, parameters: {},
  create: () => ({ describe: () => tag, store }) });
export const plugin = [
  storage('HangingStorage', () => new Promise(() => {})),
  storage('FailingStorage', () => { throw new Error('no room for metrics'); }),
  storage('RejectingStorage', async () => { Promise.reject(new Error('nobody cares')); }),
  storage('ThrowingStorage', async () => { setImmediate(() => { throw new Error('boom'); }); }),
  defineComponent({ tag: 'HangingNode', kind: 'node', since: 'wca', doc: 'x', parameters: {},
    create: () => ({ describe: () => 'HangingNode', tasks: () => new Promise(() => {}) }) }),
];
`;

for (const tag of ['HangingStorage', 'FailingStorage']) {
  test(`a ${tag} delays nothing`, async (t) => {
    const controller = startWithStorage(t, await startCollector(t), tag);
    const status = await controller.until(
      () => controller.status(),
      ({ iterations }) => iterations >= 10,
    );
    const [storage] = status.storages;
    assert.equal(storage?.stored, 0);
    if (tag === 'HangingStorage') assert.ok((storage?.dropped ?? 0) >= 8);
    else assert.ok((storage?.failed ?? 0) >= 8 && storage?.error?.message === 'no room for metrics');
    assert.equal(status.collectors[0]?.lost, 0);
    const startMs = performance.now();
    assert.equal(await controller.stop(), 0);
    assert.ok(performance.now() - startMs < 1500);
  });
}

/** A controller with a storage of the plugin. */
function startWithStorage(t: TestContext, collector: CollectorProcess, tag: string): ControllerProcess {
  const folder = mkdtempSync(join(tmpdir(), 'wca-plugin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'plugin.mjs');
  writeFileSync(file, plugin, { mode: 0o600 });
  const config = `runner: !MeasurementRunner {node: !StaticNode {tasks: []}, interval: 0.1, metrics_storage: !${tag} {}}\n`;
  return startController(t, collector.socket, config, ['--register', file]);
}

test('a rejection that nobody handles is logged, counted and survived', async (t) => {
  const controller = startWithStorage(t, await startCollector(t), 'RejectingStorage');
  const text = await controller.until(
    () => controller.metrics(['wca_error_count']),
    (exposition) => (seriesValue(exposition, 'wca_error_count', 'module="wca.main"') ?? 0) >= 2,
  );
  assert.ok(text.length > 0);
  assert.match(controller.log, /nobody cares/);
  assert.equal(await controller.stop(), 0);
});

test('an exception that nobody catches ends the controller with 1', async (t) => {
  const controller = startWithStorage(t, await startCollector(t), 'ThrowingStorage');
  assert.equal(await controller.ended, 1);
  assert.match(controller.log, /"level":"fatal".*boom/);
});

test('a node that hangs keeps nobody from measuring the platform', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-plugin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'plugin.mjs');
  writeFileSync(file, plugin, { mode: 0o600 });
  const collector = await startCollector(t);
  const config = 'runner: !MeasurementRunner {node: !HangingNode {}, interval: 0.1, discovery_timeout: 0.2}\n';
  const controller = startController(t, collector.socket, config, ['--register', file]);
  const status = await controller.until(
    () => controller.status(),
    ({ iterations, errorCounts }) =>
      iterations >= 3 && errorCounts.some(({ code, count }) => code === 'DISCOVERY_FAILED' && count >= 2),
  );
  assert.match(status.discovery, /old: HangingNode/);
  assert.ok((seriesValue(await controller.metrics(), 'platform_topology_cpus') ?? 0) > 0);
  assert.equal(controller.log.match(/trouble with discovery/g)?.length, 1);
});

test('SIGTERM stops a controller that waits for its collector', async (t) => {
  const config = 'runner: !MeasurementRunner {node: !CgroupNode {}}\n';
  const controller = startController(t, '/nonexistent/wca.sock', config);
  await controller.until(
    () => controller.status(),
    ({ collectors }) => collectors[0]?.state === 'waiting',
  );
  assert.match((await controller.status()).collectors[0]?.error?.remedy ?? '', /start wca-collector/);
  const startMs = performance.now();
  assert.equal(await controller.stop(), 0);
  assert.ok(performance.now() - startMs < 1500);
});

test('every problem of a configuration is listed and the exit status is 1', async (t) => {
  const config = `
runner: !MeasurementRunner
  node: !StaticNode {tasks: 7, require_pid: true}
  interval: 61
  rdt_enabled: maybe
  zoneinfo: 'a(b)'
`;
  const controller = startController(t, '/nonexistent/wca.sock', config);
  assert.equal(await controller.ended, 1);
  for (const part of [
    /:3:\d+ .*tasks/,
    /:3:\d+ .*require_pids/,
    /:4:\d+ .*60/,
    /:5:\d+ .*true or false/,
    /:6:\d+ .*1 group/,
  ]) {
    assert.match(controller.log, part);
  }
});

test('an unknown event ends the controller with the reason', async (t) => {
  const collector = await startCollector(t);
  const config = 'runner: !MeasurementRunner {node: !StaticNode {tasks: []}, event_names: [task_nonsense]}\n';
  const controller = startController(t, collector.socket, config);
  assert.equal(await controller.ended, 1);
  assert.match(controller.log, /task_nonsense/);
});
