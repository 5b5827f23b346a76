import type { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import { type CounterState, MonCounter } from '../../kernel/resctrl/mon-data.ts';
import { groupFolder } from '../../kernel/resctrl/placement.ts';
import type { CounterFeature } from '../../kernel/resctrl/probe.ts';
import { Row } from '../../kernel/row.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { MeasuredTarget, TargetReading } from '../ports.ts';
import type { RdtColumns } from './rdt-columns.ts';
import type { RdtGroup } from './rdt-group.ts';
import type { RdtGroups } from './rdt-groups.ts';
import { noCount } from './rdt-problems.ts';
import { RunningTotal, WordSum } from './running-total.ts';

/** A counter without a value is nothing to tell of before this time. */
const patienceMs = 10_000;

/** One counter of one domain. */
interface Cell {
  readonly domain: number;
  readonly total: RunningTotal;
  /** Slot of the row; undefined without columns for the domain. */
  readonly slot: number | undefined;
  /** undefined: the domain is not there now. */
  file: MonCounter | undefined;
}

/** The cells of a feature and its sum. */
interface Counter {
  readonly feature: CounterFeature;
  readonly slot: number;
  readonly sum: WordSum;
  readonly isGauge: boolean;
  cells: Cell[];
}

/** Domains of the machine as they are now. */
interface DomainList {
  /** Another array when domains came or went. */
  readonly ids: readonly number[];
}

export interface ReadingParts {
  readonly groups: RdtGroups;
  readonly mountPoint: string;
  readonly columns: RdtColumns;
  readonly domains: DomainList;
  readonly budget: FdBudget;
  readonly clock: Clock;
  readonly scratch: Scratch;
}

/** What the monitoring group of a target has counted, added over all domains. */
export class RdtReading implements TargetReading {
  readonly row: Row;
  readonly #parts: ReadingParts;
  readonly #target: MeasuredTarget;
  readonly #group: RdtGroup;
  readonly #counters: readonly Counter[];
  readonly #remote = new WordSum();
  #domains: readonly number[] = [];
  #incarnation = 0;
  #epoch = 0;
  #descriptors = 0;
  #absentSinceMs: number | undefined;
  #problem: WcaError | undefined;
  #problems: readonly WcaError[] = [];
  #shown: { readonly problems: readonly WcaError[]; readonly own: WcaError | undefined } | undefined;

  constructor(target: MeasuredTarget, parts: ReadingParts) {
    this.#parts = parts;
    this.#target = target;
    this.#group = parts.groups.open(target);
    this.#epoch = this.#group.epoch;
    this.row = new Row(parts.columns.columns.length);
    this.#counters = parts.columns.sums.map(({ feature, slot }) => ({
      feature,
      slot,
      sum: new WordSum(),
      isGauge: feature === 'llc_occupancy',
      cells: [],
    }));
  }

  /** The same array as long as nothing changes. */
  get problems(): readonly WcaError[] {
    return this.#problems;
  }

  read(): void {
    const group = this.#group;
    if (group.epoch !== this.#epoch) this.#forget();
    if (group.isReady) this.#readGroup();
    else {
      this.#closeFiles();
      this.row.clear(0, this.row.width);
      this.#settle(undefined);
    }
    this.#collectProblems();
  }

  #readGroup(): void {
    if (this.#incarnation !== this.#group.incarnation || this.#domains !== this.#parts.domains.ids) this.#openFiles();
    let first: Absence | undefined;
    for (const counter of this.#counters) {
      const absence = this.#readCounter(counter);
      first ??= absence;
    }
    this.#setRemote();
    this.#settle(first);
  }

  /** Why there is no sum; undefined when there is one. */
  #readCounter(counter: Counter): Absence | undefined {
    const { scratch } = this.#parts;
    const { decimal } = scratch;
    const { cells, sum, isGauge } = counter;
    let absence: Absence | undefined = this.#domains.length === 0 ? noDomain : undefined;
    sum.clear();
    for (let i = 0; i < cells.length; i += 1) {
      const cell = cells[i];
      if (cell === undefined) continue;
      const { total, file, slot } = cell;
      if (file === undefined) {
        if (!isGauge) sum.add(total.low, total.high);
        continue;
      }
      const state = file.read(scratch);
      if (state !== 'value') {
        absence ??= { state, counter, cell };
        if (slot !== undefined) this.row.clear(slot, 1);
        continue;
      }
      if (isGauge) total.forget();
      total.update(decimal.low, decimal.high);
      sum.add(total.low, total.high);
      if (slot !== undefined) this.row.setWords(slot, total.low, total.high);
    }
    if (absence === undefined) this.row.setWords(counter.slot, sum.low, sum.high);
    else this.row.clear(counter.slot, 1);
    return absence;
  }

  /** Total minus local. The two are read one after the other: it never falls and is never below 0. */
  #setRemote(): void {
    const { remote } = this.#parts.columns;
    const { row } = this;
    if (remote === undefined) return;
    const [total, local] = [this.#counters[remote.total], this.#counters[remote.local]];
    if (total === undefined || local === undefined || row.present[total.slot] === 0 || row.present[local.slot] === 0) {
      row.clear(remote.slot, 1);
      return;
    }
    this.#remote.raiseToDifference(total.sum, local.sum);
    row.setWords(remote.slot, this.#remote.low, this.#remote.high);
  }

  /** Follows the domains that are there, and the group when it was made anew. */
  #openFiles(): void {
    const { mountPoint, columns, domains, budget } = this.#parts;
    const { placement, incarnation } = this.#group;
    if (placement === undefined) return;
    this.#closeFiles();
    const isNew = incarnation !== this.#incarnation;
    this.#incarnation = incarnation;
    this.#domains = domains.ids;
    const wanted = this.#domains.length * this.#counters.length;
    const keepOpen = wanted <= budget.available;
    this.#descriptors = keepOpen ? wanted : 0;
    budget.take(this.#descriptors);
    const folder = groupFolder(mountPoint, placement);
    for (const counter of this.#counters) {
      const { feature, cells } = counter;
      for (const domain of this.#domains) {
        if (cells.some((cell) => cell.domain === domain)) continue;
        const slot = columns.slotOf(feature, domain);
        cells.push({ domain, total: new RunningTotal(), slot, file: undefined });
      }
      for (const cell of cells) {
        const isThere = this.#domains.includes(cell.domain);
        if (isNew || !isThere) cell.total.restart();
        if (isThere) cell.file = new MonCounter(folder, cell.domain, { feature, keepOpen });
        else if (cell.slot !== undefined) this.row.clear(cell.slot, 1);
      }
    }
  }

  #closeFiles(): void {
    for (const { cells } of this.#counters) {
      for (const cell of cells) {
        cell.file?.close();
        cell.file = undefined;
      }
    }
    this.#parts.budget.release(this.#descriptors);
    this.#descriptors = 0;
    this.#domains = [];
  }

  /** Another cgroup has the path now. */
  #forget(): void {
    this.#closeFiles();
    this.#epoch = this.#group.epoch;
    this.#remote.clear();
    for (const counter of this.#counters) counter.cells = [];
  }

  /** Tells of a sum that has been absent for long; a group that is gone is looked at by the next round. */
  #settle(absence: Absence | undefined): void {
    if (absence === undefined) {
      this.#absentSinceMs = undefined;
      this.#problem = undefined;
      return;
    }
    const { state, counter, cell } = absence;
    if (state === 'gone') {
      this.#group.dueMs = 0;
      // Opened anew, should the domain be another one of the same id.
      this.#closeFiles();
    }
    const nowMs = this.#parts.clock.monotonicMs();
    this.#absentSinceMs ??= nowMs;
    if (nowMs - this.#absentSinceMs < patienceMs || this.#problem !== undefined) return;
    const what = `${counter?.feature ?? 'mon_data'}${cell === undefined ? '' : ` of domain ${cell.domain}`}`;
    this.#problem =
      state === 'failed' && cell?.file !== undefined ? cell.file.error() : noCount(this.#target.path, state, what);
  }

  #collectProblems(): void {
    const { problems } = this.#group;
    const own = this.#problem;
    if (problems === this.#shown?.problems && own === this.#shown.own) return;
    this.#shown = { problems, own };
    this.#problems = own === undefined ? problems : [...problems, own];
  }

  close(): void {
    this.#closeFiles();
    this.#parts.groups.release(this.#group, this.#target);
  }
}

/** Why a sum is absent; the counter that has no value, where there is one. */
interface Absence {
  readonly state: CounterState;
  readonly counter?: Counter;
  readonly cell?: Cell;
}

/** All CPUs of the L3 domains went, or the group did. */
const noDomain: Absence = { state: 'gone' };
