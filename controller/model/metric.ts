import type { MetricGranularity, MetricType } from '../../shared/metrics/metric-facts.ts';

export type Labels = Readonly<Record<string, string>>;

/** One sample, as a storage written by a user sees it. */
export interface Metric {
  readonly name: string;
  /** A number, or bigint for a counter above 2^53. */
  readonly value: number | bigint;
  readonly labels: Labels;
  readonly type?: MetricType | undefined;
  readonly help?: string | undefined;
  readonly unit?: string | undefined;
  readonly granularity?: MetricGranularity | undefined;
}
