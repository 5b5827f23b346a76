import { limits } from '../../../shared/rpc/limits.ts';
import type { Row } from '../row.ts';
import { GroupBuffer } from './group.ts';
import type { GroupTable } from './group-table.ts';

/** What is known of an event at one place since `begin`. */
const silent = 0;
const told = 1;
const counted = 2;
const starved = 4;

/** Of a place: weighted sum of the factors, sum of the weights, largest factor. */
const factorWords = 3;

/** Totals of a list of events at some places: CPUs, or one place for all of them. They never fall. */
export class CounterTotals {
  readonly #events: number;
  #places = 0;
  /** Word pairs, the events of one place side by side. */
  #totals = new Uint32Array(0);
  #marks = new Uint8Array(0);
  #factors = new Float64Array(0);

  constructor(events: number, places: number) {
    this.#events = events;
    this.reserve(places);
  }

  /** Makes room for so many places. */
  reserve(places: number): void {
    if (places <= this.#places) return;
    this.#places = places;
    const totals = new Uint32Array(2 * this.#events * places);
    totals.set(this.#totals);
    this.#totals = totals;
    this.#marks = new Uint8Array(this.#events * places);
    this.#factors = new Float64Array(factorWords * places);
  }

  /** Before the groups of a reading. */
  begin(): void {
    this.#marks.fill(silent);
    this.#factors.fill(0);
  }

  /** Reads a group into the totals of a place. */
  read(groups: GroupTable, group: number, place: number): void {
    const base = place * this.#events;
    const slots = groups.slotsOf(group);
    const progress = groups.read(group, this.#totals, base);
    const tells = progress === 'counted' || progress === 'scaled';
    const mark = progress === 'starved' ? starved : tells ? told | counted : told;
    for (const slot of slots) this.#marks[base + slot] = (this.#marks[base + slot] ?? 0) | mark;
    if (!tells) return;
    const at = factorWords * place;
    // Weighted by events, as the original's mean over events and CPUs.
    this.#factors[at] = (this.#factors[at] ?? 0) + groups.factor * slots.length;
    this.#factors[at + 1] = (this.#factors[at + 1] ?? 0) + slots.length;
    this.#factors[at + 2] = Math.max(this.#factors[at + 2] ?? 0, groups.factor);
  }

  /**
   * Writes columns as `perfColumns` lists them, one of `places` a label. A place that is undefined was never counted.
   * An event is absent where nothing is known: the cgroup ran, and wherever it ran the event got no counter; or the
   * event is not counted at all. A cgroup that did not run keeps its total.
   */
  writeInto(row: Row, at: number, places: readonly (number | undefined)[]): void {
    const factors = at + this.#events * places.length;
    for (let i = 0; i < places.length; i += 1) {
      const place = places[i];
      for (let event = 0; event < this.#events; event += 1) {
        this.#writeCount(row, at + event * places.length + i, place === undefined ? -1 : place * this.#events + event);
      }
      const isTold = place !== undefined && this.#anyTold(place);
      writeDouble(row, factors + i, isTold ? this.#mean(place) : undefined);
      writeDouble(row, factors + places.length + i, isTold ? this.#largest(place) : undefined);
    }
  }

  #writeCount(row: Row, slot: number, at: number): void {
    const mark = this.#marks[at] ?? silent;
    const isKnown = (mark & told) !== 0 && ((mark & starved) === 0 || (mark & counted) !== 0);
    if (isKnown) row.setWords(slot, this.#totals[2 * at] ?? 0, this.#totals[2 * at + 1] ?? 0);
    else row.clear(slot, 1);
  }

  /** Mean factor of multiplexing since the last reading; 1 when nothing ran. */
  #mean(place: number): number {
    const weight = this.#factors[factorWords * place + 1] ?? 0;
    return weight > 0 ? (this.#factors[factorWords * place] ?? 0) / weight : 1;
  }

  #largest(place: number): number {
    return Math.max(1, this.#factors[factorWords * place + 2] ?? 1);
  }

  #anyTold(place: number): boolean {
    const base = place * this.#events;
    for (let i = 0; i < this.#events; i += 1) if (((this.#marks[base + i] ?? 0) & told) !== 0) return true;
    return false;
  }
}

function writeDouble(row: Row, slot: number, value: number | undefined): void {
  if (value === undefined) row.clear(slot, 1);
  else row.setDouble(slot, value);
}

/** One buffer for all groups of a process. */
export function makeGroupBuffer(): GroupBuffer {
  return new GroupBuffer(limits.maxEvents);
}
