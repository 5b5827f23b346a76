import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../shared/lifecycle/clock.ts';

/** Work at one go before other work of the process gets a turn. */
const sliceMs = 4;

/** The working time of one background round: cut into slices, bounded, and added up. */
export class Slices {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  readonly #isStopped: () => boolean;
  #startMs: number;
  #spentMs = 0;

  constructor(clock: Clock, budgetMs: number, isStopped: () => boolean) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#isStopped = isStopped;
    this.#startMs = clock.monotonicMs();
  }

  /** Working time so far. */
  get spentMs(): number {
    return this.#spentMs + this.#clock.monotonicMs() - this.#startMs;
  }

  /** Whether the round's time is used up: what is left waits for the next one. */
  get isUsedUp(): boolean {
    return this.spentMs >= this.#budgetMs;
  }

  /** Gives others a turn when a slice is over. False: stopped meanwhile, nothing may be done any more. */
  async pause(): Promise<boolean> {
    const elapsedMs = this.#clock.monotonicMs() - this.#startMs;
    if (elapsedMs >= sliceMs) {
      this.#spentMs += elapsedMs;
      await setImmediate();
      this.#startMs = this.#clock.monotonicMs();
    }
    return !this.#isStopped();
  }
}
