export interface ReloadOptions<T> {
  /** Reads and checks the configuration anew. Throws where it is wrong: then the old one goes on. */
  readonly configure: () => T;
  /** Runs what is configured until the signal aborts or its work is done; resolves with the exit status. */
  readonly run: (configured: T, signal: AbortSignal) => Promise<number>;
  readonly onReloading: () => void;
  /** undefined: the new configuration is in force; else why the old one stays. */
  readonly onReloaded: (refused: unknown) => void;
}

/**
 * Runs configurations one after the other: each wish to reload ends the one that runs and starts the next, of the file
 * as it is then. One that is wrong changes nothing. The process, its admin socket and its connections stay.
 */
export class ReloadingRun<T> {
  readonly #options: ReloadOptions<T>;
  #next: { readonly configured: T } | undefined;
  #ending: AbortController | undefined;

  constructor(options: ReloadOptions<T>) {
    this.#options = options;
  }

  /** Wishes that come before the old one has ended are met by one new one, of the newest file. */
  reload(): void {
    const { configure, onReloading, onReloaded } = this.#options;
    if (this.#ending === undefined) return;
    onReloading();
    try {
      this.#next = { configured: configure() };
      this.#ending.abort(new Error('the configuration is loaded anew'));
    } catch (thrown) {
      onReloaded(thrown);
    }
  }

  /** Resolves with the status of the one that ended by itself or because `signal` aborted. */
  async run(first: T, signal: AbortSignal): Promise<number> {
    for (let configured = first; ; ) {
      const ending = new AbortController();
      this.#ending = ending;
      const stop = (): void => ending.abort(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      const status = await this.#options.run(configured, ending.signal);
      signal.removeEventListener('abort', stop);
      const next = this.#next;
      this.#next = undefined;
      if (signal.aborted || next === undefined || status !== 0) {
        this.#ending = undefined;
        return status;
      }
      ({ configured } = next);
      this.#options.onReloaded(undefined);
    }
  }
}
