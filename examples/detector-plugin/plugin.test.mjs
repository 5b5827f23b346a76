// node --test examples/detector-plugin/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createComponent, fakePlatform, fakeTasks } from 'wca/plugin-kit';
import { plugin } from './plugin.mjs';

const detect = (held) =>
  createComponent(plugin).detect(
    fakePlatform(),
    fakeTasks(
      ...Object.entries(held).map(([id, task_llc_occupancy_bytes]) => ({
        id,
        measurements: { task_llc_occupancy_bytes },
      })),
    ),
    new AbortController().signal,
  ).anomalies;

test('the hog is named for each task that has little', () => {
  const anomalies = detect({ a: 1e6, hog: 3e7, b: 2e6 });
  assert.deepEqual(
    anomalies.map(({ contendedTaskId, contendingTaskIds }) => [contendedTaskId, contendingTaskIds]),
    [
      ['a', ['hog']],
      ['b', ['hog']],
    ],
  );
});

test('silent when the cache is divided evenly, not measured, or of one task', () => {
  assert.deepEqual(detect({ a: 1e6, b: 1e6 }), []);
  assert.deepEqual(detect({ a: undefined, b: undefined }), []);
  assert.deepEqual(detect({ a: 1e6 }), []);
});
