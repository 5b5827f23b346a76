/** A text lent to somebody who sends it. */
export interface LentText {
  readonly body: Buffer;
  /** It is sent, or never will be. Safe to call twice. */
  done(): void;
}

interface Entry {
  readonly body: Promise<Buffer>;
  readonly recycle: boolean;
  made: Buffer | undefined;
  users: number;
  stale: boolean;
}

/**
 * The texts of one batch, each made when it is first asked for. Texts of large hosts have megabytes, and new memory for
 * each one makes the garbage collector work more than the formatting does: so the memory of an old text is used again
 * as soon as nobody sends it any more.
 */
export class TextCache {
  #entries = new Map<string, Entry>();
  #spare: Buffer | undefined;

  /** A new batch: what was made so far is old. */
  clear(): void {
    for (const entry of this.#entries.values()) {
      entry.stale = true;
      this.#reclaim(entry);
    }
    this.#entries = new Map();
  }

  /** Lends a text whose memory may be used again later; `make` gets memory that nobody else uses, if there is some. */
  lendRecycled(key: string, make: (memory: Buffer | undefined) => Buffer): Promise<LentText> {
    return this.#lend(key, true, async () => {
      const memory = this.#spare;
      this.#spare = undefined;
      return make(memory);
    });
  }

  /** Lends a text whose memory is its own. */
  lend(key: string, make: () => Promise<Buffer>): Promise<LentText> {
    return this.#lend(key, false, make);
  }

  async #lend(key: string, recycle: boolean, make: () => Promise<Buffer>): Promise<LentText> {
    const entry = this.#entries.get(key) ?? { body: make(), recycle, made: undefined, users: 0, stale: false };
    this.#entries.set(key, entry);
    entry.users += 1;
    let lent = true;
    const done = (): void => {
      if (!lent) return;
      lent = false;
      entry.users -= 1;
      this.#reclaim(entry);
    };
    try {
      const body = await entry.body;
      entry.made = body;
      return { body, done };
    } catch (thrown) {
      done();
      throw thrown;
    }
  }

  #reclaim({ recycle, stale, users, made }: Entry): void {
    if (recycle && stale && users === 0 && made !== undefined) this.#spare = Buffer.from(made.buffer);
  }
}
