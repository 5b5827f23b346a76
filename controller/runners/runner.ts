import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { LogCount, Logger } from '../../shared/log/logger.ts';
import type { CollectorClient } from '../collectors/client.ts';
import type { Needing } from '../config/need.ts';
import type { Board } from './board.ts';

/** What a runner works with; made by `main`. */
export interface RunnerEnvironment {
  readonly collector: CollectorClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly episodes: Episodes;
  /** Where the runner shows what it does. */
  readonly board: Board;
  /** End after so many iterations; undefined: run until stopped. */
  readonly iterations: number | undefined;
  logger(module: string): Logger;
  logCounts(): readonly LogCount[];
}

/** The main loop: the object under the root key `runner`. */
export interface Runner extends Needing {
  /** Runs until `signal` aborts or its work is done. Resolves with the exit status of the controller. */
  run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number>;
}
