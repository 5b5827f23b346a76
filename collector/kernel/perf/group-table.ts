import { readSync } from 'node:fs';
import type { WcaError } from '../../../shared/errors/wca-error.ts';
import { closeGroup, type GroupBuffer, type OpenedGroup } from './group.ts';
import { isGroupRead, malformedRead } from './read-format.ts';
import { advance, type Progress, progressWords, type Step } from './scale.ts';

/** Columns of the index: place of the group's CPU, its shape, where its memory begins. */
const columns = 3;
const placeColumn = 0;
const shapeColumn = 1;
const startColumn = 2;

/**
 * All groups of one cgroup, in two typed arrays: a thousand cgroups on 128 CPUs are 128 000 groups, and an object for
 * each takes ten times the memory. A group is a number from 0 to `size` - 1, good until groups are removed. CPUs are
 * known by places: small numbers that the owner hands out.
 */
export class GroupTable {
  readonly #buffer: GroupBuffer;
  readonly #step: Step;
  /** Lists of slots that groups have: nearly all CPUs have the same. */
  readonly #shapes: (readonly number[])[] = [];
  #index = new Uint32Array(0);
  #size = 0;
  /** Of each group: its descriptors, leader first, then `progressWords`. */
  #memory = new Uint32Array(0);
  #used = 0;
  #descriptors = 0;
  #malformed: WcaError | undefined;

  constructor(buffer: GroupBuffer) {
    this.#buffer = buffer;
    const none = new Uint32Array(0);
    this.#step = { words: buffer.words, memory: none, at: 0, totals: none, base: 0, slots: [], factor: 1 };
  }

  get size(): number {
    return this.#size;
  }

  get descriptors(): number {
    return this.#descriptors;
  }

  /** Enabled over running time of the last `read` that told `counted` or `scaled`. */
  get factor(): number {
    return this.#step.factor;
  }

  /** The first reading that was none of the events opened; KERNEL_FORMAT with what came. Made once. */
  get malformed(): WcaError | undefined {
    return this.#malformed;
  }

  /** Place of the CPU of a group. */
  placeOf(group: number): number {
    return this.#index[columns * group + placeColumn] ?? 0;
  }

  /** Slots of the events of a group. */
  slotsOf(group: number): readonly number[] {
    return this.#shapes[this.#index[columns * group + shapeColumn] ?? 0] ?? [];
  }

  /** Places that have groups. */
  places(): Set<number> {
    return new Set(Array.from({ length: this.#size }, (_, group) => this.placeOf(group)));
  }

  /** Takes over groups that were just opened; what they count from here on. `trim` when all are there. */
  add(place: number, groups: readonly OpenedGroup[]): void {
    for (const { fds, slots } of groups) {
      const words = fds.length + progressWords(fds.length);
      this.#index = grownTo(this.#index, columns * (this.#size + 1));
      this.#memory = grownTo(this.#memory, this.#used + words);
      this.#index.set([place, this.#shapeNumber(slots), this.#used], columns * this.#size);
      this.#memory.set(fds, this.#used);
      this.#size += 1;
      this.#used += words;
      this.#descriptors += fds.length;
    }
  }

  /** Gives back what was kept for growing. */
  trim(): void {
    if (this.#index.length > columns * this.#size) this.#index = this.#index.slice(0, columns * this.#size);
    if (this.#memory.length > this.#used) this.#memory = this.#memory.slice(0, this.#used);
  }

  /**
   * One read(2) of the leader; adds to `totals` from pair `base` on. What cannot be read or understood counts as
   * starved: nothing is known. No bytes at all means that the kernel gave the group up (perf_event_open(2)).
   */
  read(group: number, totals: Uint32Array, base: number): Progress {
    const start = this.#index[columns * group + startColumn] ?? 0;
    const slots = this.slotsOf(group);
    let bytes: number;
    try {
      bytes = readSync(this.#memory[start] ?? 0, this.#buffer.bytes, 0, this.#buffer.bytes.length, null);
    } catch {
      return 'starved';
    }
    if (!isGroupRead(this.#buffer.words, bytes, slots.length)) {
      if (bytes > 0) this.#malformed ??= malformedRead(this.#buffer.words, bytes, slots.length);
      return 'starved';
    }
    const step = this.#step;
    step.memory = this.#memory;
    step.at = start + slots.length;
    step.totals = totals;
    step.base = base;
    step.slots = slots;
    return advance(step);
  }

  /** Closes the groups of the CPUs at `places`; all of them when left out. Idempotent. */
  remove(places?: ReadonlySet<number>): void {
    let [size, used, descriptors] = [0, 0, 0];
    for (let group = 0; group < this.#size; group += 1) {
      const at = columns * group;
      const place = this.placeOf(group);
      const events = this.slotsOf(group).length;
      const start = this.#index[at + startColumn] ?? 0;
      if (places === undefined || places.has(place)) {
        closeGroup([...this.#memory.subarray(start, start + events)]);
        continue;
      }
      // Down to where the last one that stays ends.
      this.#memory.copyWithin(used, start, start + events + progressWords(events));
      this.#index.set([place, this.#index[at + shapeColumn] ?? 0, used], columns * size);
      size += 1;
      used += events + progressWords(events);
      descriptors += events;
    }
    this.#size = size;
    this.#used = used;
    this.#descriptors = descriptors;
    this.trim();
  }

  #shapeNumber(slots: readonly number[]): number {
    const known = this.#shapes.findIndex(
      (shape) => shape.length === slots.length && shape.every((slot, i) => slot === slots[i]),
    );
    return known >= 0 ? known : this.#shapes.push([...slots]) - 1;
  }
}

/** At least `length` words, those that were there first, zeros behind. Doubles, so that adding costs little. */
function grownTo(words: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  if (words.length >= length) return words;
  const grown = new Uint32Array(Math.max(length, 2 * words.length));
  grown.set(words);
  return grown;
}
