// guests: v2 kernel612
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { AllocationClient } from '../../kit/allocation-client.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { ControllerProcess } from '../../kit/controller-process.ts';
import { mountResctrl } from '../kit/rdt.ts';
import { startWorkload } from '../kit/scene.ts';

/** Cache and memory bandwidth through a real collector on a real resctrl, and what is left of them after its death. */

const cgroups = TestCgroups.make((why) => {
  throw new Error(why);
});
if (cgroups === undefined) throw new Error('no cgroups');
const { root } = cgroups;
let folder = '';
before(() => {
  folder = mountResctrl();
});
after(() => cgroups.remove());

const wish: AllocationValue = { type: 'rdt', group: undefined, lines: ['L3:0=f;1=3', 'MB:0=20;1=50'] };

async function startClient(t: TestContext, ledger: string) {
  const collector = await CollectorProcess.start({ args: ['--allocate-below', root, '--ledger', ledger] });
  t.after(() => collector.stop());
  return { collector, client: new AllocationClient(collector.client()) };
}

function schemata(group: string): readonly string[] {
  const text = readFileSync(join(folder, group, 'schemata'), 'utf8');
  return text
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [line.trim().replaceAll(/= +/g, '=')]))
    .sort();
}

function tasksOf(group: string): readonly number[] {
  return readFileSync(join(folder, group, 'tasks'), 'utf8')
    .trim()
    .split('\n')
    .map(Number);
}

test('a control group is made, kept over kill -9 of the collector, and gone when the originals are back', async (t) => {
  const ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
  t.after(() => rmSync(ledger, { recursive: true, force: true }));
  const path = cgroups.add('rdt');
  const workload = await startWorkload(t, { kind: 'touch', amount: 10 });
  cgroups.attach(path, workload.pid);
  const { collector, client } = await startClient(t, ledger);
  await client.apply(path, [wish]);
  const group = path.slice(1).replaceAll('/', '-');
  assert.deepEqual(schemata(group), ['L3:0=00f;1=003', 'MB:0=20;1=50']);
  assert.ok(tasksOf(group).includes(workload.pid));
  const again = await client.apply(path, [wish]);
  assert.equal(again.values[0]?.outcome, 'unchanged');

  const closed = new Promise((resolve) => collector.child.once('close', resolve));
  collector.child.kill('SIGKILL');
  await closed;
  assert.ok(existsSync(join(folder, group)), 'the group outlives the collector');
  const next = await startClient(t, ledger);
  const { allocations } = await next.client.list();
  assert.ok(allocations.some(({ type }) => type === 'rdt'));
  await next.client.restore({ all: true });
  assert.equal(existsSync(join(folder, group)), false);
  assert.ok(tasksOf('').includes(workload.pid));
  assert.deepEqual((await next.client.list()).allocations, []);
});

test('a wish that the machine cannot have is told in its terms, and nothing is made', async (t) => {
  const ledger = mkdtempSync(join(tmpdir(), 'wca-ledger-'));
  t.after(() => rmSync(ledger, { recursive: true, force: true }));
  const path = cgroups.add('wrong');
  const { client } = await startClient(t, ledger);
  for (const [line, message] of [
    ['L3:0=5', /has a gap between its bits/],
    ['L3:7=f', /domain/],
    ['MB:0=5', /at least|10/],
  ] as const) {
    const [result] = await client.allocate([{ path, values: [{ type: 'rdt', group: undefined, lines: [line] }] }]);
    const error = result?.values[0]?.error ?? result?.error;
    assert.equal(error?.code, 'INVALID_ARGUMENT', line);
    assert.match(error?.message ?? '', message);
  }
  assert.equal(existsSync(join(folder, path.slice(1).replaceAll('/', '-'))), false);
});

test('an AllocationRunner sets the root group as configured, and a task that is given a group leaves it', async (t) => {
  const own = mkdtempSync(join(tmpdir(), 'wca-root-'));
  t.after(() => rmSync(own, { recursive: true, force: true }));
  const settings = join(own, 'collector.json');
  writeFileSync(settings, JSON.stringify({ allocate: { below: [root], root_rdt_group: true } }), { mode: 0o600 });
  const [plain, batch] = [cgroups.add('plain'), cgroups.add('batch')];
  const workloads = [
    await startWorkload(t, { kind: 'touch', amount: 10 }),
    await startWorkload(t, { kind: 'touch', amount: 10 }),
  ];
  for (const [i, path] of [plain, batch].entries()) cgroups.attach(path, workloads[i]?.pid ?? 0);
  const before = schemata('');
  const collector = await CollectorProcess.start({ args: ['--config', settings] });
  t.after(() => collector.stop());
  const controller = new ControllerProcess({
    collector: collector.socket,
    config: [
      'runner: !AllocationRunner',
      '  measurement_runner: !MeasurementRunner',
      '    interval: 1.0',
      `    node: !StaticNode {tasks: [${plain.slice(1)}, ${batch.slice(1)}]}`,
      '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
      '    allocation_configuration: !AllocationConfiguration',
      '      default_rdt_l3: "L3:0=7ff;1=ff"',
      '      default_rdt_mb: "MB:0=90;1=80"',
      '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
      '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
      '  allocator: !StaticAllocator',
      '    rules:',
      `      - {task_id: ${batch.slice(1)}, allocations: {rdt: {name: batch, l3: "L3:0=3"}}}`,
      '  restore_on_exit: true',
    ].join('\n'),
  });
  t.after(() => controller.stop());
  const batchPid = workloads[1]?.pid ?? 0;
  // Made, written, verified, then threads move.
  const isSet = (): boolean =>
    schemata('').includes('MB:0=90;1=80') && existsSync(join(folder, 'batch')) && tasksOf('batch').includes(batchPid);
  await controller.until(isSet, (done) => done, 120_000);
  assert.deepEqual(schemata(''), ['L3:0=7ff;1=0ff', 'MB:0=90;1=80']);
  assert.match(schemata('batch')[0] ?? '', /^L3:0=003;/);
  assert.ok(tasksOf('').includes(workloads[0]?.pid ?? 0));
  assert.equal(await controller.stop(), 0);
  assert.deepEqual(schemata(''), before);
  assert.equal(existsSync(join(folder, 'batch')), false);
});
