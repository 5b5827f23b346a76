/**
 * The sum of a counter that begins again at 0 now and then: with another monitoring group, with a domain that comes back
 * with its CPUs, when the hardware forgets. It never falls. Exact modulo 2^64, in 32-bit halves, without garbage.
 */
export class RunningTotal {
  #baseLow = 0;
  #baseHigh = 0;
  #lastLow = 0;
  #lastHigh = 0;

  /** The counter now. A smaller value than before: it began again. */
  update(low: number, high: number): void {
    if (high < this.#lastHigh || (high === this.#lastHigh && low < this.#lastLow)) this.restart();
    this.#lastLow = low;
    this.#lastHigh = high;
  }

  /** The counter is known to begin again. */
  restart(): void {
    const low = this.#baseLow + this.#lastLow;
    this.#baseHigh = (this.#baseHigh + this.#lastHigh + carryOf(low)) >>> 0;
    this.#baseLow = low >>> 0;
    this.#lastLow = 0;
    this.#lastHigh = 0;
  }

  /** It is another one's counter now. */
  forget(): void {
    this.#baseLow = 0;
    this.#baseHigh = 0;
    this.#lastLow = 0;
    this.#lastHigh = 0;
  }

  get low(): number {
    return (this.#baseLow + this.#lastLow) >>> 0;
  }

  get high(): number {
    return (this.#baseHigh + this.#lastHigh + carryOf(this.#baseLow + this.#lastLow)) >>> 0;
  }
}

/** An accumulator of 64-bit numbers in 32-bit halves; the difference of two. */
export class WordSum {
  low = 0;
  high = 0;

  clear(): void {
    this.low = 0;
    this.high = 0;
  }

  add(low: number, high: number): void {
    const sum = this.low + low;
    this.high = (this.high + high + carryOf(sum)) >>> 0;
    this.low = sum >>> 0;
  }

  /** Becomes a - b where that is more than it is now: a difference of two counters that are not read at one moment. */
  raiseToDifference(a: WordSum, b: WordSum): void {
    if (a.high < b.high || (a.high === b.high && a.low < b.low)) return;
    const low = (a.low - b.low) >>> 0;
    const high = a.high - b.high - (a.low < b.low ? 1 : 0);
    if (high < this.high || (high === this.high && low < this.low)) return;
    this.low = low;
    this.high = high;
  }
}

function carryOf(sum: number): number {
  return sum > 0xffff_ffff ? 1 : 0;
}
