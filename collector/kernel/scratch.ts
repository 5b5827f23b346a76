import { DecimalScanner } from './decimal.ts';

const firstBytes = 16 * 1024;
/** memory.numa_stat of 1024 nodes is below this; nothing in a kernel file that WCA reads is longer. */
const maxBytes = 4 * 1024 * 1024;

/**
 * What a reader of kernel files needs for the duration of one reading: the text and a scanner. Nothing in it survives
 * the call, so all readers of the process share one.
 */
export class Scratch {
  readonly decimal = new DecimalScanner();
  #bytes: Buffer = Buffer.allocUnsafe(firstBytes);
  /** Bytes of text in `bytes`. */
  length = 0;

  /** The text's memory; another one after `grow`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Doubles the memory, keeping what is in it. False when the bound is reached. */
  grow(): boolean {
    if (this.#bytes.length >= maxBytes) return false;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.copy(larger);
    this.#bytes = larger;
    return true;
  }

  /** The text as a string: for start-up and errors, not for the hot path. Kernel files are ASCII; names may be UTF-8. */
  text(): string {
    return this.#bytes.toString('utf8', 0, this.length);
  }
}
