import type { Logger } from 'pino';

/** Tells what a discovery leaves out, each trouble once as long as it lasts. */
export class LeftOut {
  readonly #logger: Logger;
  #told: ReadonlySet<string> = new Set();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** All troubles of this moment. */
  tell(troubles: readonly string[]): void {
    for (const trouble of new Set(troubles)) {
      if (!this.#told.has(trouble)) this.#logger.warn(`left out: ${trouble}`);
    }
    this.#told = new Set(troubles);
  }
}
