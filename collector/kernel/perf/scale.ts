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

/** Words that GroupProgress keeps of a reading of so many events: the two times and the values, without ids. */
export function progressWords(events: number): number {
  return 4 + 2 * events;
}

/** Where a group stood at the last reading that told something. */
export class GroupProgress {
  /** Enabled time over running time since then: 1 when nothing was estimated. Valid for `counted` and `scaled`. */
  factor = 1;
  readonly #events: number;
  readonly #memory: Uint32Array;
  readonly #at: number;

  /** `memory` holds `progressWords(events)` words from `at` on for it: those of many groups lie side by side. */
  constructor(events: number, memory: Uint32Array = new Uint32Array(progressWords(events)), at = 0) {
    this.#events = events;
    this.#memory = memory;
    this.#at = at;
  }

  /**
   * Takes a reading and adds what was counted since the last one to `totals` (word pairs), at `slots[i]` for event i.
   * Scaling the difference and not the whole keeps counters from falling when the share of time changes; the first
   * reading gives the same as scaling the whole (spec measurements §3.9). A starved interval is not taken up: the next
   * reading that tells something extrapolates over it.
   */
  advance(words: Uint32Array, totals: Uint32Array, slots: readonly number[]): Progress {
    const enabledNs = this.#grown(words, enabledWord, 0);
    const runningNs = this.#grown(words, runningWord, 2);
    if (enabledNs < 0 || runningNs < 0 || this.#fell(words)) {
      this.#keep(words);
      return 'reset';
    }
    if (enabledNs === 0) return 'idle';
    if (runningNs === 0) return 'starved';
    const exact = enabledNs <= runningNs;
    this.factor = exact ? 1 : enabledNs / runningNs;
    for (let i = 0; i < this.#events; i += 1) {
      const delta = this.#grown(words, valueWord(i), 4 + 2 * i);
      addTo(totals, slots[i] ?? 0, exact ? delta : scale(delta, enabledNs, runningNs));
    }
    this.#keep(words);
    return exact ? 'counted' : 'scaled';
  }

  #fell(words: Uint32Array): boolean {
    for (let i = 0; i < this.#events; i += 1) if (this.#grown(words, valueWord(i), 4 + 2 * i) < 0) return true;
    return false;
  }

  /** Growth of the 64-bit word at `from` of a reading, kept at `place`; exact while it is below 2^53. */
  #grown(words: Uint32Array, from: number, place: number): number {
    const at = this.#at + place;
    const high = (words[from + 1] ?? 0) - (this.#memory[at + 1] ?? 0);
    return high * two32 + ((words[from] ?? 0) - (this.#memory[at] ?? 0));
  }

  #keep(words: Uint32Array): void {
    this.#copy(words, enabledWord, 0);
    this.#copy(words, runningWord, 2);
    for (let i = 0; i < this.#events; i += 1) this.#copy(words, valueWord(i), 4 + 2 * i);
  }

  #copy(words: Uint32Array, from: number, place: number): void {
    const at = this.#at + place;
    this.#memory[at] = words[from] ?? 0;
    this.#memory[at + 1] = words[from + 1] ?? 0;
  }
}

/** Count times enabled over running, rounded; exact while the product fits a double, to 1e-15 beyond. */
export function scale(count: number, enabledNs: number, runningNs: number): number {
  const product = count * enabledNs;
  return Math.round(product <= Number.MAX_SAFE_INTEGER ? product / runningNs : count * (enabledNs / runningNs));
}

/** Adds a non-negative integer below 2^53 to the word pair `slot`; wraps at 2^64 as the kernel's counters do. */
export function addTo(totals: Uint32Array, slot: number, value: number): void {
  const low = (totals[2 * slot] ?? 0) + (value >>> 0);
  const high = (totals[2 * slot + 1] ?? 0) + Math.floor(value / two32) + (low >= two32 ? 1 : 0);
  totals[2 * slot] = low >>> 0;
  totals[2 * slot + 1] = high >>> 0;
}
