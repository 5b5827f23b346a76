/** A perf event as the kernel takes it. */
export interface PerfEvent {
  /** Name of the metric: `task_instructions`. */
  readonly name: string;
  /** PERF_TYPE_*. */
  readonly type: number;
  readonly config: bigint;
  readonly config1: bigint;
  /** Software events need no counter of the CPU and are never multiplexed, so they get groups of their own. */
  readonly software: boolean;
  /** Metric value = count / divisor: 1e9 for nanoseconds. */
  readonly divisor: number;
  /** Of a raw event: its config on the efficient cores of a CPU with two kinds; it is not counted there without. */
  readonly atomConfig?: bigint;
}

export const typeHardware = 0;
export const typeSoftware = 1;
export const typeRaw = 4;
