import { LineFinder } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';

/**
 * Turns the text of one cgroup file into values of a row, from slot `at` on, without garbage. A value that the text
 * does not have becomes absent; a value that is there and broken becomes absent too and makes the answer false.
 * One decoder serves one file of one cgroup: it may remember places.
 */
export interface FileDecoder {
  decode(scratch: Scratch, row: Row, at: number): boolean;
}

/** What the kernel prints on v1 for "no limit": 2^63 - 1 rounded down to a page of 4096 bytes. */
export const unlimitedBytes = 9_223_372_036_854_771_712n;
const unlimitedLow = Number(unlimitedBytes & 0xffff_ffffn);
const unlimitedHigh = Number(unlimitedBytes >> 32n);

/** A file of one number: `402653184\n`. */
export const numberDecoder: FileDecoder = {
  decode: ({ bytes, length, decimal }, row, at) => decimal.scanInto(bytes, 0, length, row, at),
};

/**
 * A limit: a number, or `max\n` on v2, told as on v1 (`unlimitedBytes`). v1 prints the number of its own page size;
 * values that large are told as this one, so that "unlimited" is one number on all hosts.
 */
export const limitDecoder: FileDecoder = {
  decode({ bytes, length, decimal }, row, at) {
    const isMax = length >= 3 && bytes[0] === 0x6d && bytes[1] === 0x61 && bytes[2] === 0x78;
    if (!isMax && !decimal.scanInto(bytes, 0, length, row, at)) return false;
    // From 2^63 - 2^20 on: LONG_MAX less any page size in use.
    if (isMax || decimal.high > 0x7fff_ffff || (decimal.high === 0x7fff_ffff && decimal.low >= 0xfff0_0000)) {
      row.setWords(at, unlimitedLow, unlimitedHigh);
    }
    return true;
  },
};

/** Chosen keys of a file of `key value` lines (memory.stat, cpu.stat): one slot a key. */
export class KeyedDecoder implements FileDecoder {
  readonly #finders: readonly LineFinder[];

  constructor(keys: readonly string[]) {
    this.#finders = keys.map((key) => new LineFinder(`${key} `));
  }

  decode(scratch: Scratch, row: Row, at: number): boolean {
    const { bytes, length, decimal } = scratch;
    let whole = true;
    for (let i = 0; i < this.#finders.length; i++) {
      const value = this.#finders[i]?.find(bytes, length);
      if (value === undefined) row.clear(at + i, 1);
      else if (!decimal.scanInto(bytes, value, length, row, at + i)) whole = false;
    }
    return whole;
  }
}
