// guests: v2 kernel612
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Scene } from '../kit/scene.ts';

/** Pressure (PSI) of a task that may not keep the file it reads in memory. */

const scene = Scene.make(['squeezed', 'calm']);
const megabytes = 48;

test('PSI of a task rises under memory.high, and stays at zero beside it', async (t) => {
  const memory = { resource: 'memory', kind: 'some' };
  const calm = await scene.start(t, 'calm', { kind: 'read', amount: 1 });
  const { id, workload } = await scene.start(t, 'squeezed', { kind: 'read', amount: megabytes });
  const high = scene.cgroups.file(`/${id}`, 'memory.high');
  assert.ok(high !== undefined);
  writeFileSync(high, `${(megabytes / 3) * 2 ** 20}`);
  const stalled = async (task: string) =>
    (await scene.agent.samplesOf(task)).value('task_psi_stalled_seconds', { task_id: task, ...memory });
  const first = await stalled(id);
  for (let round = 0; round < 4; round += 1) await workload.act();
  await calm.workload.act();
  const samples = await scene.agent.samplesOf(id);
  const last = samples.value('task_psi_stalled_seconds', { task_id: id, ...memory });
  const ratio = samples.value('task_psi_avg10_ratio', { task_id: id, ...memory });
  t.diagnostic(`stalled ${first} s, then ${last} s; avg10 ${ratio}`);
  assert.ok(last > first, 'time stalled grows');
  assert.ok(ratio > 0 && ratio <= 1, `avg10 is a share: ${ratio}`);
  assert.equal(await stalled(calm.id), 0, 'the task beside it is not stalled');
  const file = scene.cgroups.file(`/${id}`, 'memory.pressure');
  const totalUs = Number(/some .*total=(\d+)/.exec(readFileSync(file ?? '', 'utf8'))?.[1]);
  assert.equal(last, totalUs / 1e6, 'the idle task has what the kernel says');
});
