import { LineFinder } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';

/** Chosen counters of /proc/vmstat, `pgfault 2448458`, one slot a key. A kernel without NUMA balancing lacks some. */
export class VmstatDecoder {
  readonly #finders: readonly LineFinder[];

  /** @param keys exact names. */
  constructor(keys: readonly string[]) {
    this.#finders = keys.map((key) => new LineFinder(`${key} `));
  }

  /** A missing key is absent; a broken value too, with the answer false. */
  decode({ bytes, length, decimal }: Scratch, row: Row, at: number): boolean {
    let whole = true;
    for (let i = 0; i < this.#finders.length; i++) {
      const value = this.#finders[i]?.find(bytes, length);
      if (value === undefined) row.clear(at + i, 1);
      else if (!decimal.scanInto(bytes, value, length, row, at + i)) whole = false;
    }
    return whole;
  }
}
