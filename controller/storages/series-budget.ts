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
 * then names the catalogue does not know; a family that does not fit any more is passed over for smaller ones.
 */
export function chooseWithinBudget(batch: MetricBatch, maxSeries: number): BudgetResult {
  const total = batch.families.reduce((sum, { labels }) => sum + labels.length, 0);
  if (total <= maxSeries) return { batch, dropped: 0 };
  const places = new Map([...catalog.keys()].map((name, place) => [name, place]));
  const rank = (family: MetricFamily): number => granularityRank(family) * 1e6 + (places.get(family.name) ?? 5e5);
  const kept = new Set<MetricFamily>();
  let left = maxSeries;
  // Families come ascending by name and the sort is stable: equal ranks keep that order.
  for (const family of [...batch.families].sort((a, b) => rank(a) - rank(b))) {
    if (family.labels.length > left) continue;
    left -= family.labels.length;
    kept.add(family);
  }
  const families = batch.families.filter((family) => kept.has(family));
  return { batch: { ...batch, families }, dropped: total - (maxSeries - left) };
}

function granularityRank({ granularity }: MetricFamily): number {
  if (granularity === 'internal') return 0;
  return granularity === 'platform' ? 1 : 2;
}
