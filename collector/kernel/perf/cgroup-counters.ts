import { existsSync } from 'node:fs';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { Libc } from '../libc.ts';
import type { Row } from '../row.ts';
import { CounterTotals } from './counter-totals.ts';
import { closeGroup, type GroupBuffer, type GroupPlace, openGroups } from './group.ts';
import { GroupTable } from './group-table.ts';
import type { PerfEvent } from './perf-event.ts';
import type { PmuFacts } from './pmu-facts.ts';
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
  readonly pmu: PmuFacts;
}

/** Descriptors that counting takes: one a cgroup, CPU and event. */
export function perfDescriptors(need: {
  readonly cgroups: number;
  readonly cpus: number;
  readonly events: number;
}): number {
  return need.cgroups * need.cpus * need.events;
}

/** PERF_COUNT_SW_DUMMY: counts nothing, so only the CPU can be the reason when it is refused. */
const dummy: PerfEvent = { name: 'dummy', type: 1, config: 9n, config1: 0n, software: true, divisor: 1 };

/** ENODEV says "this CPU is offline" and, for some PMUs, "no such event" alike. */
function isOffline(place: GroupPlace): boolean {
  const opened = openGroups(place, [dummy], [0]);
  if (!Array.isArray(opened)) return opened.errno === 'ENODEV';
  for (const { fds } of opened) closeGroup(fds);
  return false;
}

const noProblems: readonly WcaError[] = [];

/**
 * perf events of one cgroup and the cgroups below it, on all online CPUs (kernel-notes §1). Descriptors stay readable
 * after the cgroup was removed: the last reading has the final totals.
 */
export class CgroupCounters {
  readonly #options: CountersOptions;
  readonly #groups: GroupTable;
  /** One place for all CPUs, unless they are told apart. */
  readonly #totals: CounterTotals;
  /** CPUs that were ever opened: the place of a CPU in the groups, and in the totals where they are told apart. */
  readonly #known: number[] = [];
  readonly #unavailable: WcaError[] = [];
  /** Events that the kernel takes, as places in the list. */
  #slots: readonly number[];
  #cpus: readonly number[] = [];
  /** Places of the columns. */
  #shown: readonly (number | undefined)[] = [0];
  #problems = noProblems;

  private constructor(options: CountersOptions) {
    this.#options = options;
    this.#groups = new GroupTable(options.buffer);
    this.#totals = new CounterTotals(options.events.length, options.perCpu ? 0 : 1);
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

  /** KERNEL_FORMAT of the first group whose reading was not what was opened; empty most of the time. */
  get problems(): readonly WcaError[] {
    return this.#problems;
  }

  /** perf descriptors open now. */
  get descriptors(): number {
    return this.#groups.descriptors;
  }

  /** Reads every group and writes the columns of `perfColumns` from column `at` on. */
  readInto(row: Row, at: number): void {
    this.#totals.begin();
    for (let group = 0; group < this.#groups.size; group += 1) this.#read(group);
    this.#totals.writeInto(row, at, this.#shown);
    const { malformed } = this.#groups;
    if (malformed !== undefined && this.#problems.length === 0) this.#problems = [malformed];
  }

  /**
   * Follows CPU hot-plug: groups of CPUs that went are closed, their totals stay; new CPUs are opened. A cgroup that is
   * gone by now keeps what it has.
   */
  setOnlineCpus(cpus: readonly number[]): void {
    const gone = this.#known.flatMap((cpu, place) => (cpus.includes(cpu) ? [] : [place]));
    if (gone.length > 0) this.#retire(new Set(gone));
    this.#openOn(cpus);
  }

  /** Idempotent. */
  close(): void {
    this.#groups.remove();
  }

  #read(group: number): void {
    this.#totals.read(this.#groups, group, this.#options.perCpu ? this.#groups.placeOf(group) : 0);
  }

  /** Takes what the groups of CPUs have and closes them. */
  #retire(places: ReadonlySet<number>): void {
    for (let group = 0; group < this.#groups.size; group += 1) {
      if (places.has(this.#groups.placeOf(group))) this.#read(group);
    }
    this.#groups.remove(places);
  }

  /** Opens the CPUs that have no groups yet. */
  #openOn(cpus: readonly number[]): WcaError | undefined {
    this.#cpus = cpus;
    const failed = this.#openMissing();
    this.#groups.trim();
    if (this.#options.perCpu) {
      const places = new Map(this.#known.map((cpu, place) => [cpu, place]));
      this.#shown = cpus.map((cpu) => places.get(cpu));
    }
    return failed;
  }

  #openMissing(): WcaError | undefined {
    const open = new Set([...this.#groups.places()].map((place) => this.#known[place]));
    const missing = this.#cpus.filter((cpu) => !open.has(cpu));
    if (missing.length === 0 || this.#slots.length === 0) return undefined;
    if (this.#options.perCpu) this.#totals.reserve(this.#known.length + missing.length);
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
    const { libc, events, pmu } = this.#options;
    for (const cpu of missing) {
      const place = { libc, directoryFd, cpu, pmu: pmu.cores.of(cpu), counters: pmu.counters };
      for (;;) {
        const opened = openGroups(place, events, this.#slots);
        if (Array.isArray(opened)) {
          this.#groups.add(this.#placeOf(cpu), opened);
          break;
        }
        // It went offline since the list was read; when it returns, setOnlineCpus tries again.
        if (opened.errno === 'ENODEV' && isOffline(place)) break;
        // ENOENT says "no such event" and "no such cgroup" alike.
        if (opened.errno === 'ENOENT' && !existsSync(`/proc/self/fd/${directoryFd}/cgroup.procs`)) {
          return new WcaError('CGROUP_GONE', {
            subject: 'perf counters',
            message: 'the cgroup was removed',
            errno: 'ENOENT',
          });
        }
        this.#unavailable.push(explainRefusal(opened, pmu.host));
        this.#slots = this.#slots.filter((slot) => events[slot] !== opened.event);
        if (this.#groups.size > 0) return this.#reopenWithout(directoryFd);
        if (this.#slots.length === 0) return undefined;
      }
    }
    return undefined;
  }

  #reopenWithout(directoryFd: number): WcaError | undefined {
    this.#retire(this.#groups.places());
    return this.#slots.length === 0 ? undefined : this.#openIn(directoryFd, this.#cpus);
  }

  /** Place of a CPU that is opened. */
  #placeOf(cpu: number): number {
    const known = this.#known.indexOf(cpu);
    if (known >= 0) return known;
    return this.#known.push(cpu) - 1;
  }
}
