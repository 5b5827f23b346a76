// guests: v2 v1
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Samples } from '../kit/agent.ts';
import { Scene } from '../kit/scene.ts';
import { assertClose } from '../kit/tolerance.ts';

/** Measurements that are asked for, on the kernel itself: working set, scheduler, vmstat, zoneinfo. */

const pageBytes = 4096;
const pages = 8192;
const nodes = readdirSync('/sys/devices/system/node').flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? []);
const scene = Scene.make(['touching', 'spinning'], {
  allow: ['wss-reset'],
  runner: ['  wss_reset_interval: 5', '  sched: true', '  vmstat: true', '  zoneinfo: true'],
});

test('the memory that a task touched is referenced, and no longer when the bits were cleared', async (t) => {
  const { id, workload } = await scene.start(t, 'touching', { kind: 'touch', amount: pages });
  const sizeOf = (samples: Samples): number => samples.find('task_wss_referenced_bytes', { task_id: id }) ?? 0;
  await workload.act();
  const touched = await scene.agent.samples((samples) => sizeOf(samples) >= pages * pageBytes);
  t.diagnostic(`${sizeOf(touched)} bytes after touching ${pages * pageBytes}`);
  assertClose(sizeOf(touched), pages * pageBytes, { share: 0.05, slack: 2 ** 20, what: 'referenced' });
  const idle = await scene.agent.samples((samples) => sizeOf(samples) < 2 ** 20);
  t.diagnostic(`${sizeOf(idle)} bytes after clearing`);
  assert.ok(idle.value('task_wss_measure_overhead_seconds', { task_id: id }) > 0);
  assert.ok(idle.value('wca_wss_seconds') > 0);
});

test('the scheduler has run a task for the CPU time that it consumed', async (t) => {
  const { id, workload } = await scene.start(t, 'spinning', { kind: 'spin', amount: 2000 });
  await workload.act();
  const labels = { task_id: id, key: 'se.sum_exec_runtime' };
  const samples = await scene.agent.samples((found) => (found.find('task_sched_stat', labels) ?? 0) > 1_900);
  const cpuMs = samples.value('task_cpu_usage_seconds', { task_id: id }) * 1000;
  t.diagnostic(`${samples.value('task_sched_stat', labels)} ms of ${cpuMs} ms`);
  assertClose(samples.value('task_sched_stat', labels), cpuMs, { share: 0.02, slack: 50, what: 'sum_exec_runtime' });
});

test('every field of vmstat is there, of the host and of each node', async () => {
  const samples = await scene.agent.samples();
  const keys = readFileSync('/proc/vmstat', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  for (const key of keys) assert.notEqual(samples.find('platform_vmstat', { key }), undefined, key);
  for (const node of nodes) {
    const text = readFileSync(`/sys/devices/system/node/node${node}/vmstat`, 'utf8');
    for (const key of text
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '')) {
      assert.notEqual(samples.find('platform_node_vmstat', { key, numa_node: node }), undefined, `${node} ${key}`);
    }
  }
});

test('the pages of the zones are those of zoneinfo', async () => {
  const samples = await scene.agent.samples();
  let zone = { numa_node: '', zone: '' };
  let compared = 0;
  for (const line of readFileSync('/proc/zoneinfo', 'utf8').split('\n')) {
    const [, numa_node, name] = /^Node (\d+), zone +(\S+)/.exec(line) ?? [];
    if (numa_node !== undefined && name !== undefined) zone = { numa_node, zone: name };
    const [, managed] = /^ +managed +(\d+)$/.exec(line) ?? [];
    if (managed === undefined) continue;
    assert.equal(samples.value('platform_zoneinfo', { ...zone, key: 'managed' }), Number(managed));
    compared += 1;
  }
  assert.ok(compared >= nodes.length);
});
