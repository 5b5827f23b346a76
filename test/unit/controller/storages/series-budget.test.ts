import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import { chooseWithinBudget } from '../../../../controller/storages/series-budget.ts';

/** Families with as many series as told. */
const batch = (sizes: Record<string, number>) =>
  batchOf(
    Object.entries(sizes).flatMap(([name, size]) =>
      Array.from({ length: size }, (_, i) => ({ name, value: i, labels: { i: `${i}` } })),
    ),
    1,
  );

const sizes = { task_up: 10, platform_cpu_usage: 2, wca_up: 1, task_cpu_usage_seconds: 10, unknown: 3, task_ipc: 10 };

const cases: readonly { readonly max: number; readonly kept: readonly string[]; readonly dropped: number }[] = [
  { max: 36, kept: Object.keys(sizes).sort(), dropped: 0 },
  { max: 35, kept: ['platform_cpu_usage', 'task_cpu_usage_seconds', 'task_ipc', 'task_up', 'wca_up'], dropped: 3 },
  { max: 26, kept: ['platform_cpu_usage', 'task_cpu_usage_seconds', 'task_ipc', 'unknown', 'wca_up'], dropped: 10 },
  { max: 13, kept: ['platform_cpu_usage', 'task_cpu_usage_seconds', 'wca_up'], dropped: 23 },
  { max: 12, kept: ['platform_cpu_usage', 'unknown', 'wca_up'], dropped: 30 },
  { max: 2, kept: ['wca_up'], dropped: 35 },
  { max: 0, kept: [], dropped: 36 },
];
for (const { max, kept, dropped } of cases) {
  test(`a budget of ${max} series keeps whole families: ${kept.join(' ') || 'none'}`, () => {
    const result = chooseWithinBudget(batch(sizes), max);
    assert.deepEqual(
      result.batch.families.map(({ name }) => name),
      kept,
    );
    assert.equal(result.dropped, dropped);
  });
}

test('a batch within the budget is the same object', () => {
  const within = batch(sizes);
  assert.equal(chooseWithinBudget(within, 36).batch, within);
});
