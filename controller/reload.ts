import type { Runner } from './runners/runner.ts';

export interface ReloadOptions {
  /** Reads and checks the configuration anew. Throws where it is wrong: then the runner goes on. */
  readonly configure: () => Runner;
  /** Runs a runner until the signal aborts or its work is done; resolves with the exit status. */
  readonly run: (runner: Runner, signal: AbortSignal) => Promise<number>;
  readonly onReloading: () => void;
  /** undefined: the new configuration is in force; else why the old one stays. */
  readonly onReloaded: (refused: unknown) => void;
}

/**
 * Runs runners one after the other: each wish to reload ends the one that runs and starts the next, of the configuration
 * as it is then. One that is wrong changes nothing. The process, its admin socket and its connections stay.
 */
export class ReloadingRun {
  readonly #options: ReloadOptions;
  #next: Runner | undefined;
  #ending: AbortController | undefined;

  constructor(options: ReloadOptions) {
    this.#options = options;
  }

  /** Wishes that come before the old runner has ended are met by one new runner, of the newest configuration. */
  reload(): void {
    const { configure, onReloading, onReloaded } = this.#options;
    if (this.#ending === undefined) return;
    onReloading();
    try {
      this.#next = configure();
      this.#ending.abort(new Error('the configuration is loaded anew'));
    } catch (thrown) {
      onReloaded(thrown);
    }
  }

  /** Resolves with the status of the runner that ended by itself or because `signal` aborted. */
  async run(first: Runner, signal: AbortSignal): Promise<number> {
    for (let runner = first; ; ) {
      const ending = new AbortController();
      this.#ending = ending;
      const stop = (): void => ending.abort(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      const status = await this.#options.run(runner, ending.signal);
      signal.removeEventListener('abort', stop);
      const next = this.#next;
      this.#next = undefined;
      if (signal.aborted || next === undefined || status !== 0) {
        this.#ending = undefined;
        return status;
      }
      runner = next;
      this.#options.onReloaded(undefined);
    }
  }
}
