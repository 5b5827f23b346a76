import type { WcaError } from '../../shared/errors/wca-error.ts';
import { RetryPace } from '../kernel/retry-pace.ts';
import { Row } from '../kernel/row.ts';
import type { CounterSet } from './counter-set.ts';
import type { CgroupHost, CountersReader, FilesReader } from './ports.ts';

/** Last values of a cgroup that is gone: its counters as they ended; files of a removed cgroup cannot be read. */
export interface FinalReading {
  readonly generation: bigint;
  readonly counters: ReadonlyMap<CounterSet, Row>;
}

const noProblems: readonly WcaError[] = [];

/** The counters of one cgroup for one event list. */
interface SharedCounters {
  readonly set: CounterSet;
  users: number;
  reader: CountersReader | undefined;
  row: Row;
  error: WcaError | undefined;
  /** For a cgroup that is not on the perf hierarchy, or not yet. */
  readonly pace: RetryPace;
}

/**
 * Everything open of one cgroup path, shared by all targets of all subscribers that name it and read at most once a
 * tick. When the cgroup is removed its readers are closed and its last counters kept; when the path comes back it is
 * opened anew under another generation.
 */
export class SharedCgroup {
  readonly path: string;
  /** File columns; all absent while the cgroup is not open. */
  readonly row: Row;
  /** How many targets use it. */
  users = 0;
  /** Whether some target that is due wants the expensive files read. */
  wantsCostly = false;
  /** Tick in which it was last asked for. */
  tick = 0;

  readonly #host: CgroupHost;
  readonly #counters = new Map<CounterSet, SharedCounters>();
  #files: FilesReader | undefined;
  #generation: bigint | undefined;
  #final: FinalReading | undefined;
  #openError: WcaError | undefined;

  constructor(path: string, host: CgroupHost) {
    this.path = path;
    this.#host = host;
    this.row = new Row(host.columns.length);
  }

  /** Identity of the cgroup that is open; undefined while there is none. */
  get generation(): bigint | undefined {
    return this.#generation;
  }

  /** What was left of the generation that ended last. */
  get final(): FinalReading | undefined {
    return this.#final;
  }

  /** Why it cannot be opened, when the reason is not simply that there is no such cgroup. */
  get openError(): WcaError | undefined {
    return this.#openError;
  }

  /** Sources that are there and could not be read; the same empty array as long as all is well. */
  problems(set: CounterSet | undefined): readonly WcaError[] {
    if (this.#openError !== undefined) return [this.#openError];
    if (this.#files === undefined) return noProblems;
    const counters = set === undefined ? undefined : this.#counters.get(set);
    if (counters?.error !== undefined) return [...this.#files.problems, counters.error];
    const problems = counters?.reader?.problems ?? noProblems;
    return problems.length === 0 ? this.#files.problems : [...this.#files.problems, ...problems];
  }

  /** Counter columns of an event list in use. */
  counterRow(set: CounterSet): Row {
    const counters = this.#counters.get(set);
    if (counters === undefined) throw new RangeError(`counters not in use: ${set.key}`);
    return counters.row;
  }

  /** Events counted of it, over all event lists. */
  get events(): number {
    let events = 0;
    for (const { list } of this.#counters.keys()) events += list.events.length;
    return events;
  }

  /** Opens nothing yet; true when `open` has something to do because of it. */
  useCounters(set: CounterSet): boolean {
    const known = this.#counters.get(set);
    if (known !== undefined) {
      known.users += 1;
      return false;
    }
    const row = new Row(set.columns.length);
    this.#counters.set(set, { set, users: 1, reader: undefined, row, error: undefined, pace: new RetryPace() });
    return true;
  }

  releaseCounters(set: CounterSet): void {
    const counters = this.#counters.get(set);
    if (counters === undefined) return;
    counters.users -= 1;
    if (counters.users > 0) return;
    counters.reader?.close();
    this.#counters.delete(set);
  }

  /** Opens what is not open. Cheap when there is no such cgroup. */
  open(): void {
    if (this.#files === undefined && !this.#openFiles()) return;
    this.#openMissing();
  }

  /** First half of a reading: the files. Opens a cgroup that is not open, notices one that is gone. */
  readFiles(): void {
    if (this.#files === undefined) {
      this.open();
      if (this.#files === undefined) return;
    }
    if (this.#files.readInto(this.row, 0, this.wantsCostly) === 'gone') this.#end();
  }

  /** Second half: the counters. */
  readCounters(): void {
    if (this.#files === undefined) return;
    this.#openMissing();
    for (const { reader, row } of this.#counters.values()) reader?.readInto(row, 0);
  }

  setOnlineCpus(cpus: readonly number[]): void {
    for (const counters of this.#counters.values()) {
      counters.reader?.setOnlineCpus(cpus);
      const { length } = counters.set.columns;
      if (counters.row.width !== length) counters.row = new Row(length);
    }
  }

  /** Idempotent. */
  close(): void {
    this.#files?.close();
    this.#files = undefined;
    this.#generation = undefined;
    for (const counters of this.#counters.values()) {
      counters.reader?.close();
      counters.reader = undefined;
    }
  }

  #openFiles(): boolean {
    const opened = this.#host.openFiles(this.path, this.events);
    if (!opened.ok) {
      this.#openError = opened.error.code === 'CGROUP_GONE' ? undefined : opened.error;
      return false;
    }
    this.#openError = undefined;
    this.#files = opened.value;
    this.#generation = opened.value.generation;
    for (const { pace } of this.#counters.values()) pace.reset();
    return true;
  }

  #openMissing(): void {
    for (const counters of this.#counters.values()) {
      if (counters.reader === undefined && counters.pace.isDue()) this.#openCounters(counters);
    }
  }

  #openCounters(counters: SharedCounters): void {
    const { set } = counters;
    if (set.problem !== undefined) return;
    const opened = this.#host.openCounters(this.path, set.list);
    if (opened.ok) {
      counters.reader = opened.value;
      counters.error = undefined;
      set.reportUnavailable(opened.value.unavailable);
      return;
    }
    counters.error = opened.error;
    counters.pace.back();
  }

  /** The cgroup is gone: its counters are read a last time, everything is closed. */
  #end(): void {
    const last = new Map<CounterSet, Row>();
    for (const [set, counters] of this.#counters) {
      counters.reader?.readInto(counters.row, 0);
      last.set(set, counters.row);
      counters.row = new Row(set.columns.length);
      counters.error = undefined;
    }
    if (this.#generation !== undefined) this.#final = { generation: this.#generation, counters: last };
    this.close();
    this.row.clear(0, this.row.width);
  }
}
