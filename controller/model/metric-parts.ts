import { type GroupedMetrics, groupMetrics, mergeFamilies } from './group-metrics.ts';
import type { Labels, Metric } from './metric.ts';
import type { MetricFamily } from './metric-batch.ts';
import type { RefusedMetric } from './metric-rules.ts';

/** Plain metrics in lists; a list that is the same object as before has the same metrics. */
export type MetricParts = readonly (readonly Metric[])[];

/** Groups parts into families. What does not change from batch to batch is looked at once. */
export class PartGrouper {
  #labels: Labels | undefined;
  #known = new Map<readonly Metric[], GroupedMetrics>();

  /** As groupMetrics; of a series in several parts the first is kept. */
  group(parts: MetricParts, commonLabels: Labels): GroupedMetrics {
    const before = this.#labels === commonLabels ? this.#known : new Map<readonly Metric[], GroupedMetrics>();
    const distinct = [...new Set(parts)];
    const now = new Map(distinct.map((part) => [part, before.get(part) ?? groupMetrics(part, commonLabels)]));
    this.#labels = commonLabels;
    this.#known = now;
    const grouped = [...now.values()];
    const [first, second] = grouped;
    return first !== undefined && second === undefined ? first : mergeGrouped(grouped);
  }
}

function mergeGrouped(grouped: readonly GroupedMetrics[]): GroupedMetrics {
  const families = new Map<string, MetricFamily>();
  const refused: RefusedMetric[] = grouped.flatMap((one) => one.refused);
  for (const family of grouped.flatMap((one) => one.families)) {
    const known = families.get(family.name);
    const merged = known === undefined ? undefined : mergeFamilies(known, family);
    families.set(family.name, merged?.families[0] ?? family);
    refused.push(...(merged?.refused ?? []));
  }
  return { families: [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), refused };
}
