import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDetectionResult, maxAnomalies } from '../../../../controller/detectors/check-detection.ts';
import { NOPAnomalyDetector } from '../../../../controller/detectors/nop-detector.ts';

const anomaly = { kind: 'contention', resource: 'cache', contendedTaskId: 'a', contendingTaskIds: ['b'], metrics: [] };

test('an answer of the right form is taken as it is', () => {
  assert.deepEqual(checkDetectionResult({ anomalies: [anomaly] }), { anomalies: [anomaly], metrics: [] });
  assert.deepEqual(checkDetectionResult(new NOPAnomalyDetector().detect()), { anomalies: [], metrics: [] });
});

for (const [name, answer] of [
  ['nothing', undefined],
  ['null', null],
  ['a list', []],
  ['no anomalies', {}],
  ['an anomaly without tasks', { anomalies: [{ kind: 'contention', resource: 'cache' }] }],
  ['an unknown resource', { anomalies: [{ ...anomaly, resource: 'luck' }] }],
  ['a task that disturbs itself', { anomalies: [{ ...anomaly, contendingTaskIds: ['a'] }] }],
  ['broken evidence', { anomalies: [{ ...anomaly, metrics: [1] }] }],
  ['broken metrics', { anomalies: [], metrics: [{ name: 1 }] }],
  ['too many anomalies', { anomalies: new Array(maxAnomalies + 1).fill(anomaly) }],
] as const) {
  test(`${name}: refused as PLUGIN_FAILED`, () => {
    assert.throws(() => checkDetectionResult(answer), { code: 'PLUGIN_FAILED' });
  });
}
