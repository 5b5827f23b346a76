import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { CgroupMembers } from '../../kernel/cgroup/members.ts';
import type { ResctrlCalls } from '../../kernel/resctrl/calls.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { RdtEntries } from './entries.ts';

/** What the operator of the host allows beyond moving threads and groups of WCA. */
export interface RdtPolicy {
  /** Whether the lines of the root group may be changed, which everything that is in no other group has. */
  readonly rootGroup: boolean;
  /** Whether the lines of control groups that others made may be changed. */
  readonly foreignGroups: boolean;
}

/** What all parts of RDT allocation need. */
export interface RdtContext {
  readonly roots: KernelRoots;
  /** Of the CPU: decides the unit of bandwidths. */
  readonly vendor: string | undefined;
  readonly clock: Clock;
  readonly scratch: Scratch;
  readonly members: CgroupMembers;
  /** Identity of the cgroup of a target, the same that the service compares; undefined when there is none. */
  readonly readInode: (path: string) => bigint | undefined;
  readonly calls: ResctrlCalls;
  readonly entries: RdtEntries;
  readonly policy: RdtPolicy;
}
