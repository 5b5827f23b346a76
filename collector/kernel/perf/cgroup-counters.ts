import { existsSync } from 'node:fs';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { Libc } from '../libc.ts';
import type { Row } from '../row.ts';
import { CounterTotals } from './counter-totals.ts';
import type { PerfEvent } from './events.ts';
import { type GroupBuffer, GroupMemory, type GroupPlace, openGroups, type PerfGroup } from './group.ts';
import { explainRefusal } from './refusal.ts';

/** Columns of a list of events: a total each (or one a CPU), then the mean and the largest scaling factor. */
export function perfColumns(events: readonly PerfEvent[], cpus: readonly number[], perCpu: boolean): readonly Column[] {
  if (events.length === 0) return [];
  const places = perCpu ? cpus.map((cpu) => ({ cpu: String(cpu) })) : [{}];
  const factors = ['task_scaling_factor_avg', 'task_scaling_factor_max'];
  return [
    ...events.flatMap(({ name, divisor }) =>
      places.map((labels): Column => ({ metric: name, labels, kind: 'u64', divisor })),
    ),
    ...factors.flatMap((metric) => places.map((labels): Column => ({ metric, labels, kind: 'f64', divisor: 1 }))),
  ];
}

/** The cgroup's directory on the perf hierarchy, borrowed while opening. */
export interface BorrowedDirectory {
  readonly fd: number;
  close(): void;
}

export interface CountersOptions {
  readonly libc: Libc;
  /** Shared by all counters of the process. */
  readonly buffer: GroupBuffer;
  /** Opens the cgroup; asked again when a CPU comes online. Must answer the same cgroup or CGROUP_GONE. */
  readonly openDirectory: () => Reading<BorrowedDirectory>;
  readonly events: readonly PerfEvent[];
  readonly cpus: readonly number[];
  readonly perCpu: boolean;
}

/** PERF_COUNT_SW_DUMMY: counts nothing, so only the CPU can be the reason when it is refused. */
const dummy: PerfEvent = { name: 'dummy', type: 1, config: 9n, config1: 0n, software: true, divisor: 1 };

/** ENODEV says "this CPU is offline" and, for some PMUs, "no such event" alike. */
function isOffline(place: GroupPlace): boolean {
  const opened = openGroups(place, [dummy], [0]);
  if (!Array.isArray(opened)) return opened.errno === 'ENODEV';
  for (const group of opened) group.close();
  return false;
}

/** The groups of one CPU. */
interface CpuCounters {
  readonly totals: CounterTotals;
  groups: readonly PerfGroup[];
}

/**
 * perf events of one cgroup and the cgroups below it, on all online CPUs (kernel-notes §1). Descriptors stay readable
 * after the cgroup was removed: the last reading has the final totals.
 */
export class CgroupCounters {
  readonly #options: CountersOptions;
  /** One for all CPUs, unless they are told apart. */
  readonly #shared: CounterTotals;
  readonly #byCpu = new Map<number, CpuCounters>();
  readonly #unavailable: WcaError[] = [];
  /** Events that the kernel takes, as places in the list. */
  #slots: readonly number[];
  #cpus: readonly number[] = [];

  private constructor(options: CountersOptions) {
    this.#options = options;
    this.#shared = new CounterTotals(options.events.length);
    this.#slots = options.events.map((_, i) => i);
  }

  /** CGROUP_GONE when there is no such cgroup on the perf hierarchy. Refused events are in `unavailable`. */
  static open(options: CountersOptions): Reading<CgroupCounters> {
    const counters = new CgroupCounters(options);
    const gone = counters.#openOn(options.cpus);
    if (gone === undefined) return { ok: true, value: counters };
    counters.close();
    return { ok: false, error: gone };
  }

  /** Events of the list that the kernel refused, with the reason. Their columns are absent. */
  get unavailable(): readonly WcaError[] {
    return this.#unavailable;
  }

  /** perf descriptors open now. */
  get descriptors(): number {
    let count = 0;
    for (const { groups } of this.#byCpu.values()) for (const group of groups) count += group.descriptors;
    return count;
  }

  /** Reads every group and writes the columns of `perfColumns` from column `at` on. */
  readInto(row: Row, at: number): void {
    const { buffer, perCpu, events } = this.#options;
    this.#shared.begin();
    for (const { totals, groups } of this.#byCpu.values()) {
      if (perCpu) totals.begin();
      for (const group of groups) totals.read(group, buffer);
    }
    const places = perCpu ? this.#cpus.length : 1;
    for (let place = 0; place < places; place += 1) {
      const totals = perCpu ? this.#byCpu.get(this.#cpus[place] ?? -1)?.totals : this.#shared;
      if (totals === undefined) {
        this.#clearPlace(row, at, place);
        continue;
      }
      for (let i = 0; i < events.length; i += 1) totals.writeCount(i, row, at + i * places + place);
      const factors = at + events.length * places + place;
      totals.writeFactors(row, factors, factors + places);
    }
  }

  /**
   * Follows CPU hot-plug: groups of CPUs that went are closed, their totals stay; new CPUs are opened. A cgroup that is
   * gone by now keeps what it has.
   */
  setOnlineCpus(cpus: readonly number[]): void {
    for (const [cpu, counters] of this.#byCpu) {
      if (cpus.includes(cpu)) continue;
      this.#retire(counters);
    }
    this.#openOn(cpus);
  }

  /** Idempotent. */
  close(): void {
    for (const counters of this.#byCpu.values()) {
      for (const group of counters.groups) group.close();
      counters.groups = [];
    }
  }

  /** A CPU that could not be opened. */
  #clearPlace(row: Row, at: number, place: number): void {
    const rows = this.#options.events.length + 2;
    for (let i = 0; i < rows; i += 1) row.clear(at + i * this.#cpus.length + place, 1);
  }

  /** Takes what the groups of a CPU have and closes them. */
  #retire(counters: CpuCounters): void {
    for (const group of counters.groups) {
      counters.totals.read(group, this.#options.buffer);
      group.close();
    }
    counters.groups = [];
  }

  /** Opens the CPUs that have no groups yet. */
  #openOn(cpus: readonly number[]): WcaError | undefined {
    this.#cpus = cpus;
    const missing = cpus.filter((cpu) => (this.#byCpu.get(cpu)?.groups.length ?? 0) === 0);
    if (missing.length === 0 || this.#slots.length === 0) return undefined;
    const directory = this.#options.openDirectory();
    if (!directory.ok) return directory.error;
    try {
      return this.#openIn(directory.value.fd, missing);
    } finally {
      directory.value.close();
    }
  }

  /** An event that one CPU refuses is given up on all of them, so that a total means the same everywhere. */
  #openIn(directoryFd: number, missing: readonly number[]): WcaError | undefined {
    const { libc, events } = this.#options;
    const memory = new GroupMemory(missing.length, this.#slots.length);
    for (const cpu of missing) {
      for (;;) {
        const opened = openGroups({ libc, directoryFd, cpu, memory }, events, this.#slots);
        if (Array.isArray(opened)) {
          this.#countersOf(cpu).groups = opened;
          break;
        }
        // It went offline since the list was read; when it returns, setOnlineCpus tries again.
        if (opened.errno === 'ENODEV' && isOffline({ libc, directoryFd, cpu })) break;
        // ENOENT says "no such event" and "no such cgroup" alike.
        if (opened.errno === 'ENOENT' && !existsSync(`/proc/self/fd/${directoryFd}/cgroup.procs`)) {
          return new WcaError('CGROUP_GONE', {
            subject: 'perf counters',
            message: 'the cgroup was removed',
            errno: 'ENOENT',
          });
        }
        this.#unavailable.push(explainRefusal(opened));
        this.#slots = this.#slots.filter((slot) => events[slot] !== opened.event);
        if (this.#slots.length < events.length && this.#hasGroups()) return this.#reopenWithout(directoryFd);
        if (this.#slots.length === 0) return undefined;
      }
    }
    return undefined;
  }

  #hasGroups(): boolean {
    return [...this.#byCpu.values()].some(({ groups }) => groups.length > 0);
  }

  #reopenWithout(directoryFd: number): WcaError | undefined {
    for (const counters of this.#byCpu.values()) this.#retire(counters);
    return this.#slots.length === 0 ? undefined : this.#openIn(directoryFd, this.#cpus);
  }

  #countersOf(cpu: number): CpuCounters {
    const known = this.#byCpu.get(cpu);
    if (known !== undefined) return known;
    const totals = this.#options.perCpu ? new CounterTotals(this.#options.events.length) : this.#shared;
    const made: CpuCounters = { totals, groups: [] };
    this.#byCpu.set(cpu, made);
    return made;
  }
}
