/** A value of a metric with levels: by its level labels, in the order of the catalogue (`{ numa_node: '0' }`). */
export interface LevelValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What was measured of a task or of the platform, by metric name; derived metrics where they are switched on. */
export interface Measurements {
  /** A metric without levels; undefined where there is no value. Counters are raw and monotonic. */
  number(metric: string): number | undefined;
  /** The same, exact: bigint where a double would round. */
  exact(metric: string): number | bigint | undefined;
  /** A metric with levels; empty where there is no value. */
  levels(metric: string): readonly LevelValue[];
  /** Values by an integer level: NUMA node, CPU. `byLevel('task_mem_numa_pages', 'numa_node')`. */
  byLevel(metric: string, level: string): ReadonlyMap<number, number>;
  /** Names that have a value. */
  names(): readonly string[];
}
