import type { Logger } from '../../shared/log/logger.ts';

/** Tells how many descriptors measuring takes, before any is opened. */
export class DescriptorNeed {
  readonly #limit: number;
  readonly #logger: Logger;
  #told = 0;
  #isShort = false;

  /** `limit` is RLIMIT_NOFILE in force. */
  constructor(limit: number, logger: Logger) {
    this.#limit = limit;
    this.#logger = logger;
  }

  /** Logged when the need has doubled since it was last told, and once when it passes the limit. */
  tell(facts: { readonly peer: string; readonly targets: number; readonly needed: number }): void {
    const { needed } = facts;
    const isShort = needed > this.#limit;
    const line = { ...facts, limit: this.#limit };
    if (isShort && !this.#isShort) {
      const measure = 'files are opened for each reading, then events are left out (raise LimitNOFILE=)';
      this.#logger.warn(line, `more descriptors needed than allowed: ${measure}`);
    } else if (!isShort && needed >= 2 * this.#told) {
      this.#told = needed;
      this.#logger.info(line, 'descriptors needed');
    }
    this.#isShort = isShort;
  }
}
