const longestWait = 64;

/** Spaces out attempts at something that failed: the next one after 1, 2, 4, ... 64 turns. A turn is a call of `isDue`. */
export class RetryPace {
  #wait = 0;
  #left = 0;

  /** Takes a turn; whether this is one to try in. */
  isDue(): boolean {
    if (this.#left === 0) return true;
    this.#left--;
    return false;
  }

  /** It failed again. */
  back(): void {
    this.#left = this.#wait;
    this.#wait = Math.min(longestWait, this.#wait === 0 ? 1 : 2 * this.#wait);
  }

  reset(): void {
    this.#wait = 0;
    this.#left = 0;
  }
}
