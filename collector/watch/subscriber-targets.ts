import type { Target, TargetUpdate } from '../../shared/rpc/watch-messages.ts';
import { Row } from '../kernel/row.ts';
import type { CgroupPool } from './cgroup-pool.ts';
import type { CounterSet } from './counter-set.ts';
import type { AllocationBoard, SharedAllocations } from './current-allocations.ts';
import { planMerge } from './merge.ts';
import { type MergeColumns, MergedRow } from './merged-row.ts';
import type { MeasuredTarget } from './ports.ts';
import type { SharedCgroup } from './shared-cgroup.ts';
import type { SharedReading, SharedSource } from './shared-source.ts';
import { RefusedRow, SingleRow, type TargetRow } from './target-row.ts';
import { refusalOf, TargetSet } from './targets.ts';

/** A cgroup held for a target, with the counters wanted of it. */
interface Hold {
  readonly cgroup: SharedCgroup;
  readonly set: CounterSet | undefined;
}

/** What the optional sources tell of a target, one a source; undefined where the source has no columns of targets. */
export type Readings = readonly (SharedReading | undefined)[];

interface Entry {
  readonly target: Target;
  readonly row: TargetRow;
  readonly holds: readonly Hold[];
  readonly readings: Readings;
  readonly allocations: SharedAllocations | undefined;
}

/** Of a target that is refused. */
const nothing = { holds: [], readings: [], allocations: undefined } as const;

/** What is told of targets only when asked for. */
interface OptionalParts {
  readonly sources: readonly SharedSource[];
  readonly allocations: AllocationBoard | undefined;
}

/** The targets of one subscriber as rows: holds the cgroups they need and lets go of those they do not. */
export class SubscriberTargets {
  readonly #pool: CgroupPool;
  readonly #set: CounterSet | undefined;
  readonly #sources: readonly SharedSource[];
  readonly #board: AllocationBoard | undefined;
  readonly #targets = new TargetSet();
  readonly #entries = new Map<string, Entry>();
  #mergeColumns: MergeColumns;
  #absent: { readonly files: Row; readonly counters: Row | undefined };
  #rows: readonly TargetRow[] = [];
  #readings: readonly Readings[] = [];
  #allocations: readonly (SharedAllocations | undefined)[] = [];
  #epoch = 0;

  constructor(pool: CgroupPool, set: CounterSet | undefined, optional: OptionalParts) {
    this.#pool = pool;
    this.#set = set;
    this.#sources = optional.sources;
    this.#board = optional.allocations;
    this.#mergeColumns = this.#planColumns();
    this.#absent = this.#absentRows();
  }

  get revision(): number {
    return this.#targets.revision;
  }

  get size(): number {
    return this.#targets.size;
  }

  /** Row i belongs to `ids()[i]`. */
  get rows(): readonly TargetRow[] {
    return this.#rows;
  }

  /** Of row i: one a source, none for a target that is refused. */
  get readings(): readonly Readings[] {
    return this.#readings;
  }

  /** Of row i: what is allocated to it; undefined for a target that is refused, or where nobody asked. */
  get allocations(): readonly (SharedAllocations | undefined)[] {
    return this.#allocations;
  }

  ids(): string[] {
    return [...this.#targets.ids()];
  }

  /** Throws what TargetSet.apply throws. */
  apply(update: TargetUpdate): void {
    const { removed, upserted } = this.#targets.apply(update);
    const freed = removed.flatMap((id) => this.#forget(id));
    for (const target of upserted) {
      freed.push(...this.#forget(target.id, this.#makeEntry(target)));
    }
    // Last, so that what another target needs now stays open.
    for (const entry of freed) this.#release(entry);
    this.#orderRows();
  }

  /** Makes all rows anew, with other generations: after the counter columns changed. */
  rebuild(): void {
    this.#mergeColumns = this.#planColumns();
    this.#absent = this.#absentRows();
    const before = [...this.#entries.values()];
    this.#entries.clear();
    for (const { target } of before) this.#entries.set(target.id, this.#makeEntry(target));
    for (const entry of before) this.#release(entry);
    this.#orderRows();
  }

  /** Lets go of everything. */
  close(): void {
    for (const entry of this.#entries.values()) this.#release(entry);
    this.#entries.clear();
    this.#orderRows();
  }

  /** Takes the entry out, or puts another one in its place; the caller releases what it held. */
  #forget(id: string, next?: Entry): Entry[] {
    const before = this.#entries.get(id);
    if (next === undefined) this.#entries.delete(id);
    else this.#entries.set(id, next);
    return before === undefined ? [] : [before];
  }

  #release({ target, holds, readings, allocations }: Entry): void {
    for (const { cgroup, set } of holds) this.#pool.release(cgroup, set);
    const measured = measuredOf(target);
    readings.forEach((reading, i) => {
      if (reading !== undefined) this.#sources[i]?.release(measured);
    });
    if (allocations !== undefined) this.#board?.release(measured);
  }

  #makeEntry(target: Target): Entry {
    const refusal = refusalOf(target);
    if (refusal !== undefined) {
      return { target, row: new RefusedRow(refusal, this.#absent), ...nothing };
    }
    const measured = measuredOf(target);
    const readings = this.#sources.map((source) => source.acquire(measured));
    const allocations = this.#board?.acquire(measured);
    if (target.childCgroupPaths.length === 0) {
      const cgroup = this.#pool.acquire(target.cgroupPath, this.#set);
      const row = new SingleRow(cgroup, this.#set);
      return { target, row, holds: [{ cgroup, set: this.#set }], readings, allocations };
    }
    const own = this.#pool.acquire(target.cgroupPath, undefined);
    const children = target.childCgroupPaths.map((path) => this.#pool.acquire(path, this.#set));
    const row = this.#mergedRow(target, own);
    row.setChildren(children);
    const holds = [{ cgroup: own, set: undefined }, ...children.map((cgroup) => ({ cgroup, set: this.#set }))];
    return { target, row, holds, readings, allocations };
  }

  /** The row the target had when only its containers changed: it knows what they counted so far. */
  #mergedRow(target: Target, own: SharedCgroup): MergedRow {
    const before = this.#entries.get(target.id);
    if (before?.row instanceof MergedRow && before.target.cgroupPath === target.cgroupPath) return before.row;
    this.#epoch += 1;
    return new MergedRow(own, { set: this.#set, columns: this.#mergeColumns, epoch: this.#epoch });
  }

  #orderRows(): void {
    const entries = this.ids().flatMap((id) => this.#entries.get(id) ?? []);
    this.#rows = entries.map(({ row }) => row);
    this.#readings = entries.map(({ readings }) => readings);
    this.#allocations = this.#board === undefined ? [] : entries.map(({ allocations }) => allocations);
  }

  #planColumns(): MergeColumns {
    return { files: planMerge(this.#pool.host.columns), counters: planMerge(this.#set?.columns ?? []) };
  }

  #absentRows(): { files: Row; counters: Row | undefined } {
    return {
      files: new Row(this.#mergeColumns.files.length),
      counters: this.#set === undefined ? undefined : new Row(this.#mergeColumns.counters.length),
    };
  }
}

function measuredOf({ cgroupPath, childCgroupPaths }: Target): MeasuredTarget {
  return { path: cgroupPath, cgroups: childCgroupPaths.length === 0 ? [cgroupPath] : childCgroupPaths };
}
