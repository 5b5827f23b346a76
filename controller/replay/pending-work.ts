/** Work of components that is under way: while there is any, the recording waits for it. */
export class PendingWork {
  #count = 0;
  #changes = 0;
  #wake: (() => void)[] = [];

  /** How much is under way. */
  get count(): number {
    return this.#count;
  }

  /** Grows with each piece of work that begins or ends. */
  get changes(): number {
    return this.#changes;
  }

  /** Counts as under way until it settles, or `signal` says that nobody waits for it any more. */
  async track<T>(work: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      this.#change(-1);
    };
    this.#change(1);
    signal?.addEventListener('abort', over, { once: true });
    try {
      return await work();
    } finally {
      signal?.removeEventListener('abort', over);
      over();
    }
  }

  /** Resolves when a piece of work begins or ends. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake.push(resolve);
    });
  }

  #change(by: number): void {
    this.#count += by;
    this.#changes += 1;
    for (const wake of this.#wake.splice(0)) wake();
  }
}
