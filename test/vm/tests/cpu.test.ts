// guests: v2 v1 arm64
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** CPU time: what the cgroup accounts, what perf counts, what was burnt. */

const scene = Scene.make(['spin'], { events: ['task_clock_seconds'] });

test('CPU time of a busy loop: task_cpu_usage_seconds, task_clock_seconds and the loop agree within 2 %', async (t) => {
  const seconds = 4;
  const { id, workload } = await scene.start(t, 'spin', { kind: 'spin', amount: seconds * 1000 });
  const first = await scene.agent.samplesOf(id);
  await workload.act();
  const last = await scene.agent.samplesOf(id);
  const grown = (name: string) => last.value(name, { task_id: id }) - first.value(name, { task_id: id });
  t.diagnostic(`usage ${grown('task_cpu_usage_seconds')} s, clock ${grown('task_clock_seconds')} s of ${seconds} s`);
  assertClose(grown('task_cpu_usage_seconds'), seconds, { share: 0.02, what: 'task_cpu_usage_seconds' });
  assertClose(grown('task_clock_seconds'), grown('task_cpu_usage_seconds'), {
    share: 0.02,
    what: 'task_clock_seconds',
  });
});
