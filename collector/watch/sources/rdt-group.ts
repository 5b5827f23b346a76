import type { WcaError } from '../../../shared/errors/wca-error.ts';
import { monGroupName } from '../../kernel/resctrl/group-name.ts';
import type { Placement } from '../../kernel/resctrl/placement.ts';
import type { MeasuredTarget } from '../ports.ts';

/** The monitoring group of one target, shared by all readings of it. Written by background rounds, read in the tick. */
export class RdtGroup {
  readonly path: string;
  readonly name: string;
  /** Who measures it: several subscribers may name other containers of the same target. */
  readonly holders: MeasuredTarget[] = [];
  /** Where it is; undefined: not made (yet). */
  placement: Placement | undefined;
  /** Counts how often it was made or taken over: its counters began anew. */
  incarnation = 0;
  /** Counts the cgroups that had this path: what was counted belongs to the one before. */
  epoch = 0;
  /** Whether all threads of the target that can be are in it. */
  isReady = false;
  /** Inode of the cgroup; undefined while there is none. */
  inode: bigint | undefined;
  /** The threads that were looked at. */
  known: ReadonlySet<number> = new Set();
  /** When all threads are to be looked at again. */
  dueMs = 0;
  /** Threads in it that are none of the target's, as seen last. */
  strangers: ReadonlySet<number> = new Set();
  /** How many of them were there at the look before and live. */
  lasting = 0;
  /** Some threads could not be moved. */
  isUnsettled = false;
  /** The round that looked at it last. */
  round = 0;
  problems: readonly WcaError[] = [];

  constructor(path: string) {
    this.path = path;
    this.name = monGroupName(path);
  }

  /** The cgroups that all holders name. */
  get target(): MeasuredTarget {
    return { path: this.path, cgroups: [...new Set(this.holders.flatMap(({ cgroups }) => cgroups))] };
  }

  /** It was made, or found. */
  take(placement: Placement): void {
    this.placement = placement;
    this.incarnation += 1;
    this.isReady = false;
  }

  /** It is not there any more, or not to be used any more. */
  lose(): void {
    this.placement = undefined;
    this.isReady = false;
    this.dueMs = 0;
    this.strangers = new Set();
    this.lasting = 0;
  }
}
