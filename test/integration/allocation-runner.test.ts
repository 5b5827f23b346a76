import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AllocationClient } from '../kit/allocation-client.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';

/** AllocationRunner in a real controller beside a real collector, on real cgroups of this host. */

let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
const hasV1 = cgroups?.file(cgroups.root, 'cpu.shares') !== undefined;
const skip = cgroups === undefined ? reason : !hasV1 && 'the cpu controller is not on cgroup v1 here (see test:vm)';
const root = cgroups?.root ?? '';
const folder = mkdtempSync(join(tmpdir(), 'wca-allocation-'));
let collector: CollectorProcess | undefined;
before(async () => {
  if (skip === false) collector = await CollectorProcess.start({ args: ['--allocate-below', root] });
});
after(async () => {
  await collector?.stop();
  cgroups?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function task(name: string): { readonly path: string; readonly shares: () => string } {
  const path = cgroups?.add(name) ?? '';
  const file = cgroups?.file(path, 'cpu.shares') ?? '';
  return { path, shares: () => readFileSync(file, 'utf8').trim() };
}

const module = fileURLToPath(new URL('../../controller/plugin.js', import.meta.url));
const plugin = `
import { definePlugin } from ${JSON.stringify(module)};
const allocator = (tag, allocate) => definePlugin({ apiVersion: 1, tag, kind: 'allocator', doc: tag, parameters: {},
  create: () => ({ allocate }) });
const good = (tasks) => ({ allocations: new Map([...tasks.keys()].map((id) => [id, { cpu_shares: 0.5 }])) });
let calls = 0;
const recovering = (bad) => (platform, tasks, signal) => { calls += 1; return calls <= 2 ? bad(signal) : good(tasks); };
export const plugin = [
  allocator('Throwing', recovering(() => { throw new Error('no idea'); })),
  allocator('Hanging', recovering((signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)))),
  allocator('Stuck', () => new Promise(() => {})),
  allocator('Nonsense', recovering(() => ({ allocations: new Map([['x', { cpu_quota: 'much' }]]), metrics: 7 }))),
  allocator('UnknownTask', recovering(() => ({ allocations: new Map([['nobody', { cpu_shares: 0.5 }]]) }))),
];
`;

/** A controller with this allocator for one task, and more lines of the runner. */
function start(t: TestContext, path: string, allocator: string, ...more: readonly string[]): ControllerProcess {
  const file = join(folder, 'plugin.mjs');
  writeFileSync(file, plugin, { mode: 0o600 });
  const config = [
    'runner: !AllocationRunner',
    '  measurement_runner: !MeasurementRunner',
    '    interval: 0.1',
    '    event_names: []',
    `    node: !StaticNode {tasks: [${path.slice(1)}]}`,
    '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
    `  allocator: ${allocator}`,
    '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
    '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n');
  const args = ['--register', file];
  const controller = new ControllerProcess({ config, collector: collector?.socket ?? '', args });
  t.after(() => controller.stop('SIGKILL'));
  return controller;
}

const half = '!StaticAllocator {rules: [{allocations: {cpu_shares: 0.5}}]}';

function client(): AllocationClient {
  assert.ok(collector !== undefined);
  return new AllocationClient(collector.client());
}

/** Answers of the collector to requests of allocators, by what became of single values. */
function audited(path: string): Promise<number> {
  return client()
    .audit()
    .then((records) => records.filter(({ cgroupPath }) => cgroupPath === path).length);
}

test('what a rule wishes is in force, in the metrics, and written once', { skip }, async (t) => {
  const a = task('static');
  const controller = start(t, a.path, half);
  await controller.until(a.shares, (text) => text === '500');
  const read = () => controller.read('allocations.prom');
  await controller.until(read, (text) => seriesValue(text, 'allocation_cpu_shares') === 0.5);
  const before = seriesValue(read(), 'allocations_count') ?? 0;
  await controller.until(read, (text) => (seriesValue(text, 'allocations_count') ?? 0) >= before + 5);
  assert.equal(seriesValue(read(), 'allocations_errors'), 0);
  assert.equal(seriesValue(read(), 'wca_allocation_results'), 1, 'five iterations later nothing more was asked');
  assert.equal(await audited(a.path), 1);
  assert.equal(await controller.stop(), 0);
  assert.equal(a.shares(), '500', 'without restore_on_exit it stays, as in the original');
});

test('restore_on_exit puts the originals back', { skip }, async (t) => {
  const a = task('restored');
  const controller = start(t, a.path, half, 'restore_on_exit: true');
  await controller.until(a.shares, (text) => text === '500');
  assert.equal(await controller.stop(), 0);
  assert.equal(a.shares(), '1024');
});

test('after kill -9 of the controller its lease gives the originals back, and the next controller takes over', {
  skip,
}, async (t) => {
  const a = task('leased');
  const lease = 'lease_seconds: 2';
  const first = start(t, a.path, half, lease);
  await first.until(a.shares, (text) => text === '500');
  await sleep(2500);
  assert.equal(a.shares(), '500', 'renewed');
  await first.stop('SIGKILL');
  const second = start(t, a.path, half, lease);
  await second.until(
    () => client().list(),
    ({ allocations }) =>
      allocations.some(({ cgroupPath, leaseId }) => cgroupPath === a.path && leaseId.includes(`${second.child.pid}`)),
  );
  assert.equal(a.shares(), '500');
  assert.equal(await audited(a.path), 1, 'the value never left');
  const endMs = performance.now() + 10_000;
  await second.stop('SIGKILL');
  while (a.shares() !== '1024' && performance.now() < endMs) await sleep(50);
  assert.equal(
    a.shares(),
    '1024',
    `${JSON.stringify(await client().list())}\n${collector?.lines.slice(-8).join('\n')}`,
  );
});

test('a dry run tells what it would write and writes nothing', { skip }, async (t) => {
  const a = task('dry');
  const controller = start(t, a.path, half, 'dry_run: true');
  await controller.until(
    () => controller.log,
    (log) => log.includes('dry run: would write'),
  );
  assert.equal(a.shares(), '1024');
  assert.equal(await audited(a.path), 0);
});

test('rules are read again when their file changes; a broken one is told and the last good ones stay', {
  skip,
}, async (t) => {
  const a = task('rules');
  const file = join(folder, 'rules.yaml');
  const write = (text: string) => writeFileSync(file, text, { mode: 0o600 });
  write('- {allocations: {cpu_shares: 0.5}}\n');
  const controller = start(t, a.path, `!StaticAllocator {config: ${file}}`);
  await controller.until(a.shares, (text) => text === '500');
  write('- {allocations: {cpu_shares: 0.25}}\n');
  await controller.until(a.shares, (text) => text === '250');
  write('- {allocations: {cpu_shares: lots}}\n');
  await controller.until(
    () => controller.log,
    (log) => log.includes('the last good ones stay'),
  );
  assert.match(controller.log, /rules\.yaml.*1.*cpu_shares/);
  assert.equal(a.shares(), '250');
  write('- {allocations: {cpu_shares: 0.75}}\n');
  await controller.until(a.shares, (text) => text === '750');
});

for (const tag of ['Throwing', 'Hanging', 'Nonsense', 'UnknownTask']) {
  test(`an allocator that is ${tag} costs counted errors, and its next good answer is applied`, { skip }, async (t) => {
    const a = task(`plugin-${tag.toLowerCase()}`);
    const controller = start(t, a.path, `!${tag} {}`, 'allocator_timeout: 0.3');
    await controller.until(a.shares, (text) => text === '500');
    const read = () => controller.read('allocations.prom');
    await controller.until(read, (text) => (seriesValue(text, 'allocations_errors') ?? 0) >= 2);
    assert.equal(controller.child.exitCode, null);
  });
}

test('an allocator that never answers costs counted errors, and measuring goes on', { skip }, async (t) => {
  const a = task('plugin-stuck');
  const controller = start(t, a.path, '!Stuck {}', 'allocator_timeout: 0.3');
  const errors = () => seriesValue(controller.read('allocations.prom'), 'allocations_errors') ?? 0;
  await controller.until(errors, (count) => count >= 3);
  const seen = () => seriesValue(controller.read('metrics.prom'), 'platform_last_seen') ?? 0;
  const before = seen();
  await controller.until(seen, (now) => now > before);
  assert.equal(a.shares(), '1024');
});

test('after kill -9 of the collector the next one goes on with the same values', { skip }, async (t) => {
  const own = mkdtempSync(join(tmpdir(), 'wca-collector-'));
  const args = ['--allocate-below', root];
  const first = await CollectorProcess.start({ folder: own, args });
  const a = task('survivor');
  const config = [
    'runner: !AllocationRunner',
    '  measurement_runner: !MeasurementRunner',
    '    interval: 0.1',
    '    event_names: []',
    `    node: !StaticNode {tasks: [${a.path.slice(1)}]}`,
    '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
    `  allocator: ${half}`,
    '  lease_seconds: 20',
    '',
  ].join('\n');
  const controller = new ControllerProcess({ config, collector: first.socket });
  t.after(() => controller.stop('SIGKILL'));
  await controller.until(a.shares, (text) => text === '500');
  const closed = new Promise((resolve) => first.child.once('close', resolve));
  first.child.kill('SIGKILL');
  await closed;
  const second = await CollectorProcess.start({ folder: own, args });
  t.after(() => second.stop());
  const again = new AllocationClient(second.client());
  assert.equal((await again.list()).allocations[0]?.original, '1024');
  // Somebody restores it: the controller wishes for it again.
  await again.restore({ all: true });
  await controller.until(a.shares, (text) => text === '500');
});
