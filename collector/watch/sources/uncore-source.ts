import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { UncoreEvent } from '../../../shared/metrics/uncore-events.ts';
import { limits } from '../../../shared/rpc/limits.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import type { Libc } from '../../kernel/libc.ts';
import { GroupBuffer } from '../../kernel/perf/group.ts';
import { type PerfHost, readPerfHost } from '../../kernel/perf/privilege.ts';
import { type PlaceRefusal, PmuCounters, type PmuPlace } from '../../kernel/perf/uncore/pmu-counters.ts';
import { pmusOfKind, readCpumask, readSocket, readUncorePmus, type UncorePmu } from '../../kernel/perf/uncore/pmus.ts';
import { explainUncoreRefusal, isForAll } from '../../kernel/perf/uncore/refusal.ts';
import { resolveUncore, type UncoreCounter } from '../../kernel/perf/uncore/resolve.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Row } from '../../kernel/row.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource, PlatformPart } from '../ports.ts';

interface UncoreOptions {
  readonly roots: KernelRoots;
  readonly libc: Libc;
  readonly budget: FdBudget;
  /** What `parseUncoreLists` answered. */
  readonly lists: readonly (readonly UncoreEvent[])[];
  /** `cascade-lake`; empty when unknown. */
  readonly codeName: string;
  /** Socket of a CPU by the facts of the host; undefined for one that was offline then. */
  readonly socketOf: (cpu: number) => number | undefined;
  /** Ascending; another array, or the same, at each call. */
  readonly onlineCpus: () => readonly number[];
}

/**
 * After a CPU came or went the masks are looked at in so many ticks: a CPU that comes is in the list of online CPUs
 * some milliseconds before the PMU's driver decides which CPU stands for a socket.
 */
const looksAfterChange = 3;

/** A named event may be four events of the kernel. */
const maxGroup = 4 * limits.maxUncoreEvents;

/** Opens the events of a request on all PMUs that count them. Never throws: what is not counted is in `unavailable`. */
export function openUncore(options: UncoreOptions): UncoreSource {
  const scratch = new Scratch();
  const host = readPerfHost(options.roots.procfs);
  const pmus = readUncorePmus(options.roots, scratch);
  const { counters, unavailable, notes } = resolveUncore(options.lists, {
    pmus,
    codeName: options.codeName,
    virtual: host.virtual,
    scratch,
  });
  return new UncoreSource(options, { counters, pmus, unavailable, notes, host, scratch });
}

interface UncoreParts {
  readonly counters: readonly UncoreCounter[];
  readonly pmus: readonly UncorePmu[];
  readonly unavailable: readonly WcaError[];
  readonly notes: readonly WcaError[];
  readonly host: PerfHost;
  readonly scratch: Scratch;
}

/** Measures sockets by the PMUs of their memory controllers, links and caching agents. */
export class UncoreSource implements OptionalSource {
  readonly name = 'uncore';
  readonly platform: PlatformPart;
  readonly targets = undefined;
  readonly #options: UncoreOptions;
  readonly #parts: UncoreParts;
  readonly #buffer = new GroupBuffer(maxGroup);
  /** What the host cannot, for as long as the source lasts. */
  readonly #refused: WcaError[];
  #open: readonly PmuCounters[] = [];
  #columns: readonly Column[] = [];
  #unavailable: readonly WcaError[];
  #notes: readonly WcaError[];
  #online: readonly number[];
  #looks = 0;

  constructor(options: UncoreOptions, parts: UncoreParts) {
    this.#options = options;
    this.#parts = parts;
    this.#online = options.onlineCpus();
    this.#refused = [...parts.unavailable];
    const late = this.#openAll();
    if (late.length > 0) this.#looks = looksAfterChange;
    this.#unavailable = [...this.#refused, ...late.map((refusal) => this.#explain(refusal))];
    this.#notes = [...parts.notes, ...this.#turnsTaken()];
    this.#columns = this.#open.flatMap(({ columns }) => columns);
    const source = this;
    this.platform = {
      get columns() {
        return source.#columns;
      },
      refresh: () => this.#refresh(),
      readInto: (row, at) => this.#readInto(row, at),
    };
  }

  get unavailable(): readonly WcaError[] {
    return this.#unavailable;
  }

  get notes(): readonly WcaError[] {
    return this.#notes;
  }

  /** Idempotent. */
  close(): void {
    for (const pmu of this.#open) pmu.close();
    this.#open = [];
    this.#columns = [];
    this.#looks = 0;
  }

  /** Answers the CPUs that went offline meanwhile; everything else that is refused is given up. */
  #openAll(): readonly PlaceRefusal[] {
    const late: PlaceRefusal[] = [];
    for (const kind of new Set(this.#parts.counters.map((counter) => counter.kind))) {
      const opened = this.#openKind(kind);
      if (opened === undefined) {
        this.close();
        return [];
      }
      this.#open = [...this.#open, ...opened.pmus];
      late.push(...opened.late);
    }
    return late;
  }

  /**
   * All PMUs of a kind. An event that one of them refuses is given up on all, so that their sum means something.
   * Undefined when the process may count nothing at all.
   */
  #openKind(
    kind: string,
  ): { readonly pmus: readonly PmuCounters[]; readonly late: readonly PlaceRefusal[] } | undefined {
    let counters = this.#parts.counters.filter((counter) => counter.kind === kind);
    while (counters.length > 0) {
      const wanted = counters;
      const pmus = pmusOfKind(this.#parts.pmus, kind).map(
        (pmu) => new PmuCounters({ ...this.#options, buffer: this.#buffer, pmu, counters: wanted }),
      );
      const refusals = pmus.flatMap((pmu) => pmu.follow(this.#placesOf(pmu.pmu) ?? []));
      const refusal = refusals.find(({ errno }) => errno !== 'ENODEV');
      if (refusal === undefined) {
        const isEmpty = refusals.length === 0 && pmus.every(({ columns }) => columns.length === 0);
        if (isEmpty) this.#refused.push(noCpus(kind, wanted));
        return { pmus, late: refusals };
      }
      for (const pmu of pmus) pmu.close();
      if (isForAll(refusal)) {
        this.#refused.splice(0, this.#refused.length, this.#explain(refusal));
        return undefined;
      }
      this.#refused.push(this.#explain(refusal));
      counters = counters.filter(({ metric }) => metric !== refusal.event.name);
    }
    return { pmus: [], late: [] };
  }

  /** The online CPUs of a PMU's mask; undefined when it cannot be read. */
  #placesOf(pmu: UncorePmu): readonly PmuPlace[] | undefined {
    const { scratch } = this.#parts;
    const { roots, socketOf } = this.#options;
    return readCpumask(pmu, scratch)
      ?.filter((cpu) => this.#online.includes(cpu))
      .map((cpu) => ({ cpu, socket: socketOf(cpu) ?? readSocket(roots, cpu, scratch) ?? 0 }));
  }

  #explain(refusal: PlaceRefusal): WcaError {
    return explainUncoreRefusal(refusal, this.#parts.host);
  }

  #turnsTaken(): readonly WcaError[] {
    return this.#open.filter(({ isSplit }) => isSplit).map(({ pmu }) => takeTurns(pmu.name));
  }

  /** After CPUs came or went: follows the PMUs to the CPUs that stand for them now. */
  #refresh(): boolean {
    const online = this.#options.onlineCpus();
    if (!sameIds(online, this.#online)) {
      this.#online = online;
      this.#looks = looksAfterChange;
    }
    if (this.#looks === 0) return false;
    this.#looks -= 1;
    const before = this.#open.map(({ columns }) => columns);
    const late = this.#open.flatMap((pmu) => {
      const places = this.#placesOf(pmu.pmu);
      return places === undefined ? [] : pmu.follow(places);
    });
    this.#tell(late);
    if (this.#open.every(({ columns }, i) => columns === before[i])) return false;
    this.#columns = this.#open.flatMap(({ columns }) => columns);
    return true;
  }

  #tell(late: readonly PlaceRefusal[]): void {
    const told = this.#unavailable.length - this.#refused.length;
    if (told === 0 && late.length === 0) return;
    this.#unavailable = [...this.#refused, ...late.map((refusal) => this.#explain(refusal))];
  }

  #readInto(row: Row, at: number): void {
    let slot = at;
    for (const pmu of this.#open) {
      pmu.readInto(row, slot);
      slot += pmu.columns.length;
    }
  }
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((id, i) => id === b[i]));
}

function noCpus(kind: string, counters: readonly UncoreCounter[]): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: `events ${counters.map(({ metric }) => metric).join(', ')}`,
    message: `no CPU that is online stands for a PMU ${kind}`,
    remedy: `see cpumask of ${kind} in /sys/bus/event_source/devices`,
  });
}

function takeTurns(pmu: string): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: pmu,
    message:
      'has fewer counters than events: they take turns, and counts are estimates (platform_scaling_uncore_factor)',
    remedy: 'ask for fewer events',
  });
}
