import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../shared/lifecycle/clock.ts';

/** Work at one go before other work of the process gets a turn. */
const sliceMs = 4;

/** Cuts long work into slices. */
export class Turns {
  readonly #clock: Clock;
  #startMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Gives others a turn when a slice is over. */
  async pause(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#startMs < sliceMs) return;
    await setImmediate();
    this.#startMs = this.#clock.monotonicMs();
  }
}
