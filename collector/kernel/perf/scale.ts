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

/** Words that are kept of a reading of so many events: the two times and the values, without ids. */
export function progressWords(events: number): number {
  return 4 + 2 * events;
}

/** What `advance` works on. One object is used again for every group. */
export interface Step {
  /** The reading, in the layout of read-format.ts. */
  words: Uint32Array;
  /** Holds from `at` on the `progressWords` of the last reading that told something; 0 before the first one. */
  memory: Uint32Array;
  at: number;
  /** Word pairs; event i of the group is added to the one at `base + slots[i]`. */
  totals: Uint32Array;
  base: number;
  slots: readonly number[];
  /** Enabled over running time of this interval: 1 when nothing was estimated. Valid after `counted` and `scaled`. */
  factor: number;
}

/**
 * Takes a reading and adds what was counted since the last one to the totals. Scaling the difference and not the whole
 * keeps counters from falling when the share of time changes; the first reading gives the same as scaling the whole
 * (spec measurements §3.9). A starved interval is not taken up: the next reading that tells something extrapolates
 * over it.
 */
export function advance(step: Step): Progress {
  const enabledNs = grown(step, enabledWord, 0);
  const runningNs = grown(step, runningWord, 2);
  if (enabledNs < 0 || runningNs < 0 || fell(step)) {
    keep(step);
    return 'reset';
  }
  if (enabledNs === 0) return 'idle';
  if (runningNs === 0) return 'starved';
  const exact = enabledNs <= runningNs;
  step.factor = exact ? 1 : enabledNs / runningNs;
  const { totals, base, slots } = step;
  for (let i = 0; i < slots.length; i += 1) {
    const delta = grown(step, valueWord(i), 4 + 2 * i);
    addTo(totals, base + (slots[i] ?? 0), exact ? delta : scale(delta, enabledNs, runningNs));
  }
  keep(step);
  return exact ? 'counted' : 'scaled';
}

function fell(step: Step): boolean {
  for (let i = 0; i < step.slots.length; i += 1) if (grown(step, valueWord(i), 4 + 2 * i) < 0) return true;
  return false;
}

/** Growth of the 64-bit word at `from` of the reading, kept at `place`; exact while it is below 2^53. */
function grown({ words, memory, at }: Step, from: number, place: number): number {
  const high = (words[from + 1] ?? 0) - (memory[at + place + 1] ?? 0);
  return high * two32 + ((words[from] ?? 0) - (memory[at + place] ?? 0));
}

function keep(step: Step): void {
  copy(step, enabledWord, 0);
  copy(step, runningWord, 2);
  for (let i = 0; i < step.slots.length; i += 1) copy(step, valueWord(i), 4 + 2 * i);
}

function copy({ words, memory, at }: Step, from: number, place: number): void {
  memory[at + place] = words[from] ?? 0;
  memory[at + place + 1] = words[from + 1] ?? 0;
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
