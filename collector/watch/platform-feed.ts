import type { Column } from '../../shared/rpc/watch-messages.ts';
import type { SelfUsage } from '../../shared/self/self-usage.ts';
import { Row } from '../kernel/row.ts';
import type { PlatformSource } from './ports.ts';

/** The collector's own figures, reported beside the platform's. */
export interface OwnFigures {
  readonly usage: SelfUsage;
  readonly openDescriptors: number;
  readonly overruns: number;
}

const ownColumns: readonly Column[] = [
  { metric: 'wca_collector_mem_usage_bytes', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'wca_collector_cpu_usage_seconds', labels: {}, kind: 'f64', divisor: 1 },
  { metric: 'wca_collector_open_fds', labels: {}, kind: 'u64', divisor: 1 },
  { metric: 'wca_collector_overruns', labels: {}, kind: 'u64', divisor: 1 },
];

/** The platform row of all subscribers: the host's measurements, then the collector's own. */
export class PlatformFeed {
  readonly #source: PlatformSource;
  readonly #readOwn: () => OwnFigures;
  #columns: readonly Column[];
  #row: Row;
  #version = 0;

  constructor(source: PlatformSource, readOwn: () => OwnFigures) {
    this.#source = source;
    this.#readOwn = readOwn;
    this.#columns = [...source.columns, ...ownColumns];
    this.#row = new Row(this.#columns.length);
  }

  get columns(): readonly Column[] {
    return this.#columns;
  }

  get row(): Row {
    return this.#row;
  }

  /** Changes with the columns. */
  get version(): number {
    return this.#version;
  }

  get onlineCpus(): readonly number[] {
    return this.#source.onlineCpus;
  }

  /** Reads everything; true when CPUs or nodes came or went since the last time. */
  read(): boolean {
    const changed = this.#source.refresh();
    if (changed) {
      this.#columns = [...this.#source.columns, ...ownColumns];
      this.#row = new Row(this.#columns.length);
      this.#version += 1;
    }
    this.#source.readInto(this.#row, 0);
    const { usage, openDescriptors, overruns } = this.#readOwn();
    const at = this.#columns.length - ownColumns.length;
    this.#row.setInteger(at, usage.rssBytes);
    this.#row.setDouble(at + 1, usage.cpuSeconds);
    this.#row.setInteger(at + 2, openDescriptors);
    this.#row.setInteger(at + 3, overruns);
    return changed;
  }
}
