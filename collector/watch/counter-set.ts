import type { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Column } from '../../shared/rpc/watch-messages.ts';
import type { CgroupHost, EventList } from './ports.ts';

/** One distinct event list: subscribers that ask for the same events share it, and with it the counters. */
export class CounterSet {
  readonly key: string;
  readonly list: EventList;
  /** Why perf cannot be used on this host at all. */
  readonly problem: WcaError | undefined;
  users = 0;
  readonly #notes: readonly WcaError[];
  #columns: readonly Column[];
  readonly #unavailable = new Map<string, WcaError>();
  #version = 0;
  #columnsVersion = 0;

  constructor(list: EventList, host: CgroupHost) {
    this.key = keyOf(list);
    this.list = list;
    this.problem = host.counterProblem;
    this.#columns = host.counterColumns(list);
    this.#notes = this.problem === undefined ? host.counterNotes(list) : [];
    this.reportUnavailable(this.problem === undefined ? host.unknownEvents(list) : [this.problem]);
  }

  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** Events this host refused. */
  get unavailable(): readonly WcaError[] {
    return [...this.#unavailable.values()];
  }

  /** What must be known to read the counts right. */
  get notes(): readonly WcaError[] {
    return this.#notes;
  }

  /** Changes whenever a schema made of this set is out of date. */
  get version(): number {
    return this.#version;
  }

  /** Changes whenever the columns do. */
  get columnsVersion(): number {
    return this.#columnsVersion;
  }

  reportUnavailable(errors: readonly WcaError[]): void {
    for (const error of errors) {
      const key = `${error.code} ${error.subject}`;
      if (this.#unavailable.has(key) || this.#unavailable.size >= limits.maxEvents) continue;
      this.#unavailable.set(key, error);
      this.#version += 1;
    }
  }

  /** After CPUs came or went: columns of a list with one column a CPU change. */
  refreshColumns(host: CgroupHost): void {
    if (!this.list.perCpu) return;
    this.#columns = host.counterColumns(this.list);
    this.#version += 1;
    this.#columnsVersion += 1;
  }
}

export function keyOf(list: EventList): string {
  return `${list.perCpu ? 'cpu ' : ''}${list.events.join(' ')}`;
}
