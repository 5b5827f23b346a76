import type { Row } from './row.ts';

const two32 = 4_294_967_296;
const space = 0x20;
const tab = 0x09;
const newline = 0x0a;
const zero = 0x30;
/** Any number of so many digits is below 2^53. */
const safeDigits = 15;

/**
 * Reads unsigned decimals out of kernel text, exactly up to 2^64 - 1 and without garbage: the result stays in the
 * scanner until the next scan. One scanner serves any number of readers, one after the other.
 */
export class DecimalScanner {
  #low = 0;
  #high = 0;
  #end = 0;

  /** Low 32 bits of the last number. */
  get low(): number {
    return this.#low;
  }

  /** High 32 bits of the last number. */
  get high(): number {
    return this.#high;
  }

  /** Offset of the first byte after the last number. */
  get end(): number {
    return this.#end;
  }

  /** The last number as a double: exact below 2^53. */
  get value(): number {
    return this.#high * two32 + this.#low;
  }

  /**
   * Scans one number, blanks before it skipped, in `text` from offset `from` up to `limit` (exclusive). It must end at
   * a blank, a line's end or `limit`. False when there is no such number or it does not fit 64 bits.
   */
  scan(text: Uint8Array, from: number, limit: number): boolean {
    let at = from;
    while (at < limit && (text[at] === space || text[at] === tab)) at++;
    const start = at;
    const safeEnd = Math.min(limit, start + safeDigits);
    let value = 0;
    for (; at < safeEnd; at++) {
      const digit = (text[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === start) return false;
    this.#low = value >>> 0;
    this.#high = Math.floor(value / two32);
    if (at === safeEnd) at = this.#scanRest(text, at, limit);
    this.#end = at;
    return at === limit || isBlank(text[at]);
  }

  /** The digits after the first fifteen, in 32-bit halves. Stops in front of a digit that would overflow. */
  #scanRest(text: Uint8Array, from: number, limit: number): number {
    for (let at = from; at < limit; at++) {
      const digit = (text[at] ?? 0) - zero;
      if (digit < 0 || digit > 9) return at;
      const low = this.#low * 10 + digit;
      const high = this.#high * 10 + Math.floor(low / two32);
      if (high >= two32) return at;
      this.#low = low >>> 0;
      this.#high = high;
    }
    return limit;
  }

  /** Scans one number into slot `slot` of a row; a text that is no number leaves the slot absent and answers false. */
  scanInto(text: Uint8Array, from: number, limit: number, row: Row, slot: number): boolean {
    if (this.scan(text, from, limit)) {
      row.setWords(slot, this.#low, this.#high);
      return true;
    }
    row.clear(slot, 1);
    return false;
  }
}

/** Offset just after the next line's end at or after `from`; `limit` when there is none. */
export function nextLine(text: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit && text[at] !== newline) at++;
  return at < limit ? at + 1 : limit;
}

function isBlank(byte: number | undefined): boolean {
  return byte === newline || byte === space || byte === tab;
}
