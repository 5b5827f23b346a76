import { limits } from '../../../shared/rpc/limits.ts';
import type { Row } from '../row.ts';
import { GroupBuffer, type PerfGroup } from './group.ts';

/** Totals of a list of events over some groups: those of one CPU, or of all. Never fall. */
export class CounterTotals {
  /** Word pairs, one an event. */
  readonly #totals: Uint32Array;
  /** What the groups said since `begin`. */
  readonly #told: Uint8Array;
  readonly #starved: Uint8Array;
  #factorSum = 0;
  #factorWeight = 0;
  #factorMax = 0;

  constructor(events: number) {
    this.#totals = new Uint32Array(2 * events);
    this.#told = new Uint8Array(events);
    this.#starved = new Uint8Array(events);
  }

  /** Before the groups of a reading. */
  begin(): void {
    this.#told.fill(0);
    this.#starved.fill(0);
    this.#factorSum = 0;
    this.#factorWeight = 0;
    this.#factorMax = 0;
  }

  read(group: PerfGroup, buffer: GroupBuffer): void {
    const progress = group.read(buffer, this.#totals);
    const marks = progress === 'starved' ? this.#starved : this.#told;
    for (const slot of group.slots) marks[slot] = 1;
    if (progress !== 'counted' && progress !== 'scaled') return;
    // Weighted by events, as the original's mean over events and CPUs.
    this.#factorSum += group.factor * group.slots.length;
    this.#factorWeight += group.slots.length;
    this.#factorMax = Math.max(this.#factorMax, group.factor);
    for (const slot of group.slots) marks[slot] = 2;
  }

  /**
   * Total of event `i` into a slot of a row. Absent when nothing is known: the cgroup ran, and wherever it ran the
   * event got no counter; or the event is not counted at all. A cgroup that did not run keeps its total.
   */
  writeCount(i: number, row: Row, slot: number): void {
    const told = this.#told[i] ?? 0;
    const unknown = told === 0 || (this.#starved[i] === 1 && told !== 2);
    if (unknown) row.clear(slot, 1);
    else row.setWords(slot, this.#totals[2 * i] ?? 0, this.#totals[2 * i + 1] ?? 0);
  }

  /** Mean and largest factor of multiplexing since the last reading; 1 when nothing ran, absent without any event. */
  writeFactors(row: Row, averageSlot: number, maxSlot: number): void {
    if (this.#told.every((told) => told === 0)) {
      row.clear(averageSlot, 1);
      row.clear(maxSlot, 1);
      return;
    }
    const ran = this.#factorWeight > 0;
    row.setDouble(averageSlot, ran ? this.#factorSum / this.#factorWeight : 1);
    row.setDouble(maxSlot, ran ? this.#factorMax : 1);
  }
}

/** One buffer for all groups of a process. */
export function makeGroupBuffer(): GroupBuffer {
  return new GroupBuffer(limits.maxEvents);
}
