import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { LogCount, Logger } from '../../shared/log/logger.ts';
import type { SelfUsage } from '../../shared/self/self-usage.ts';
import type { CollectorLink } from '../collectors/link.ts';
import type { Needing } from '../config/need.ts';
import type { Labels } from '../model/metric.ts';
import type { Storage } from '../storages/storage.ts';
import type { Board } from './board.ts';

/** What a runner works with; made by `main`. */
export interface RunnerEnvironment {
  readonly collector: CollectorLink;
  /** Labels of every metric that tell this host from the others its controller follows. */
  readonly labels?: Labels | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly episodes: Episodes;
  /** Where the runner shows what it does. */
  readonly board: Board;
  /** End after so many iterations; undefined: run until stopped. */
  readonly iterations: number | undefined;
  /** Nothing is allocated, whatever the configuration says: what would be sent is logged. */
  readonly dryRun?: boolean | undefined;
  /** What is given the batches in the place of a storage; absent: the storage itself. */
  adaptStorage?(storage: Storage): Storage;
  /** What this process consumes; undefined: that is no matter here and not stored. */
  selfUsage(): SelfUsage | undefined;
  logger(module: string): Logger;
  logCounts(): readonly LogCount[];
}

/** The main loop: the object under the root key `runner`. */
export interface Runner extends Needing {
  /** Runs until `signal` aborts or its work is done. Resolves with the exit status of the controller. */
  run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number>;
}
