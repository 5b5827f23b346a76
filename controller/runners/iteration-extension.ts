import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Labels, Metric } from '../model/metric.ts';
import type { MetricParts } from '../model/metric-parts.ts';
import type { Task } from '../model/task.ts';
import type { StorageFacts } from './board.ts';
import type { DerivedColumn } from './export-metrics.ts';
import type { PlatformFacts } from './platform-view.ts';
import type { RunnerEnvironment } from './runner.ts';

/** What was measured and derived in one iteration. */
export interface MeasuredIteration {
  readonly delivery: Delivery;
  readonly facts: PlatformFacts;
  /** By target id. */
  readonly tasks: ReadonlyMap<string, Task>;
  readonly derivedTasks: readonly DerivedColumn[];
  readonly derivedPlatform: readonly Metric[];
  readonly commonLabels: Labels;
}

/** What a runner does with each iteration beside storing its metrics: it allocates, or it detects. */
export interface IterationExtension {
  /** Whether the collector shall tell what is allocated. */
  readonly wantsAllocations: boolean;
  /** Opens what it needs. Rejects when it cannot. */
  start(environment: RunnerEnvironment): Promise<void>;
  /** The metrics of an iteration are on their way. Returns at once: what takes time is done beside the loop. */
  onIteration(iteration: MeasuredIteration): void;
  /** What goes with the metrics of the next iteration, because it goes to the same storage. */
  metrics(): MetricParts;
  /** Why the runner cannot do what it is for. */
  readonly failure: WcaError | undefined;
  readonly storages: readonly StorageFacts[];
  /** Finishes what runs, within a bounded time. */
  stop(): Promise<void>;
}
