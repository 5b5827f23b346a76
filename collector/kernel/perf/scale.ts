import { enabledWord, runningWord, valueWord } from './read-format.ts';

const two32 = 4_294_967_296;

/**
 * What happened to a group since the last reading:
 * - `idle`: the cgroup did not run there; its counts stand;
 * - `counted`: counted all the time, exact;
 * - `scaled`: other events took turns (multiplexing); the counts are estimates;
 * - `starved`: the cgroup ran and the group never got a counter: nothing is known;
 * - `reset`: the counts fell, which a group that lives never does; they are taken up anew.
 */
export type Progress = 'idle' | 'counted' | 'scaled' | 'starved' | 'reset';

/** Where a group stood at the last reading that told something. */
export class GroupProgress {
  /** The words of that reading, in the layout of read-format.ts. */
  readonly previous: Uint32Array;
  /** Enabled time over running time since then: 1 when nothing was estimated. Valid for `counted` and `scaled`. */
  factor = 1;
  readonly #events: number;

  constructor(events: number) {
    this.#events = events;
    this.previous = new Uint32Array(valueWord(events));
  }

  /**
   * Takes a reading and adds what was counted since the last one to `totals` (word pairs), at `slots[i]` for event i.
   * Scaling the difference and not the whole keeps counters from falling when the share of time changes; the first
   * reading gives the same as scaling the whole (spec measurements §3.9). A starved interval is not taken up: the next
   * reading that tells something extrapolates over it.
   */
  advance(words: Uint32Array, totals: Uint32Array, slots: readonly number[]): Progress {
    const enabledNs = difference(words, this.previous, enabledWord);
    const runningNs = difference(words, this.previous, runningWord);
    if (enabledNs < 0 || runningNs < 0 || this.#fell(words)) {
      this.previous.set(words.subarray(0, this.previous.length));
      return 'reset';
    }
    if (enabledNs === 0) return 'idle';
    if (runningNs === 0) return 'starved';
    const exact = enabledNs <= runningNs;
    this.factor = exact ? 1 : enabledNs / runningNs;
    for (let i = 0; i < this.#events; i += 1) {
      const delta = difference(words, this.previous, valueWord(i));
      addTo(totals, slots[i] ?? 0, exact ? delta : scale(delta, enabledNs, runningNs));
    }
    this.previous.set(words.subarray(0, this.previous.length));
    return exact ? 'counted' : 'scaled';
  }

  #fell(words: Uint32Array): boolean {
    for (let i = 0; i < this.#events; i += 1) if (difference(words, this.previous, valueWord(i)) < 0) return true;
    return false;
  }
}

/** Count times enabled over running, rounded; exact while the product fits a double, to 1e-15 beyond. */
export function scale(count: number, enabledNs: number, runningNs: number): number {
  const product = count * enabledNs;
  return Math.round(product <= Number.MAX_SAFE_INTEGER ? product / runningNs : count * (enabledNs / runningNs));
}

/** a - b of the 64-bit words at 32-bit offset `at`; exact while it is below 2^53. */
function difference(a: Uint32Array, b: Uint32Array, at: number): number {
  return ((a[at + 1] ?? 0) - (b[at + 1] ?? 0)) * two32 + ((a[at] ?? 0) - (b[at] ?? 0));
}

/** Adds a non-negative integer below 2^53 to the word pair `slot`; wraps at 2^64 as the kernel's counters do. */
export function addTo(totals: Uint32Array, slot: number, value: number): void {
  const low = (totals[2 * slot] ?? 0) + (value >>> 0);
  const high = (totals[2 * slot + 1] ?? 0) + Math.floor(value / two32) + (low >= two32 ? 1 : 0);
  totals[2 * slot] = low >>> 0;
  totals[2 * slot + 1] = high >>> 0;
}
