import type { Clock } from '../../shared/lifecycle/clock.ts';

/** Share of the time that may go into listing cgroups: a listing of 30 ms is followed by a pause of 6 s. */
const listingShare = 0.005;
const longestPauseMs = 10_000;

/** Listing all cgroups costs like measuring them, so where it takes long it is done more rarely. */
export class ListingPace {
  readonly #clock: Clock;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isDue(): boolean {
    return this.#clock.monotonicMs() >= this.#dueMs;
  }

  /** The result of `list`, whose time decides when the next one is due; at once when it rejects. */
  async measure<T>(list: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.monotonicMs();
    const result = await list();
    const endMs = this.#clock.monotonicMs();
    this.#dueMs = endMs + Math.min(longestPauseMs, (endMs - startMs) / listingShare);
    return result;
  }
}
