import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import { CgroupMembers } from '../../kernel/cgroup/members.ts';
import { kernelCalls, type ResctrlCalls } from '../../kernel/resctrl/calls.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { RdtContext, RdtPolicy } from './context.ts';
import { RdtCurrentPass } from './current.ts';
import { RdtEntries, type RdtEntry } from './entries.ts';
import { type KeeperParts, RdtKeeper } from './keeper.ts';
import { RdtKnobs } from './knobs.ts';
import { RdtPlanner } from './planner.ts';

export interface RdtAllocationOptions {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  /** Of the CPU. */
  readonly vendor: string | undefined;
  readonly clock: Clock;
  readonly policy: RdtPolicy;
  /** Identity of a cgroup, the same that the service compares; undefined when there is none. */
  readonly readInode: (path: string) => bigint | undefined;
  /** What the ledger holds of the kinds rdt-*; the same array as long as nothing has changed. */
  readonly entries: () => readonly RdtEntry[];
  /** What changes resctrl; the kernel when absent. */
  readonly calls?: ResctrlCalls;
}

/** The parts of RDT allocation, made for one host. They look at resctrl anew for each batch: it may be mounted later. */
export class RdtAllocation {
  readonly planner: RdtPlanner;
  readonly knobs: RdtKnobs;
  readonly #context: RdtContext;

  constructor({ layout, entries, calls, ...options }: RdtAllocationOptions) {
    const scratch = new Scratch();
    this.#context = {
      ...options,
      scratch,
      members: new CgroupMembers(layout, scratch),
      calls: calls ?? kernelCalls,
      entries: new RdtEntries(entries),
    };
    this.planner = new RdtPlanner(this.#context);
    this.knobs = new RdtKnobs(this.#context);
  }

  /** To be started when the ledger was recovered. */
  makeKeeper(parts: Omit<KeeperParts, 'context' | 'knobs'>): RdtKeeper {
    return new RdtKeeper({ ...parts, context: this.#context, knobs: this.knobs });
  }

  /** For reading what is in force, once over all targets. */
  openPass(): RdtCurrentPass {
    return new RdtCurrentPass(this.#context);
  }
}
