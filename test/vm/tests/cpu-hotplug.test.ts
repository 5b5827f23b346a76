// guests: v2 v1 nodes4 kernel612
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Samples } from '../kit/agent.ts';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** CPUs that go and come while tasks are watched. */

const scene = Scene.make(['moved', 'pinned'], { events: ['task_clock_seconds', 'task_context_switches'] });

function setOnline(cpu: number, online: boolean): void {
  writeFileSync(`/sys/devices/system/cpu/cpu${cpu}/online`, online ? '1' : '0');
}

function cpusOf(samples: Samples): readonly string[] {
  return samples.all.filter(({ name }) => name === 'platform_cpu_usage').map(({ labels }) => labels['cpu'] ?? '');
}

async function withoutCpu3(t: TestContext): Promise<void> {
  t.after(() => setOnline(3, true));
  setOnline(3, false);
  await scene.agent.samples((samples) => samples.value('platform_topology_cpus') === 3);
}

test('a CPU that goes offline leaves the columns, one that comes back returns, and tasks are measured on', async (t) => {
  const { id, workload } = await scene.start(t, 'moved', { kind: 'spin', amount: 1000 });
  const first = await scene.agent.samplesOf(id);
  assert.deepEqual(cpusOf(first), ['0', '1', '2', '3']);
  await withoutCpu3(t);
  await workload.act();
  const without = await scene.agent.samplesOf(id);
  assert.deepEqual(cpusOf(without), ['0', '1', '2']);
  setOnline(3, true);
  const again = await scene.agent.samples((samples) => samples.value('platform_topology_cpus') === 4);
  assert.deepEqual(cpusOf(again), ['0', '1', '2', '3']);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  for (const name of ['task_cpu_usage_seconds', 'task_clock_seconds']) {
    const at = (samples: Samples) => samples.value(name, { task_id: id });
    t.diagnostic(`${name} ${at(first)} ${at(without)} ${at(again)} ${at(last)}`);
    assertClose(at(without) - at(first), 1, { share: 0.03, what: `${name} with a CPU offline` });
    assertClose(at(last) - at(first), 2, { share: 0.03, what: `${name} after it came back` });
    assert.ok(at(again) >= at(without), `${name} never falls`);
  }
});

test('what a task does on a CPU that was offline before is counted', async (t) => {
  await withoutCpu3(t);
  setOnline(3, true);
  await scene.agent.samples((samples) => samples.value('platform_topology_cpus') === 4);
  const { id, workload } = await scene.start(t, 'pinned', {
    kind: 'spin',
    amount: 1000,
    cpus: '3',
  });
  const first = await scene.agent.samplesOf(id);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  const grown = last.value('task_clock_seconds', { task_id: id }) - first.value('task_clock_seconds', { task_id: id });
  t.diagnostic(`task_clock_seconds ${grown}`);
  assertClose(grown, 1, { share: 0.03, what: 'task_clock_seconds on CPU 3' });
});

test('the collector is the same process after all that, and complains of nothing', async () => {
  const { collector } = scene.agent;
  assert.equal(collector.child.exitCode, null);
  const errors = collector.lines.filter((line) => line.includes('"level":"error"'));
  assert.deepEqual(errors, []);
});
