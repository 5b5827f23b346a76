// guests: v2 v1 kernel612
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** What every guest has alike: the names of a task's metrics, on cgroup v1 and v2, and its CPU time. */

const names = [
  'task_clock_seconds',
  'task_context_switches',
  'task_cpu_migrations',
  'task_cpu_usage_seconds',
  'task_cpu_periods',
  'task_cpu_throttled_periods',
  'task_cpu_throttled_seconds',
  'task_last_seen',
  'task_major_faults',
  'task_mem_limit_bytes',
  'task_mem_max_usage_bytes',
  'task_mem_numa_pages',
  'task_mem_page_faults',
  'task_mem_soft_limit_bytes',
  'task_mem_usage_bytes',
  'task_minor_faults',
  'task_page_faults',
  'task_scaling_factor_avg',
  'task_scaling_factor_max',
  'task_subcontainers',
  'task_up',
];
/** Pressure of a cgroup, and io.stat, are of cgroup v2 only; v1's blkio counts no CFQ bytes on these kernels. */
const unifiedNames = [
  'task_io_read_bytes',
  'task_io_written_bytes',
  'task_psi_avg10_ratio',
  'task_psi_stalled_seconds',
];

const events = [
  'task_clock_seconds',
  'task_context_switches',
  'task_cpu_migrations',
  'task_page_faults',
  'task_minor_faults',
  'task_major_faults',
];
const scene = Scene.make(['task', 'spin'], { events });

test('a task has the metrics of the list on every guest; pressure and bytes of IO are what only cgroup v2 adds', async (t) => {
  const { id, workload } = await scene.start(t, 'task', { kind: 'touch', amount: 1000 });
  await workload.act();
  const unified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const samples = await scene.agent.samplesOf(id);
  const expected = unified ? [...names, ...unifiedNames] : names;
  assert.deepEqual(samples.namesOfTask(id), expected.sort());
});

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
