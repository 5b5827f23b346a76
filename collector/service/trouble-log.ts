import { WcaError } from '../../shared/errors/wca-error.ts';
import type { TroubleCount } from '../../shared/log/episodes.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { limits } from '../../shared/rpc/limits.ts';

/** What went wrong and was survived: counted, the newest kept, bugs logged. */
export class TroubleLog {
  readonly #logger: Logger;
  readonly #counts = new Map<string, { code: string; source: string; count: number }>();
  #recent: readonly WcaError[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Newest last. */
  get recent(): readonly WcaError[] {
    return this.#recent;
  }

  counts(): readonly TroubleCount[] {
    return [...this.#counts.values()];
  }

  /** `source` is one of a fixed set of names: an rpc, a step. */
  count(error: WcaError, source: string): void {
    const key = `${error.code} ${source}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { code: error.code, source, count: 1 });
    else known.count += 1;
    this.#recent = [...this.#recent.slice(1 - limits.maxRecentErrors), error];
  }

  /** Something threw that should not: the details go to the log only. */
  bug(thrown: unknown, { source, incident }: { readonly source: string; readonly incident: string }): void {
    const message = `incident ${incident}, see the log`;
    this.count(new WcaError('INTERNAL', { subject: source, message, cause: thrown }), source);
    this.#logger.error({ err: thrown, incident, source }, 'internal error');
  }
}
