import type { TargetResult } from '../../shared/allocation/results.ts';
import type { AllocationType, AllocationValue } from '../../shared/allocation/values.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { AllocationTarget } from './ports.ts';

/** Who asks, as the kernel says. */
export interface Actor {
  /** For people: `uid 998, pid 4711`. */
  readonly name: string;
  /** Whose it is: `uid 998`, `tls controller1.example`. */
  readonly principal: string;
  /** undefined: it is on another host. */
  readonly pid: number | undefined;
}

export interface AllocateCall {
  readonly actor: Actor;
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly lease: { readonly id: string; readonly ttlMs: number } | undefined;
  /** Overwrite also what somebody else changed. */
  readonly reassert: boolean;
  readonly targets: readonly TargetWish[];
}

export interface TargetWish {
  readonly target: AllocationTarget;
  /** CurrentAllocations.identity of the cgroup that is meant; 0n: any. */
  readonly identity: bigint;
  /** One of a type. */
  readonly values: readonly AllocationValue[];
}

export interface RestoreCall {
  readonly actor: Actor;
  readonly requestId: string;
  /** Of targets. */
  readonly paths: readonly string[];
  readonly all: boolean;
  readonly leaseId: string;
  /** Also what somebody else changed. */
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface HoldCall {
  readonly actor: Actor;
  readonly paths: readonly string[];
  readonly all: boolean;
  readonly hold: boolean;
}

/** See wca.v1.AllocationRecord. */
export interface AllocationRecord {
  readonly path: string;
  readonly type: AllocationType;
  /** `/kubepods/pod1 cpu.max`. */
  readonly file: string;
  readonly original: string;
  readonly target: string;
  /** Empty where `problem` says why it could not be read. */
  readonly current: string;
  readonly problem: WcaError | undefined;
  readonly leaseId: string;
  readonly leaseSecondsLeft: number;
  readonly owner: string;
  readonly sinceSeconds: number;
}

export interface LeaseFacts {
  readonly id: string;
  readonly peer: string;
  readonly secondsLeft: number;
  readonly allocations: number;
}

/** Why the collector itself, or a peer, wrote. */
export type AuditCause = 'allocate' | 'restore' | 'lease' | 'rollback' | 'recovery' | 'keep' | 'hold' | 'release';

/** See wca.v1.AuditRecord. */
export interface AuditRecord {
  readonly sequence: number;
  readonly realtimeNs: bigint;
  /** Empty when the collector acts by itself. */
  readonly peer: string;
  readonly cause: AuditCause;
  readonly path: string;
  readonly type: AllocationType | undefined;
  readonly file: string;
  readonly before: string;
  readonly after: string;
  readonly error: WcaError | undefined;
  readonly requestId: string;
}

/** Everything that allocates, as the service uses it. */
export interface AllocationService {
  /** Results in the order of the targets. Throws INVALID_ARGUMENT, LIMIT_REACHED about the call as a whole. */
  allocate(call: AllocateCall): Promise<readonly TargetResult[]>;
  /** How many values are under the lease; 0: it is not known. Throws PEER_DENIED for the lease of another user. */
  renew(leaseId: string, ttlMs: number, actor: Actor): number;
  /** One result a target that had allocations. */
  restore(call: RestoreCall): Promise<readonly TargetResult[]>;
  /** What is held afterwards; `/` stands for all. Throws LIMIT_REACHED, INVALID_ARGUMENT. */
  hold(call: HoldCall): readonly string[];
  /** Of these targets, or of all. Reads the kernel. */
  list(paths: readonly string[]): readonly AllocationRecord[];
  readonly leases: readonly LeaseFacts[];
  readonly held: readonly string[];
  /** Values that are remembered. */
  readonly size: number;
  /** Ascending with each write to a target's files; 0 before the first. */
  revision(path: string): number;
  /** The newest records, oldest first, bounded. */
  readonly audit: readonly AuditRecord[];
  /** Calls `listener` for each coming record; the answer ends that. */
  onAudit(listener: (record: AuditRecord) => void): () => void;
}
