// guests: v2 kernel612
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { AllocationClient } from '../../kit/allocation-client.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
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
