import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeMeasurements, fakePlatform, fakeTask, fakeTasks } from '../../../controller/plugin-kit.ts';

test('measurements are numbers, exact counters, and values by level', () => {
  const measurements = fakeMeasurements({
    task_cpu_usage_seconds: 1.5,
    task_cycles: 2n ** 63n,
    task_mem_numa_pages: { numa_node: { 0: 100, 3: 5 } },
    platform_zoneinfo: [{ labels: { numa_node: '0', zone: 'Normal' }, value: 7 }],
  });
  assert.equal(measurements.number('task_cpu_usage_seconds'), 1.5);
  assert.equal(measurements.number('task_cycles'), 2 ** 63);
  assert.equal(measurements.exact('task_cycles'), 2n ** 63n);
  assert.equal(measurements.number('task_mem_numa_pages'), undefined);
  assert.deepEqual(
    measurements.byLevel('task_mem_numa_pages', 'numa_node'),
    new Map([
      [0, 100],
      [3, 5],
    ]),
  );
  assert.deepEqual(measurements.levels('task_mem_numa_pages'), [
    { labels: { numa_node: '0' }, value: 100 },
    { labels: { numa_node: '3' }, value: 5 },
  ]);
  assert.equal(measurements.levels('platform_zoneinfo')[0]?.labels['zone'], 'Normal');
  assert.deepEqual(measurements.levels('absent'), []);
  assert.equal(measurements.byLevel('absent', 'cpu').size, 0);
  assert.equal(measurements.names().length, 4);
});

test('counts of a platform follow from its nodes', () => {
  const { cpus, cores, sockets, numaNodes, nodeCpus } = fakePlatform();
  assert.deepEqual({ cpus, cores, sockets, numaNodes }, { cpus: 20, cores: 20, sockets: 2, numaNodes: 2 });
  assert.deepEqual(nodeCpus.get(1)?.[0], 10);
  const small = fakePlatform({ nodeCpus: new Map([[0, [0, 1]]]), sockets: 4 });
  assert.deepEqual([small.cpus, small.numaNodes, small.sockets], [2, 1, 4]);
});

test('a task needs an id only, and is frozen', () => {
  const task = fakeTask({ id: 'a', labels: { job: 'batch' } });
  assert.deepEqual(task.labels, { task_id: 'a', task_name: 'a', job: 'batch' });
  assert.equal(task.cgroupPath, '/a');
  assert.ok(Object.isFrozen(task));
  assert.deepEqual([...fakeTasks({ id: 'a' }, { id: 'b' }).keys()], ['a', 'b']);
});
