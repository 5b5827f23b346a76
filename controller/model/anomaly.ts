import type { Metric } from './metric.ts';
import type { TaskId } from './task.ts';

/** What tasks fight for; the values are those of the label `resource` (spec allocation §1.8). */
export const contendedResources = {
  MEMORY_BW: 'memory bandwidth',
  LLC: 'cache',
  CPUS: 'cpus',
  TDP: 'thermal design power',
  UNKN: 'unknown resource',
  /** Room in memory, not bandwidth; of ours. */
  MEMORY: 'memory',
  /** Of ours. */
  IO: 'io',
} as const;

export type ContendedResource = (typeof contendedResources)[keyof typeof contendedResources];

/** Tasks that disturb a task. */
export interface ContentionAnomaly {
  readonly kind: 'contention';
  readonly resource: ContendedResource;
  readonly contendedTaskId: TaskId;
  readonly contendingTaskIds: readonly TaskId[];
  /** Context; exported with the anomaly's uuid. */
  readonly metrics: readonly Metric[];
}

export type Anomaly = ContentionAnomaly;
