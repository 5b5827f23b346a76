import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { CgroupFiles } from '../kernel/cgroup/cgroup-files.ts';
import type { FdBudget } from '../kernel/fd-budget.ts';
import type { CgroupCounters } from '../kernel/perf/cgroup-counters.ts';
import { Row } from '../kernel/row.ts';
import { moveSlot } from './merge.ts';
import type { CountersReader, FilesReader } from './ports.ts';

/** What is open, for GetStatus. */
export interface HostFigures {
  cgroups: number;
  perfDescriptors: number;
  /** Cgroups whose files are opened for each reading. */
  degradedFiles: number;
  /** Event lists of cgroups counted with fewer events than asked for. */
  degradedPerf: number;
}

interface FilesLease {
  readonly budget: FdBudget;
  readonly figures: HostFigures;
  readonly descriptors: number;
  readonly degraded: boolean;
}

/** The files of one cgroup, their descriptors taken from the budget until they are closed. */
export class BudgetedFiles implements FilesReader {
  readonly #files: CgroupFiles;
  readonly #lease: FilesLease;
  #open = true;

  constructor(files: CgroupFiles, lease: FilesLease) {
    this.#files = files;
    this.#lease = lease;
    lease.budget.take(lease.descriptors);
    lease.figures.cgroups += 1;
    if (lease.degraded) lease.figures.degradedFiles += 1;
  }

  get generation(): bigint {
    return this.#files.generation;
  }

  get problems(): readonly WcaError[] {
    return this.#files.problems;
  }

  readInto(row: Row, at: number, costly: boolean): 'measured' | 'gone' {
    return this.#files.readInto(row, at, costly);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#files.close();
    const { budget, figures, descriptors, degraded } = this.#lease;
    budget.release(descriptors);
    figures.cgroups -= 1;
    if (degraded) figures.degradedFiles -= 1;
  }
}

interface CountersLease {
  readonly budget: FdBudget;
  readonly figures: HostFigures;
  /** Events counted and asked for; values an event. */
  readonly shape: { readonly counted: number; readonly wanted: number; readonly places: number };
  readonly perCpu: boolean;
}

/**
 * The counters of one cgroup. Where descriptors were too few for all events, the first ones of the list are counted and
 * the columns of the others are absent.
 */
export class BudgetedCounters implements CountersReader {
  readonly #counters: CgroupCounters;
  readonly #lease: CountersLease;
  #places: number;
  #part: Row;
  #taken = 0;
  #open = true;

  constructor(counters: CgroupCounters, lease: CountersLease) {
    this.#counters = counters;
    this.#lease = lease;
    this.#places = lease.shape.places;
    this.#part = this.#makePart();
    if (this.#isDegraded) lease.figures.degradedPerf += 1;
    this.#account();
  }

  get unavailable(): readonly WcaError[] {
    return this.#counters.unavailable;
  }

  get problems(): readonly WcaError[] {
    return this.#counters.problems;
  }

  get #isDegraded(): boolean {
    return this.#lease.shape.counted < this.#lease.shape.wanted;
  }

  readInto(row: Row, at: number): void {
    if (!this.#isDegraded) {
      this.#counters.readInto(row, at);
      return;
    }
    this.#counters.readInto(this.#part, 0);
    const { counted, wanted } = this.#lease.shape;
    const events = counted * this.#places;
    for (let i = 0; i < events; i += 1) moveSlot(row, this.#part, { i, to: at + i });
    // Behind the events: the two scaling factors.
    const factors = at + wanted * this.#places;
    for (let i = 0; i < 2 * this.#places; i += 1) {
      moveSlot(row, this.#part, { i: events + i, to: factors + i });
    }
  }

  setOnlineCpus(cpus: readonly number[]): void {
    this.#counters.setOnlineCpus(cpus);
    if (this.#lease.perCpu) this.#places = cpus.length;
    this.#part = this.#makePart();
    this.#account();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#counters.close();
    this.#account();
    if (this.#isDegraded) this.#lease.figures.degradedPerf -= 1;
  }

  #makePart(): Row {
    return new Row(this.#isDegraded ? (this.#lease.shape.counted + 2) * this.#places : 0);
  }

  /** Brings the budget to what is open now. */
  #account(): void {
    const { budget, figures } = this.#lease;
    const now = this.#open ? this.#counters.descriptors : 0;
    budget.release(this.#taken);
    budget.take(now);
    figures.perfDescriptors += now - this.#taken;
    this.#taken = now;
  }
}
