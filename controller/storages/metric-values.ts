import type { MetricBatch } from '../model/metric-batch.ts';

/**
 * A batch as a JSON object: the last value of each metric by its name, `{"task_up":1,"wca_tasks":3}`. Counters above
 * 2^53 keep their digits; what JSON has no number for (NaN, infinities) is null.
 */
export function formatMetricValues(batch: MetricBatch): string {
  const members: string[] = [];
  for (const { name, values } of batch.families) {
    let last = values.length - 1;
    while (last >= 0 && !values.has(last)) last -= 1;
    if (last < 0) continue;
    const value = values.exact(last);
    members.push(`${JSON.stringify(name)}:${typeof value === 'bigint' || Number.isFinite(value) ? value : null}`);
  }
  return `{${members.join(',')}}`;
}
