import type { Column } from '../../../../shared/rpc/watch-messages.ts';
import type { FdBudget } from '../../fd-budget.ts';
import type { Libc } from '../../libc.ts';
import { Row } from '../../row.ts';
import { CounterTotals } from '../counter-totals.ts';
import { closeGroup, type GroupBuffer, type GroupPlace, type OpenedGroup, openGroups, type Refusal } from '../group.ts';
import { GroupTable } from '../group-table.ts';
import type { PerfEvent } from '../perf-event.ts';
import type { UncorePmu } from './pmus.ts';
import type { UncoreCounter } from './resolve.ts';

const two32 = 4_294_967_296;

interface PmuCountersOptions {
  readonly libc: Libc;
  /** For the largest group; shared. */
  readonly buffer: GroupBuffer;
  readonly budget: FdBudget;
  readonly pmu: UncorePmu;
  /** What is counted on PMUs of this kind. */
  readonly counters: readonly UncoreCounter[];
}

/** A CPU that stands for a part of a PMU, and the socket it is in. */
export interface PmuPlace {
  readonly cpu: number;
  readonly socket: number;
}

/** An event that the kernel refused on one CPU. */
export interface PlaceRefusal extends Refusal {
  readonly pmu: string;
  readonly cpu: number;
}

/** Where the events of a PMU are opened: for all who use it. The kernel checks that a group fits. */
export function wholePmu(libc: Libc, cpu: number): GroupPlace {
  return { libc, cpu, directoryFd: undefined, pmu: undefined, counters: undefined };
}

/** A metric and the places of its events. */
interface Metric {
  readonly name: string;
  readonly slots: readonly number[];
}

/** A socket's part of the PMU. */
interface Part {
  readonly socket: number;
  readonly labels: Column['labels'];
  /** Its place in the totals, alone in a list. */
  readonly places: readonly [number];
}

/**
 * The counters of one PMU, by socket; several dies or L3 caches of a socket are added. Totals last as long as this
 * does and never fall.
 */
export class PmuCounters {
  readonly pmu: UncorePmu;
  readonly #options: PmuCountersOptions;
  readonly #events: readonly PerfEvent[];
  /** Places of the events of each list. */
  readonly #lists: readonly (readonly number[])[];
  readonly #metrics: readonly Metric[];
  readonly #groups: GroupTable;
  readonly #totals: CounterTotals;
  /** CPUs that were ever opened: their place here is their place in the groups. */
  readonly #known: { readonly cpu: number; readonly part: Part }[] = [];
  /** By place in the totals. */
  readonly #parts: Part[] = [];
  /** Parts with open groups, ascending by socket. */
  #shown: readonly Part[] = [];
  #isSplit = false;
  /** The events of a part, then its factors. */
  readonly #raw: Row;
  #columns: readonly Column[] = [];

  constructor(options: PmuCountersOptions) {
    this.#options = options;
    this.pmu = options.pmu;
    const events: PerfEvent[] = [];
    const lists = new Map<number, number[]>();
    this.#metrics = options.counters.map(({ metric: name, list, events: words }) => {
      const slots = words.map(({ config, config1 }) => {
        return events.push({ name, type: options.pmu.type, config, config1, software: false, divisor: 1 }) - 1;
      });
      lists.set(list, [...(lists.get(list) ?? []), ...slots]);
      return { name, slots };
    });
    this.#events = events;
    this.#lists = [...lists.values()];
    this.#groups = new GroupTable(options.buffer);
    this.#totals = new CounterTotals(events.length, 1);
    this.#raw = new Row(events.length + 2);
  }

  /** For each socket the metrics, then the scaling factor. Another array after a `follow` that changed it. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** Whether the kernel could not count a list together: its events take turns. */
  get isSplit(): boolean {
    return this.#isSplit;
  }

  /**
   * Counts on these CPUs: groups of others are read a last time and closed, totals go on. A CPU with a refused event is
   * left out and told, and tried again the next time.
   */
  follow(places: readonly PmuPlace[]): readonly PlaceRefusal[] {
    this.#retire(new Set(this.#known.flatMap(({ cpu }, at) => (places.some((p) => p.cpu === cpu) ? [] : [at]))));
    const open = this.#groups.places();
    const refusals: PlaceRefusal[] = [];
    for (const place of places) {
      const at = this.#placeOf(place);
      if (open.has(at)) continue;
      const refusal = this.#open(at, place.cpu);
      if (refusal !== undefined) refusals.push({ ...refusal, pmu: this.pmu.name, cpu: place.cpu });
    }
    this.#groups.trim();
    this.#plan();
    return refusals;
  }

  #open(at: number, cpu: number): Refusal | undefined {
    const { libc, budget } = this.#options;
    const [first] = this.#events;
    if (first !== undefined && budget.available < this.#events.length) return { event: first, errno: 'EMFILE' };
    const groups: OpenedGroup[] = [];
    for (const slots of this.#lists) {
      const opened = openGroups(wholePmu(libc, cpu), this.#events, slots);
      if (!Array.isArray(opened)) {
        for (const { fds } of groups) closeGroup(fds);
        return opened;
      }
      groups.push(...opened);
    }
    if (groups.length > this.#lists.length) this.#isSplit = true;
    this.#groups.add(at, groups);
    budget.take(this.#events.length);
    return undefined;
  }

  #placeOf({ cpu, socket }: PmuPlace): number {
    const known = this.#known.findIndex((other) => other.cpu === cpu && other.part.socket === socket);
    return known >= 0 ? known : this.#known.push({ cpu, part: this.#partOf(socket) }) - 1;
  }

  #partOf(socket: number): Part {
    const known = this.#parts.find((part) => part.socket === socket);
    if (known !== undefined) return known;
    const labels = { socket: `${socket}`, pmu_type: `${this.pmu.type}` };
    const part: Part = { socket, labels, places: [this.#parts.length] };
    this.#parts.push(part);
    this.#totals.reserve(this.#parts.length);
    return part;
  }

  /** Takes what the groups of these places have and closes them. */
  #retire(places: ReadonlySet<number>): void {
    for (let group = 0; group < this.#groups.size; group += 1) {
      if (places.has(this.#groups.placeOf(group))) this.#read(group);
    }
    this.#close(places);
  }

  #close(places?: ReadonlySet<number>): void {
    const before = this.#groups.descriptors;
    this.#groups.remove(places);
    this.#options.budget.release(before - this.#groups.descriptors);
  }

  #plan(): void {
    const open = new Set([...this.#groups.places()].map((at) => this.#known[at]?.part));
    const shown = this.#parts.filter((part) => open.has(part)).sort((a, b) => a.socket - b.socket);
    if (shown.length === this.#shown.length && shown.every((part, i) => part === this.#shown[i])) return;
    this.#shown = shown;
    this.#columns = shown.flatMap(({ labels }): Column[] => [
      ...this.#metrics.map(({ name }): Column => ({ metric: name, labels, kind: 'u64', divisor: 1 })),
      { metric: 'platform_scaling_uncore_factor', labels, kind: 'f64', divisor: 1 },
    ]);
  }

  /** One read(2) a group; writes `columns` from slot `at` on. */
  readInto(row: Row, at: number): void {
    this.#totals.begin();
    for (let group = 0; group < this.#groups.size; group += 1) this.#read(group);
    const factor = this.#events.length;
    let slot = at;
    for (const { places } of this.#shown) {
      this.#totals.writeInto(this.#raw, 0, places);
      for (const { slots } of this.#metrics) {
        this.#writeSum(slots, row, slot);
        slot += 1;
      }
      if (this.#raw.present[factor] === 1) row.setDouble(slot, this.#raw.doubles[factor] ?? 1);
      else row.clear(slot, 1);
      slot += 1;
    }
  }

  #read(group: number): void {
    const known = this.#known[this.#groups.placeOf(group)];
    if (known !== undefined) this.#totals.read(this.#groups, group, known.part.places[0]);
  }

  /** The sum of some totals; absent when one of them is. */
  #writeSum(slots: readonly number[], row: Row, slot: number): void {
    let low = 0;
    let high = 0;
    for (const event of slots) {
      if (this.#raw.present[event] !== 1) {
        row.clear(slot, 1);
        return;
      }
      low += this.#raw.words[2 * event] ?? 0;
      high += this.#raw.words[2 * event + 1] ?? 0;
    }
    row.setWords(slot, low % two32, (high + Math.floor(low / two32)) % two32);
  }

  /** Idempotent. */
  close(): void {
    this.#close();
    this.#plan();
  }
}
