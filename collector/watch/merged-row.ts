import type { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { type TargetState, targetState } from '../../shared/rpc/watch-messages.ts';
import { Row } from '../kernel/row.ts';
import type { CounterSet } from './counter-set.ts';
import { addSlot, type ColumnMerge, copySlot, divideSlot, foldSlot, ownCounts } from './merge.ts';
import type { SharedCgroup } from './shared-cgroup.ts';
import type { TargetRow } from './target-row.ts';

/** File and counter columns side by side, as everywhere in a merge. */
interface Part {
  readonly files: Row;
  readonly counters: Row | undefined;
}

interface Child {
  readonly cgroup: SharedCgroup;
  /** The generation whose values are in `held`; undefined when none was measured yet. */
  generation: bigint | undefined;
  /** Its newest values: stand in for a counter that is missing in one sample. */
  readonly held: Part;
}

export interface MergeColumns {
  readonly files: readonly ColumnMerge[];
  readonly counters: readonly ColumnMerge[];
}

/**
 * A target measured by its containers: each column is merged by the rule of its metric. Counters never fall while the
 * target's generation stays: what a container had counted when it ended, was replaced or was taken out of the target
 * keeps counting.
 */
export class MergedRow implements TargetRow {
  state: TargetState = targetState.notFound;
  generationLow = 0;
  generationHigh: number;
  readonly files: Row;
  readonly counters: Row | undefined;
  readonly #own: SharedCgroup;
  readonly #set: CounterSet | undefined;
  readonly #columns: MergeColumns;
  readonly #epoch: number;
  readonly #retired: Part;
  /** The target's own cgroup (cheap files only), then its containers. */
  #sources: TargetRow['sources'];
  #children: readonly Child[] = [];
  /** Taken out of the target; may come back, and must not be counted twice then. Bounded: the oldest are retired. */
  #detached: readonly Child[] = [];
  #ownGeneration: bigint | undefined;
  #wasMeasured = false;

  /** `epoch` tells this row from other rows of the same target: part of the generation. */
  constructor(
    own: SharedCgroup,
    options: { readonly set: CounterSet | undefined; readonly columns: MergeColumns; readonly epoch: number },
  ) {
    this.#own = own;
    this.#sources = [{ cgroup: own, costly: false }];
    this.#set = options.set;
    this.#columns = options.columns;
    this.#epoch = options.epoch;
    this.generationHigh = mergedHigh(0, options.epoch);
    this.#retired = this.#newPart();
    this.files = new Row(options.columns.files.length);
    this.counters = options.set === undefined ? undefined : new Row(options.columns.counters.length);
  }

  get sources(): TargetRow['sources'] {
    return this.#sources;
  }

  /** Replaces the containers; those that stay keep what they counted. */
  setChildren(cgroups: readonly SharedCgroup[]): void {
    const known = new Map([...this.#detached, ...this.#children].map((child) => [child.cgroup.path, child]));
    this.#children = cgroups.map((cgroup) => {
      const child = known.get(cgroup.path);
      known.delete(cgroup.path);
      return child === undefined || child.cgroup !== cgroup ? this.#childOf(cgroup, child) : child;
    });
    this.#sources = [{ cgroup: this.#own, costly: false }, ...cgroups.map((cgroup) => ({ cgroup, costly: true }))];
    const detached = [...known.values()].filter(({ generation }) => generation !== undefined);
    for (const child of detached.slice(0, -limits.maxChildren)) this.#retire(child);
    this.#detached = detached.slice(-limits.maxChildren);
  }

  update(): void {
    this.#followOwn();
    let ended = false;
    for (const child of this.#children) if (this.#updateChild(child)) ended = true;
    const isMeasured = this.#own.generation !== undefined || this.#children.some(isLive);
    this.state = isMeasured
      ? targetState.measured
      : this.#wasMeasured
        ? targetState.ended
        : this.#own.openError === undefined
          ? targetState.notFound
          : targetState.refused;
    this.#wasMeasured = isMeasured;
    const keepsTotals = this.state === targetState.ended || ended;
    this.#mergeInto(this.files, { merges: this.#columns.files, part: 'files', keepsTotals });
    if (this.counters !== undefined) {
      this.#mergeInto(this.counters, { merges: this.#columns.counters, part: 'counters', keepsTotals });
    }
  }

  get problems(): readonly WcaError[] {
    return this.#sources.flatMap(({ cgroup, costly }) => cgroup.problems(costly ? this.#set : undefined));
  }

  /** A cgroup made again under the target's own path is another task: everything starts from nothing. */
  #followOwn(): void {
    const { generation } = this.#own;
    if (generation === undefined || generation === this.#ownGeneration) return;
    if (this.#ownGeneration !== undefined) this.#forget();
    this.#ownGeneration = generation;
    this.generationLow = Number(generation & 0xffff_ffffn);
    this.generationHigh = mergedHigh(Number((generation >> 32n) & 0xffff_ffffn), this.#epoch);
  }

  #forget(): void {
    this.#detached = [];
    clearPart(this.#retired);
    for (const child of this.#children) {
      child.generation = undefined;
      clearPart(child.held);
    }
  }

  /** Takes over what was read; true when a generation of it ended. */
  #updateChild(child: Child): boolean {
    const { cgroup } = child;
    const ended = child.generation !== undefined && child.generation !== cgroup.generation;
    if (ended) {
      const final = cgroup.final?.generation === child.generation ? cgroup.final : undefined;
      const last = this.#set === undefined ? undefined : final?.counters.get(this.#set);
      if (last !== undefined && child.held.counters !== undefined) copyPresent(child.held.counters, last);
      this.#retire(child);
      child.generation = undefined;
    }
    if (cgroup.generation !== undefined) {
      child.generation = cgroup.generation;
      copyPresent(child.held.files, cgroup.row);
      if (this.#set !== undefined && child.held.counters !== undefined) {
        copyPresent(child.held.counters, cgroup.counterRow(this.#set));
      }
    }
    return ended;
  }

  #retire(child: Child): void {
    retireRow(this.#retired.files, child.held.files, this.#columns.files);
    if (this.#retired.counters !== undefined && child.held.counters !== undefined) {
      retireRow(this.#retired.counters, child.held.counters, this.#columns.counters);
    }
    clearPart(child.held);
  }

  #mergeInto(
    into: Row,
    options: {
      readonly merges: readonly ColumnMerge[];
      readonly part: keyof Part;
      readonly keepsTotals: boolean;
    },
  ): void {
    const { merges, part } = options;
    const retired = this.#retired[part];
    into.clear(0, into.width);
    for (let i = 0; i < merges.length; i += 1) {
      const merge = merges[i];
      if (merge === undefined || retired === undefined) continue;
      if (part === 'files' && ownCounts(this.#own.row, i, merge)) copySlot(into, this.#own.row, i);
      else if (isRunningTotal(merge)) {
        const isPresent = this.#children.some((child) => this.#now(child, part)?.present[i] === 1);
        if (!isPresent && !(options.keepsTotals && retired.present[i] === 1)) continue;
        addSlot(into, retired, i);
        for (const child of this.#detached) addHeld(into, child.held[part], i);
        for (const child of this.#children) addHeld(into, child.held[part], i);
      } else {
        this.#fold(into, i, { merge, part });
      }
    }
  }

  #fold(into: Row, i: number, { merge, part }: { readonly merge: ColumnMerge; readonly part: keyof Part }): void {
    let count = 0;
    for (const child of this.#children) {
      const now = this.#now(child, part);
      if (now?.present[i] !== 1) continue;
      foldSlot(into, now, { i, merge });
      count += 1;
    }
    if (merge.rule === 'mean') divideSlot(into, i, count);
  }

  /** The container's columns as read last; undefined when it is not there. */
  #now(child: Child, part: keyof Part): Row | undefined {
    if (!isLive(child)) return undefined;
    if (part === 'files') return child.cgroup.row;
    return this.#set === undefined ? undefined : child.cgroup.counterRow(this.#set);
  }

  #childOf(cgroup: SharedCgroup, before: Child | undefined): Child {
    return { cgroup, generation: before?.generation, held: before?.held ?? this.#newPart() };
  }

  #newPart(): Part {
    return {
      files: new Row(this.#columns.files.length),
      counters: this.#set === undefined ? undefined : new Row(this.#columns.counters.length),
    };
  }
}

function isLive({ cgroup }: Child): boolean {
  return cgroup.generation !== undefined;
}

/** Counters are whole numbers: floats that are added up are gauges. */
function isRunningTotal(merge: ColumnMerge): boolean {
  return merge.rule === 'sum' && merge.isCounter && !merge.isFloat;
}

function addHeld(into: Row, held: Row | undefined, i: number): void {
  if (held !== undefined) addSlot(into, held, i);
}

function retireRow(retired: Row, held: Row, merges: readonly ColumnMerge[]): void {
  for (let i = 0; i < merges.length; i += 1) {
    const merge = merges[i];
    if (merge !== undefined && isRunningTotal(merge)) addSlot(retired, held, i);
  }
}

function copyPresent(into: Row, from: Row): void {
  for (let i = 0; i < from.width; i += 1) if (from.present[i] === 1) copySlot(into, from, i);
}

function clearPart({ files, counters }: Part): void {
  files.clear(0, files.width);
  counters?.clear(0, counters.width);
}

/** Inode numbers do not use the upper bits; there a merged row differs from the row of the same cgroup alone. */
function mergedHigh(high: number, epoch: number): number {
  return (high ^ 0x8000_0000 ^ ((epoch & 0x7fff) << 16)) >>> 0;
}
