import { catalog } from '../../shared/metrics/catalog.ts';
import type { MetricBatch, MetricFamily } from '../model/metric-batch.ts';

export interface BudgetResult {
  /** The same object when nothing had to go. */
  readonly batch: MetricBatch;
  readonly dropped: number;
}

/**
 * Keeps a batch within a number of series. Families go whole, since half a family makes sums that look right and are
 * not. Kept first: what WCA tells of itself, then the platform, then the tasks' metrics in the order of the catalogue,
 * then names the catalogue does not know; a family that does not fit any more is passed over for smaller ones. Families
 * of one name, which are of several hosts, go together.
 */
export function chooseWithinBudget(batch: MetricBatch, maxSeries: number): BudgetResult {
  const total = batch.families.reduce((sum, { labels }) => sum + labels.length, 0);
  if (total <= maxSeries) return { batch, dropped: 0 };
  const places = new Map([...catalog.keys()].map((name, place) => [name, place]));
  const sizes = new Map<string, number>();
  const first = new Map<string, MetricFamily>();
  for (const family of batch.families) {
    sizes.set(family.name, (sizes.get(family.name) ?? 0) + family.labels.length);
    if (!first.has(family.name)) first.set(family.name, family);
  }
  const rank = (family: MetricFamily): number => granularityRank(family) * 1e6 + (places.get(family.name) ?? 5e5);
  const kept = new Set<string>();
  let left = maxSeries;
  // Families come ascending by name and the sort is stable: equal ranks keep that order.
  for (const { name } of [...first.values()].sort((a, b) => rank(a) - rank(b))) {
    const size = sizes.get(name) ?? 0;
    if (size > left) continue;
    left -= size;
    kept.add(name);
  }
  const families = batch.families.filter(({ name }) => kept.has(name));
  return { batch: { ...batch, families }, dropped: total - (maxSeries - left) };
}

function granularityRank({ granularity }: MetricFamily): number {
  if (granularity === 'internal') return 0;
  return granularity === 'platform' ? 1 : 2;
}
