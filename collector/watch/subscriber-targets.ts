import type { Target, TargetUpdate } from '../../shared/rpc/watch-messages.ts';
import { Row } from '../kernel/row.ts';
import type { CgroupPool } from './cgroup-pool.ts';
import type { CounterSet } from './counter-set.ts';
import { planMerge } from './merge.ts';
import { type MergeColumns, MergedRow } from './merged-row.ts';
import type { SharedCgroup } from './shared-cgroup.ts';
import { RefusedRow, SingleRow, type TargetRow } from './target-row.ts';
import { refusalOf, TargetSet } from './targets.ts';

/** A cgroup held for a target, with the counters wanted of it. */
interface Hold {
  readonly cgroup: SharedCgroup;
  readonly set: CounterSet | undefined;
}

interface Entry {
  readonly target: Target;
  readonly row: TargetRow;
  readonly holds: readonly Hold[];
}

/** The targets of one subscriber as rows: holds the cgroups they need and lets go of those they do not. */
export class SubscriberTargets {
  readonly #pool: CgroupPool;
  readonly #set: CounterSet | undefined;
  readonly #targets = new TargetSet();
  readonly #entries = new Map<string, Entry>();
  #mergeColumns: MergeColumns;
  #absent: { readonly files: Row; readonly counters: Row | undefined };
  #rows: readonly TargetRow[] = [];
  #epoch = 0;

  constructor(pool: CgroupPool, set: CounterSet | undefined) {
    this.#pool = pool;
    this.#set = set;
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

  ids(): string[] {
    return [...this.#targets.ids()];
  }

  /** Throws what TargetSet.apply throws. */
  apply(update: TargetUpdate): void {
    const { removed, upserted } = this.#targets.apply(update);
    const freed = removed.flatMap((id) => this.#forget(id));
    for (const target of upserted) {
      freed.push(...(this.#entries.get(target.id)?.holds ?? []));
      this.#entries.set(target.id, this.#makeEntry(target));
    }
    // Last, so that a cgroup that another target needs now stays open.
    for (const { cgroup, set } of freed) this.#pool.release(cgroup, set);
    this.#orderRows();
  }

  /** Makes all rows anew, with other generations: after the counter columns changed. */
  rebuild(): void {
    this.#mergeColumns = this.#planColumns();
    this.#absent = this.#absentRows();
    const before = [...this.#entries.values()];
    this.#entries.clear();
    for (const { target } of before) this.#entries.set(target.id, this.#makeEntry(target));
    for (const { holds } of before) for (const { cgroup, set } of holds) this.#pool.release(cgroup, set);
    this.#orderRows();
  }

  /** Lets go of everything. */
  close(): void {
    for (const id of this.#entries.keys()) {
      for (const { cgroup, set } of this.#forget(id)) this.#pool.release(cgroup, set);
    }
    this.#rows = [];
  }

  #forget(id: string): readonly Hold[] {
    const holds = this.#entries.get(id)?.holds ?? [];
    this.#entries.delete(id);
    return holds;
  }

  #makeEntry(target: Target): Entry {
    const refusal = refusalOf(target);
    if (refusal !== undefined) return { target, row: new RefusedRow(refusal, this.#absent), holds: [] };
    if (target.childCgroupPaths.length === 0) {
      const cgroup = this.#pool.acquire(target.cgroupPath, this.#set);
      return { target, row: new SingleRow(cgroup, this.#set), holds: [{ cgroup, set: this.#set }] };
    }
    const own = this.#pool.acquire(target.cgroupPath, undefined);
    const children = target.childCgroupPaths.map((path) => this.#pool.acquire(path, this.#set));
    const row = this.#mergedRow(target, own);
    row.setChildren(children);
    const holds = [{ cgroup: own, set: undefined }, ...children.map((cgroup) => ({ cgroup, set: this.#set }))];
    return { target, row, holds };
  }

  /** The row the target had when only its containers changed: it knows what they counted so far. */
  #mergedRow(target: Target, own: SharedCgroup): MergedRow {
    const before = this.#entries.get(target.id);
    if (before?.row instanceof MergedRow && before.target.cgroupPath === target.cgroupPath) return before.row;
    this.#epoch += 1;
    return new MergedRow(own, { set: this.#set, columns: this.#mergeColumns, epoch: this.#epoch });
  }

  #orderRows(): void {
    this.#rows = this.ids().flatMap((id) => this.#entries.get(id)?.row ?? []);
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
