import type { CurrentAllocations } from '../allocation/values.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { ApiVersion } from './version.ts';

/** TypeScript form of the Watch messages of proto/wca/v1/collector.proto; see there for the meaning of each field. */

export interface WatchSpec {
  readonly client: ApiVersion;
  readonly intervalMs: number;
  readonly events: readonly string[];
  readonly perCpu: boolean;
  readonly costlyEvery: number;
  /** Each undefined or false: off. */
  readonly rdt?: RdtSpec;
  readonly wss?: WssSpec;
  readonly sched?: boolean;
  readonly vmstat?: boolean;
  readonly zoneinfo?: boolean;
  readonly uncore?: UncoreSpec;
  readonly memoryModules?: MemoryModulesSpec;
  readonly currentAllocations?: boolean;
}

export interface RdtSpec {
  readonly required: boolean;
  readonly perDomain: boolean;
}

export interface WssSpec {
  readonly resetEvery: number;
  readonly stableCycles: number;
  readonly membwThreshold: number | undefined;
}

export interface UncoreSpec {
  readonly required: boolean;
  /** Each inner list is counted together. */
  readonly groups: readonly (readonly string[])[];
}

export interface MemoryModulesSpec {
  readonly required: boolean;
}

export interface Target {
  readonly id: string;
  readonly cgroupPath: string;
  readonly childCgroupPaths: readonly string[];
}

export interface TargetUpdate {
  readonly revision: number;
  readonly upsert: readonly Target[];
  readonly remove: readonly string[];
}

export type WatchRequest =
  | { readonly kind: 'spec'; readonly spec: WatchSpec }
  | { readonly kind: 'targets'; readonly targets: TargetUpdate };

export type ValueKind = 'u64' | 'f64';

/** One value of a row: metric value = raw value / divisor. */
export interface Column {
  readonly metric: string;
  /** Level labels: `{ numa_node: '0' }`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: ValueKind;
  readonly divisor: number;
}

export interface WireError {
  readonly code: ErrorCode | string;
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
  readonly errno: string;
}

export interface Schema {
  readonly id: number;
  readonly platform: readonly Column[];
  readonly target: readonly Column[];
  readonly unavailable: readonly WireError[];
  readonly notes: readonly WireError[];
}

export interface Roster {
  readonly id: number;
  readonly targetsRevision: number;
  readonly targetIds: readonly string[];
}

/** Numbers of enum TargetState. */
export const targetState = { measured: 1, ended: 2, notFound: 3, refused: 4 } as const;
export type TargetState = (typeof targetState)[keyof typeof targetState];

/**
 * Values of one column over the rows of a roster (or the single platform row).
 * `words` and `doubles` view the same memory: word pairs (low, high) for `u64` columns, doubles for `f64` columns.
 */
export interface ColumnValues {
  /** Which of the wire's two arrays holds the values: that of Column.kind. A column of no rows arrives as `u64`. */
  readonly kind: ValueKind;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  /** Bitmap, bit `i & 7` of byte `i >> 3`: 1 = absent. Empty when all are present. */
  readonly absent: Uint8Array;
}

export interface TargetError {
  readonly row: number;
  readonly error: WireError;
}

export interface Step {
  readonly name: string;
  readonly seconds: number;
}

export interface Snapshot {
  readonly sequence: number;
  readonly realtimeNs: bigint;
  readonly monotonicNs: bigint;
  readonly schemaId: number;
  readonly rosterId: number;
  readonly lost: number;
  readonly platform: readonly ColumnValues[];
  readonly targets: readonly ColumnValues[];
  /** One TargetState a row. */
  readonly states: Uint8Array;
  /** One word pair (low, high) a row: identity of the cgroup. */
  readonly generations: Uint32Array;
  readonly errors: readonly TargetError[];
  readonly steps: readonly Step[];
  /** Allocations.id in force; 0 where they were not asked for. */
  readonly allocationsId: number;
}

/** What is in force for the rows of a roster. */
export interface Allocations {
  readonly id: number;
  readonly rosterId: number;
  /** One a row. */
  readonly targets: readonly CurrentAllocations[];
}

export type WatchResponse =
  | { readonly kind: 'schema'; readonly schema: Schema }
  | { readonly kind: 'roster'; readonly roster: Roster }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'allocations'; readonly allocations: Allocations };

/** Whether row `i` of a column has no value. */
export function isAbsent(values: ColumnValues, i: number): boolean {
  return values.absent.length > 0 && ((values.absent[i >> 3] ?? 0) & (1 << (i & 7))) !== 0;
}
