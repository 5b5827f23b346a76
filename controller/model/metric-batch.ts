import type { MetricGranularity, MetricType } from '../../shared/metrics/metric-facts.ts';
import type { LabelSet } from './label-set.ts';
import type { Metric } from './metric.ts';
import type { RefusedMetric } from './metric-rules.ts';

/** The numbers of one family, in the order of its label sets. Backed by the columns of a snapshot: nothing is copied. */
export interface SeriesValues {
  readonly length: number;
  /** Whether series `i` has a value in this batch. */
  has(i: number): boolean;
  /** The value as a double; a counter above 2^53 is rounded. */
  number(i: number): number;
  /** The value as it is: `bigint` only where a double would round. */
  exact(i: number): number | bigint;
}

/** All series of one metric name. */
export interface MetricFamily {
  readonly name: string;
  readonly type?: MetricType | undefined;
  readonly help?: string | undefined;
  readonly unit?: string | undefined;
  readonly granularity?: MetricGranularity | undefined;
  /**
   * One a series, distinct, in the order of the exposition format (`compareLabelSets`). For what a collector measures
   * the array and its members are the same objects from batch to batch as long as tasks and columns do not change:
   * whatever is made of them can be kept.
   */
  readonly labels: readonly LabelSet[];
  readonly values: SeriesValues;
}

/** Everything measured in one iteration: what a storage stores. */
export interface MetricBatch {
  /** Unix time of the measurement, in milliseconds. */
  readonly timestampMs: number;
  /** Ascending by name, each name once. */
  readonly families: readonly MetricFamily[];
  /** Name of the host it is of, where a controller follows several; batches of one source replace each other. */
  readonly source?: string | undefined;
  /** What had to be left out because it breaks the rules of the format; for counting. */
  readonly refused?: readonly RefusedMetric[] | undefined;
}

/** The samples of a batch one by one, for storages that want plain objects. Creates one object a sample. */
export function* metricsOf(batch: MetricBatch): Generator<Metric> {
  for (const family of batch.families) {
    for (let i = 0; i < family.labels.length; i += 1) {
      const labels = family.labels[i];
      if (labels === undefined || !family.values.has(i)) continue;
      yield {
        name: family.name,
        value: family.values.exact(i),
        labels: labels.toRecord(),
        type: family.type,
        help: family.help,
        unit: family.unit,
        granularity: family.granularity,
      };
    }
  }
}

/** How many samples a batch holds. */
export function sampleCount(batch: MetricBatch): number {
  let count = 0;
  for (const { values } of batch.families) {
    for (let i = 0; i < values.length; i += 1) if (values.has(i)) count += 1;
  }
  return count;
}

/** Several batches as one, of the time of the newest: families of one name, which are of several hosts, side by side. */
export function mergeBatches(batches: readonly MetricBatch[]): MetricBatch {
  const [only, ...others] = batches;
  if (only === undefined) return { timestampMs: 0, families: [] };
  if (others.length === 0) return only;
  const families = batches.flatMap((batch) => batch.families);
  families.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return { timestampMs: Math.max(...batches.map(({ timestampMs }) => timestampMs)), families };
}

/** Values held in an array; undefined where a series has none. */
export function arrayValues(values: readonly (number | bigint | undefined)[]): SeriesValues {
  return {
    length: values.length,
    has: (i) => values[i] !== undefined,
    number: (i) => Number(values[i]),
    exact: (i) => values[i] ?? 0,
  };
}
