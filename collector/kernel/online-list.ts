import { formatIdList, tryParseIdList } from '../../shared/kernel-text/list-format.ts';
import { KernelFile } from './kernel-file.ts';
import type { Scratch } from './scratch.ts';

/** A file with a list of online ids (`0-3,6`), kept open, that is compared with what it was. */
export class OnlineList {
  readonly #file: KernelFile;
  readonly #expected: string;
  #last: Buffer | undefined;

  /** @param expected the ids that are no change at the first look. */
  constructor(path: string, expected: readonly number[]) {
    this.#file = new KernelFile({ path, subject: path, keepOpen: true });
    this.#expected = formatIdList(expected);
  }

  /** A list that cannot be read (a kernel without NUMA) has not changed. */
  hasChanged(scratch: Scratch): boolean {
    if (this.#file.read(scratch) !== 'read') return false;
    const { bytes, length } = scratch;
    if (this.#last !== undefined && bytes.compare(this.#last, 0, this.#last.length, 0, length) === 0) return false;
    const isFirst = this.#last === undefined;
    this.#last = Buffer.from(bytes.subarray(0, length));
    return !isFirst || formatIdList(tryParseIdList(scratch.text()) ?? []) !== this.#expected;
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }
}
