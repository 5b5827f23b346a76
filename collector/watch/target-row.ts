import type { WcaError } from '../../shared/errors/wca-error.ts';
import { type TargetState, targetState } from '../../shared/rpc/watch-messages.ts';
import type { Row } from '../kernel/row.ts';
import type { CounterSet } from './counter-set.ts';
import type { SharedCgroup } from './shared-cgroup.ts';

/** One row of a subscriber's snapshots. `update` brings it to what the cgroups were last read as. */
export interface TargetRow {
  readonly state: TargetState;
  /** Halves of the generation; 0 when there is no cgroup. */
  readonly generationLow: number;
  readonly generationHigh: number;
  /** File columns. */
  readonly files: Row;
  /** Counter columns; undefined when the subscriber wants none. */
  readonly counters: Row | undefined;
  /** The cgroups to be read for it; `costly` where the expensive files matter. */
  readonly sources: readonly { readonly cgroup: SharedCgroup; readonly costly: boolean }[];
  update(): void;
  /** Why it is refused, or which of its sources could not be read; empty most of the time. */
  readonly problems: readonly WcaError[];
}

/** A target that may not be measured. */
export class RefusedRow implements TargetRow {
  readonly state = targetState.refused;
  readonly generationLow = 0;
  readonly generationHigh = 0;
  readonly files: Row;
  readonly counters: Row | undefined;
  readonly sources = [];
  readonly problems: readonly WcaError[];

  constructor(reason: WcaError, absent: { readonly files: Row; readonly counters: Row | undefined }) {
    this.problems = [reason];
    this.files = absent.files;
    this.counters = absent.counters;
  }

  update(): void {}
}

/** A target that is one cgroup: shows the shared rows as they are. */
export class SingleRow implements TargetRow {
  state: TargetState = targetState.notFound;
  generationLow = 0;
  generationHigh = 0;
  readonly files: Row;
  readonly sources: TargetRow['sources'];
  readonly #cgroup: SharedCgroup;
  readonly #set: CounterSet | undefined;
  /** What this target last showed as measured. */
  #generation: bigint | undefined;
  #counters: Row | undefined;

  constructor(cgroup: SharedCgroup, set: CounterSet | undefined) {
    this.#cgroup = cgroup;
    this.#set = set;
    this.files = cgroup.row;
    this.sources = [{ cgroup, costly: true }];
    this.#counters = set === undefined ? undefined : cgroup.counterRow(set);
  }

  get counters(): Row | undefined {
    return this.#counters;
  }

  update(): void {
    const { generation } = this.#cgroup;
    if (this.#set !== undefined) this.#counters = this.#cgroup.counterRow(this.#set);
    if (generation !== undefined) {
      this.state = targetState.measured;
      if (generation !== this.#generation) this.#setGeneration(generation);
      return;
    }
    if (this.#generation === undefined) {
      this.state = this.#cgroup.openError === undefined ? targetState.notFound : targetState.refused;
      this.generationLow = 0;
      this.generationHigh = 0;
      return;
    }
    this.state = targetState.ended;
    const final = this.#cgroup.final;
    if (this.#set !== undefined && final?.generation === this.#generation) {
      this.#counters = final.counters.get(this.#set) ?? this.#counters;
    }
    this.#generation = undefined;
  }

  #setGeneration(generation: bigint): void {
    this.#generation = generation;
    this.generationLow = Number(generation & 0xffff_ffffn);
    this.generationHigh = Number((generation >> 32n) & 0xffff_ffffn);
  }

  get problems(): readonly WcaError[] {
    return this.#cgroup.problems(this.#set);
  }
}
