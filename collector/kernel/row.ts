/**
 * The values of one target (or of the platform) at one moment: one 64-bit slot a column. Written in place on every
 * tick; `words` and `doubles` view the same memory, so that a column is copied into a message without looking at it.
 */
export class Row {
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  /** 1 where the slot holds a value. */
  readonly present: Uint8Array;

  constructor(width: number) {
    const memory = new ArrayBuffer(width * 8);
    this.words = new Uint32Array(memory);
    this.doubles = new Float64Array(memory);
    this.present = new Uint8Array(width);
  }

  get width(): number {
    return this.present.length;
  }

  /** A 64-bit unsigned integer in two 32-bit halves; exact. */
  setWords(i: number, low: number, high: number): void {
    this.words[2 * i] = low;
    this.words[2 * i + 1] = high;
    this.present[i] = 1;
  }

  /** A non-negative integer below 2^53 into a `u64` column. */
  setInteger(i: number, value: number): void {
    this.words[2 * i] = value >>> 0;
    this.words[2 * i + 1] = Math.floor(value / 4_294_967_296);
    this.present[i] = 1;
  }

  setDouble(i: number, value: number): void {
    this.doubles[i] = value;
    this.present[i] = 1;
  }

  /** Marks columns `from`..`from + count - 1` as having no value. */
  clear(from: number, count: number): void {
    this.present.fill(0, from, from + count);
    this.words.fill(0, 2 * from, 2 * (from + count));
  }
}
