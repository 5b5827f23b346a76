import type { Needing } from '../config/need.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Metric } from '../model/metric.ts';
import type { Platform } from '../model/platform.ts';
import type { TasksData } from '../model/task-data.ts';

/** What a detector answers. */
export interface DetectionResult {
  readonly anomalies: readonly Anomaly[];
  /** Stored with the anomalies. */
  readonly metrics?: readonly Metric[] | undefined;
}

/** Finds tasks that disturb each other; asked once an iteration (spec allocation §1.1). State may be kept between calls. */
export interface AnomalyDetector extends Needing {
  /**
   * What is wrong now. Aborted by `signal` when it takes too long: the result is thrown away then. Throwing costs this
   * iteration's anomalies and nothing else.
   */
  detect(platform: Platform, tasks: TasksData, signal: AbortSignal): DetectionResult | Promise<DetectionResult>;
  /** Called once when the controller stops. */
  close?(): void | Promise<void>;
}
