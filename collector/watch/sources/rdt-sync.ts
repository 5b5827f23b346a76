import type { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { CgroupMembers } from '../../kernel/cgroup/members.ts';
import type { MonGroupWriter } from '../../kernel/resctrl/mon-group-writer.ts';
import { groupFolder, type Placement, readTaskIds } from '../../kernel/resctrl/placement.ts';
import { writeRefused } from '../../kernel/resctrl/probe.ts';
import type { NotMoved } from '../../kernel/resctrl/tasks-writer.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { RmidGate } from './rdt-gate.ts';
import type { RdtGroup } from './rdt-group.ts';
import type { ThreadLocator } from './rdt-locator.ts';
import { planThreads, type ThreadPlan } from './rdt-plan.ts';
import {
  countedElsewhere,
  threadsElsewhere,
  threadsOfOthers,
  threadsRefused,
  threadsThatLeft,
} from './rdt-problems.ts';
import type { Slices } from './slices.ts';

/** All threads are looked at again after this time: some may have been moved by others. */
const settledMs = 30_000;
/** The same where some are not where they should be. */
const unsettledMs = 5_000;
/** Looks at the threads of a target in one round, for they may fork meanwhile. */
const maxPasses = 3;
/** So many new threads are asked for one by one; more are compared with the group's list. */
const fewIds = 16;

export interface SyncParts {
  readonly mountPoint: string;
  readonly writer: MonGroupWriter;
  readonly members: CgroupMembers;
  readonly locator: ThreadLocator;
  readonly gate: RmidGate;
  readonly clock: Clock;
  readonly scratch: Scratch;
  /** Inode of a cgroup; undefined when there is none. */
  readonly readInode: (path: string) => bigint | undefined;
  /** Whether a collector before this one left a group of this name: it needs no RMID. */
  readonly isLeftover: (name: string) => boolean;
  /** No RMID was to be had: tells the gate why. */
  readonly onExhausted: (state: 'busy' | 'full') => void;
  /** The kernel refuses to write at all. */
  readonly onRefused: (error: WcaError) => void;
}

/** The cgroups that count for a target, and those below them that do not. */
interface Scope {
  readonly cgroups: readonly string[];
  readonly named: ReadonlySet<string>;
}

/** Brings the threads of a target into its monitoring group, which it makes. */
export class ThreadSync {
  readonly #parts: SyncParts;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  /** One look at a target, in slices. Returns early when stopped, or when nothing more can be done now. */
  async sync(group: RdtGroup, scope: Scope, slices: Slices): Promise<void> {
    if (scope.cgroups.length === 0) {
      this.remove(group);
      group.problems = [countedElsewhere(group.path)];
      return;
    }
    this.#followCgroup(group);
    for (let pass = 0; pass < maxPasses; pass += 1) {
      if (!(await slices.pause())) return;
      const ids = this.#parts.members.read(scope.cgroups, 'threads', scope.named);
      const candidates = this.#candidates(group, ids);
      if (candidates.length === 0) {
        group.known = ids;
        break;
      }
      if (!(await this.#place(group, { ids, candidates, slices }))) return;
    }
    group.isReady = group.placement !== undefined;
  }

  /** Takes the group out of the kernel. */
  remove(group: RdtGroup): void {
    const { placement } = group;
    if (placement === undefined) return;
    this.#parts.writer.remove(placement);
    group.lose();
    this.#parts.gate.retrySoon();
  }

  /** A cgroup that is made again is another target; one that is gone needs no group. */
  #followCgroup(group: RdtGroup): void {
    const inode = this.#parts.readInode(group.path);
    if (group.inode !== undefined && inode !== group.inode) {
      this.remove(group);
      group.epoch += 1;
      group.known = new Set();
      group.problems = [];
    }
    group.inode = inode;
  }

  /** The threads that may be in the wrong place. */
  #candidates(group: RdtGroup, ids: ReadonlySet<number>): readonly number[] {
    const { clock } = this.#parts;
    if (clock.monotonicMs() >= group.dueMs || this.#wasMoved(group, ids)) return this.#outsiders(group, ids);
    const fresh = [...ids].filter((id) => !group.known.has(id));
    const isCheap = group.placement !== undefined && this.#parts.locator.canAsk && fresh.length <= fewIds;
    return isCheap || fresh.length === 0 ? fresh : this.#outsiders(group, ids);
  }

  /** Whether the oldest thread is not in the group (any more): then others are likely not to be either. */
  #wasMoved({ placement, isUnsettled }: RdtGroup, ids: ReadonlySet<number>): boolean {
    const { locator } = this.#parts;
    const [first] = ids;
    if (placement === undefined || isUnsettled || first === undefined || !locator.canAsk) return false;
    const at = locator.ask(first);
    return at !== undefined && !isSame(at, placement);
  }

  /** All threads that are not in the group, by the kernel's list of it. */
  #outsiders(group: RdtGroup, ids: ReadonlySet<number>): readonly number[] {
    const { mountPoint, scratch, clock } = this.#parts;
    group.dueMs = clock.monotonicMs() + settledMs;
    group.isUnsettled = false;
    if (group.placement === undefined) return [...ids];
    const inside = readTaskIds(groupFolder(mountPoint, group.placement), scratch);
    if (inside === undefined) group.lose();
    this.#findStrangers(group, ids, inside ?? new Set());
    const outside = [...ids].filter((id) => inside?.has(id) !== true);
    if (outside.length === 0) this.#tell(group, { plan: noPlan, notMoved: [], all: ids.size });
    return outside;
  }

  /** Threads that left the target for a cgroup that nobody measures: they count on for it. Seen twice, they are told. */
  #findStrangers(group: RdtGroup, ids: ReadonlySet<number>, inside: ReadonlySet<number>): void {
    const strangers = [...inside].filter((id) => !ids.has(id));
    group.lasting = strangers.filter((id) => group.strangers.has(id) && this.#parts.locator.isLiving(id)).length;
    group.strangers = new Set(strangers);
  }

  /** False: stopped, or there is no group to be in. */
  async #place(group: RdtGroup, search: Search): Promise<boolean> {
    const { locator, clock } = this.#parts;
    if (group.placement === undefined && this.#mustWait(group)) return false;
    const { ids, candidates, slices } = search;
    const outside = await locator.locate(candidates, slices);
    if (outside === undefined) return false;
    const inside = ids.size - candidates.length;
    const { name, placement } = group;
    const plan = planThreads({ name, control: placement?.control, inside, outside });
    if (placement !== undefined && plan.control !== placement.control) this.remove(group);
    if (plan.control !== undefined && group.placement === undefined && !this.#make(group, plan.control)) return false;
    const notMoved = await this.#move(group, plan.moves, slices);
    if (notMoved === undefined) return false;
    group.known = ids;
    this.#tell(group, { plan, notMoved, all: ids.size });
    if (group.isUnsettled) group.dueMs = Math.min(group.dueMs, clock.monotonicMs() + unsettledMs);
    // In another control group by now: where, the next pass finds out.
    if (notMoved.some(({ errno }) => errno === 'EINVAL')) group.dueMs = 0;
    return group.placement !== undefined;
  }

  #mustWait(group: RdtGroup): boolean {
    const { gate, clock, isLeftover } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (gate.mayTry(nowMs) || isLeftover(group.name)) return false;
    const problem = gate.problem(group.path, nowMs);
    group.problems = problem === undefined ? [] : [problem];
    group.dueMs = 0;
    return true;
  }

  #make(group: RdtGroup, control: string): boolean {
    const { writer, gate, clock, onExhausted, onRefused } = this.#parts;
    const placement = { control, monitoring: group.name };
    const { state, errno } = writer.make(placement);
    if (state === 'made' || state === 'exists') {
      gate.open();
      group.take(placement);
      return true;
    }
    group.dueMs = 0;
    if (state === 'busy' || state === 'full') onExhausted(state);
    else if (state === 'refused') {
      const error = writeRefused('rdt', errno);
      onRefused(error);
      gate.shut(clock.monotonicMs(), () => error);
    }
    const problem = gate.problem(group.path, clock.monotonicMs());
    group.problems = problem === undefined ? [] : [problem];
    return false;
  }

  /** Threads that live and were not moved; undefined: stopped, or the group is gone. */
  async #move(group: RdtGroup, ids: readonly number[], slices: Slices): Promise<readonly NotMoved[] | undefined> {
    const notMoved: NotMoved[] = [];
    for (let from = 0; from < ids.length; ) {
      if (!(await slices.pause())) return undefined;
      const { placement } = group;
      const moved = placement === undefined ? 'gone' : this.#parts.writer.move(placement, ids, { from, notMoved });
      if (moved === 'gone') {
        group.lose();
        return undefined;
      }
      from += moved;
    }
    return notMoved.filter(({ errno }) => errno !== 'ESRCH');
  }

  #tell(
    group: RdtGroup,
    {
      plan,
      notMoved,
      all,
    }: { readonly plan: ThreadPlan; readonly notMoved: readonly NotMoved[]; readonly all: number },
  ): void {
    const { foreign, elsewhere } = plan;
    const errno = notMoved[0]?.errno;
    if (errno === 'EPERM' || errno === 'EACCES' || errno === 'EROFS') this.#parts.onRefused(writeRefused('rdt', errno));
    const problems = [
      ...(foreign.size === 0 ? [] : [threadsOfOthers(group.path, foreign, all)]),
      ...(elsewhere.size === 0 ? [] : [threadsElsewhere(group.path, elsewhere, all)]),
      ...(errno === undefined ? [] : [threadsRefused(group.path, notMoved.length, errno)]),
    ];
    const strangers = group.lasting === 0 ? [] : [threadsThatLeft(group.path, group.lasting)];
    // A look at some threads only does not say that the others are where they should be.
    if (problems.length > 0 || !group.isUnsettled) group.problems = [...problems, ...strangers];
    group.isUnsettled ||= problems.length > 0;
  }
}

interface Search {
  readonly ids: ReadonlySet<number>;
  readonly candidates: readonly number[];
  readonly slices: Slices;
}

/** All threads are where they should be. */
const noPlan: ThreadPlan = { control: undefined, moves: [], foreign: new Map(), elsewhere: new Map() };

function isSame(a: Placement, b: Placement): boolean {
  return a.control === b.control && a.monitoring === b.monitoring;
}
