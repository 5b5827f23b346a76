import type { AllocationType, AllocationValue, MigrationProgress, ValueOf } from '../../shared/allocation/values.ts';
import type { Reading, WcaError } from '../../shared/errors/wca-error.ts';
import type { KnobId, KnobSession } from './knob.ts';

/** The cgroups of a task; see wca.v1.Target. */
export interface AllocationTarget {
  readonly id: string;
  /** Checked by checkCgroupPath. */
  readonly path: string;
  /** Containers. */
  readonly children: readonly string[];
}

/** What a knob shall be, and for which type of allocation. */
export interface DesiredKnob {
  readonly type: AllocationType;
  readonly id: KnobId;
  /** Canonical. */
  readonly text: string;
}

/** The next write on the way to what is desired; some are steps in between (a quota lifted before its period changes). */
export type PlannedWrite = DesiredKnob;

/** What wishes mean in knobs, and the order in which the kernel accepts them. Reads the kernel, writes nothing. */
export interface Planner {
  /** Types it knows. */
  readonly types: readonly AllocationType[];
  /** Problems between the targets of one request (two wishes for one group), by the place of the target in it. */
  checkRequest?(
    targets: readonly { readonly target: AllocationTarget; readonly values: readonly AllocationValue[] }[],
  ): ReadonlyMap<number, WcaError>;
  /** INVALID_ARGUMENT (a rule of the kernel or of this machine is broken), FEATURE_ABSENT, CGROUP_GONE. */
  translate(target: AllocationTarget, value: AllocationValue, session: KnobSession): Reading<readonly DesiredKnob[]>;
  /** What of the wishes of one target does not go together, or not with what is there; undefined: nothing. */
  checkTogether?(
    desired: readonly DesiredKnob[],
    session: KnobSession,
  ): { readonly type: AllocationType; readonly error: WcaError } | undefined;
  /**
   * The writes that bring its knobs from what they are to what is desired, each accepted by the kernel at its turn; empty
   * when all are. Used for wishes and for restoring. Knobs of others are left out. Expected races are left to the write.
   */
  order(desired: readonly DesiredKnob[], session: KnobSession): readonly PlannedWrite[];
}

/** Moves pages of targets in the background. */
export interface PageMover {
  /** Begins to move, or goes on; INVALID_ARGUMENT, FEATURE_ABSENT, LIMIT_REACHED. */
  start(target: AllocationTarget, wish: ValueOf<'migrate_pages'>): Reading<'started' | 'running'>;
  /** Of the last migration of a target's cgroup. */
  progress(path: string): ({ readonly node: number } & MigrationProgress) | undefined;
  /** Of a cgroup and those below it; the pages stay where they are then. */
  cancel(path: string): void;
  /** Cancels all. */
  close(): void;
}

/** What may be touched, as the operator of the host says; design §4.1. */
export interface Policy {
  /** NOT_ALLOWED with the remedy; undefined when it may. `peerPid`: whose own cgroup is out of bounds too. */
  check(path: string, type: AllocationType, peerPid: number | undefined): WcaError | undefined;
}
