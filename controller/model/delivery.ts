import type { Allocations, Roster, Schema, Snapshot } from '../../shared/rpc/watch-messages.ts';

/** A snapshot with the columns and rows it belongs to. */
export interface Delivery {
  /** Which attachment to the collector it came by: counters of perf begin anew with each. */
  readonly attachment: number;
  readonly schema: Schema;
  readonly roster: Roster;
  readonly snapshot: Snapshot;
  /** What is in force for the rows of the roster; undefined where it was not asked for. */
  readonly allocations?: Allocations | undefined;
}
