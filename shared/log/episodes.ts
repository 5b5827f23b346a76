import type { WcaError } from '../errors/wca-error.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Logger } from './logger.ts';

interface Episode {
  readonly error: WcaError;
  readonly sinceMs: number;
  repeats: number;
}

/** How often a kind of trouble was survived since start: source of `wca_errors{code,source}`. */
export interface TroubleCount {
  readonly code: string;
  readonly source: string;
  readonly count: number;
}

/**
 * Lasting troubles: each is logged when it begins and when it ends, never in between, and counted every time. The key
 * says which trouble it is (`storage metrics_storage`); the source is the bounded name under which it is counted.
 */
export class Episodes {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #open = new Map<string, Episode>();
  readonly #counts = new Map<string, { code: string; source: string; count: number }>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Something went wrong (again). `doing` ends the log line: what is done instead, `keeping the last list`. */
  failed(key: string, error: WcaError, options: { readonly source: string; readonly doing: string }): void {
    this.#count(error.code, options.source);
    const known = this.#open.get(key);
    if (known !== undefined && known.error.code === error.code) {
      known.repeats += 1;
      return;
    }
    this.#open.set(key, { error, sinceMs: known?.sinceMs ?? this.#clock.monotonicMs(), repeats: 0 });
    const { code, subject, message, remedy } = error;
    this.#logger.warn({ code, subject, reason: message, remedy }, `trouble with ${key}, ${options.doing}`);
  }

  /** It works (again); logs the end when it was in trouble. */
  ended(key: string): void {
    const known = this.#open.get(key);
    if (known === undefined) return;
    this.#open.delete(key);
    const seconds = (this.#clock.monotonicMs() - known.sinceMs) / 1000;
    this.#logger.info({ seconds: Number(seconds.toFixed(1)), repeats: known.repeats }, `${key} works again`);
  }

  /** The troubles that last until now. */
  open(): readonly { readonly key: string; readonly error: WcaError }[] {
    return [...this.#open].map(([key, { error }]) => ({ key, error }));
  }

  counts(): readonly TroubleCount[] {
    return [...this.#counts.values()];
  }

  #count(code: string, source: string): void {
    const key = `${code} ${source}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { code, source, count: 1 });
    else known.count += 1;
  }
}
