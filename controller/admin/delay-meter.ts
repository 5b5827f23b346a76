import type { Clock } from '../../shared/lifecycle/clock.ts';

const periodMs = 1_000;

/** How late timers come, which is how long the event loop was busy with one thing. */
export class DelayMeter {
  readonly #clock: Clock;
  #dueMs: number;
  #longestMs = 0;

  /** Measures from now on, without keeping the process alive. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dueMs = clock.monotonicMs() + periodMs;
    setInterval(() => this.#tick(), periodMs).unref();
  }

  /** The longest delay since the last call. */
  takeLongestSeconds(): number {
    const seconds = this.#longestMs / 1000;
    this.#longestMs = 0;
    return seconds;
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#dueMs);
    this.#dueMs = nowMs + periodMs;
  }
}
