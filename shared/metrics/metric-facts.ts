export type MetricType = 'counter' | 'gauge';
export type MetricUnit = 'bytes' | 'bytes_per_second' | 'seconds' | 'numeric' | 'timestamp' | 'ratio' | 'watts';
export type MetricGranularity = 'platform' | 'task' | 'internal';

/**
 * How the readings of a task's containers become the task's:
 * - `sum`: added; a container that ended keeps counting, so that a counter never falls;
 * - `max`: the largest;
 * - `mean`: the mean over the containers that have it;
 * - `peak`: that of the task's own cgroup where it has one, else added: an upper bound;
 * - `limit`: that of the task's own cgroup where it has one, else added, but unlimited wins;
 * - `own`: read from the task's own cgroup instead of its containers'.
 */
export type MergeRule = 'sum' | 'max' | 'mean' | 'peak' | 'limit' | 'own';

export interface MetricFacts {
  readonly help: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  readonly granularity: MetricGranularity;
  /** Where the number comes from, for people. */
  readonly source: string;
  /** Dimensions inside the metric, as label names. */
  readonly levels: readonly string[];
  readonly merge: MergeRule;
  /** What makes it appear, for people. */
  readonly enabledBy: string;
  /** First version: `seed` and `head` are the original's, `wca` is ours. */
  readonly since: 'seed' | 'head' | 'wca';
}

/** One line of the catalogue. */
export type Row = readonly [
  name: string,
  type: MetricType,
  unit: MetricUnit,
  since: MetricFacts['since'],
  merge: MergeRule,
  levels: string,
  help: string,
];
