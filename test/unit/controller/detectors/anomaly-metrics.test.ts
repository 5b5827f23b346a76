import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AnomalyStatistics,
  anomalyMetrics,
  anomalyUuid,
  uuidOfIds,
} from '../../../../controller/detectors/anomaly-metrics.ts';
import type { Anomaly } from '../../../../controller/model/anomaly.ts';
import { fakeTasks } from '../../../../controller/plugin-kit.ts';

const anomaly = (contendedTaskId: string, contendingTaskIds: readonly string[]): Anomaly => ({
  kind: 'contention',
  resource: 'cache',
  contendedTaskId,
  contendingTaskIds,
  metrics: [{ name: 'cpi', value: 2, labels: { uuid: 'mine', x: 'y' } }],
});

/** spec allocation §1.8. */
test('the uuid of a set of tasks is that of the original, whoever is contended', () => {
  assert.equal(anomalyUuid(anomaly('t1', [])), '628b49d9-6dcd-e97a-430d-d4f597705899');
  assert.equal(anomalyUuid(anomaly('t1', ['t2'])), '996d84f8-49ff-579f-1e98-7f2973b3ea04');
  assert.equal(anomalyUuid(anomaly('t2', ['t1'])), '996d84f8-49ff-579f-1e98-7f2973b3ea04');
  assert.equal(anomalyUuid(anomaly('task3', ['task1', 'task2'])), '4a0e6059-72ec-173c-cc80-3c5a0dba906a');
  assert.equal(uuidOfIds([]), 'e3b0c442-98fc-1c14-9afb-f4c8996fb924');
});

test('one metric a contending task, its own labels before those of the task; the context after them', () => {
  const tasks = fakeTasks(
    { id: 't1', labels: { type: 'overwritten', team: 'x' } },
    { id: 't2', labels: { workload_instance: 'w2' } },
  );
  const [first, second, context] = anomalyMetrics([anomaly('t1', ['t2', 'gone'])], tasks);
  assert.equal(first?.name, 'anomaly');
  const {
    type,
    team,
    contending_workload_instance: instance,
    contended_task_id: contended,
    resource,
  } = first?.labels ?? {};
  assert.deepEqual([type, team, instance, contended, resource], ['contention', 'x', 'w2', 't1', 'cache']);
  assert.equal(second?.labels['contending_workload_instance'], 'workload not found');
  assert.deepEqual(context?.labels, { uuid: first?.labels['uuid'], x: 'y', type: 'anomaly' });
});

test('anomalies are counted; the last occurrence is not there before the first', () => {
  const statistics = new AnomalyStatistics();
  const values = (anomalies: number, seconds: number): readonly unknown[] =>
    statistics.record(anomalies, seconds).map(({ name, value }) => `${name} ${value}`);
  assert.deepEqual(values(0, 1), ['anomaly_count 0']);
  assert.deepEqual(values(2, 5), ['anomaly_count 2', 'anomaly_last_occurrence 5']);
  assert.deepEqual(values(0, 9), ['anomaly_count 2', 'anomaly_last_occurrence 5']);
});
