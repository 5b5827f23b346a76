import type { WcaError } from '../errors/wca-error.ts';
import type { AllocationType } from './values.ts';

/** See enum Outcome in collector.proto. */
export const outcomes = ['unchanged', 'applied', 'would_apply', 'rejected', 'failed', 'rolled_back'] as const;
export type Outcome = (typeof outcomes)[number];

/** One write to the kernel, done or to be done. */
export interface KernelWrite {
  /** `/kubepods/pod1 cpu.max`, `resctrl be L3`. */
  readonly file: string;
  readonly before: string;
  /** As read back; of a dry run what would be written. */
  readonly after: string;
}

export interface ValueResult {
  readonly type: AllocationType;
  readonly outcome: Outcome;
  readonly error: WcaError | undefined;
  readonly writes: readonly KernelWrite[];
}

export interface TargetResult {
  /** Of the request; of a restore the path of the cgroup. */
  readonly targetId: string;
  /** About the whole target. */
  readonly error: WcaError | undefined;
  readonly values: readonly ValueResult[];
}
