// guests: arm64
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** Hardware counters that count: QEMU with -icount executes and counts every instruction of the guest. */

const scene = Scene.make(['loop'], { events: ['task_instructions', 'task_cycles', 'task_clock_seconds'] });

test('a loop of known length: task_instructions is its length within 1 %, its CPU time is right', async (t) => {
  const rounds = 200_000_000;
  const { id, workload } = await scene.start(t, 'loop', { kind: 'count', amount: rounds });
  const first = await scene.agent.samplesOf(id);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  const grown = (name: string) => last.value(name, { task_id: id }) - first.value(name, { task_id: id });
  t.diagnostic(`instructions ${grown('task_instructions')}, cycles ${grown('task_cycles')} of ${2 * rounds}`);
  assertClose(grown('task_instructions'), 2 * rounds, { share: 0.01, what: 'task_instructions' });
  // With shift=2 an instruction is 4 ns and, at the PMU's 1 GHz, 4 cycles.
  const seconds = grown('task_instructions') * 4e-9;
  assertClose(grown('task_cycles'), seconds * 1e9, { share: 0.01, what: 'task_cycles' });
  assertClose(grown('task_clock_seconds'), seconds, { share: 0.02, what: 'task_clock_seconds' });
  assertClose(grown('task_cpu_usage_seconds'), seconds, { share: 0.02, what: 'task_cpu_usage_seconds' });
});
