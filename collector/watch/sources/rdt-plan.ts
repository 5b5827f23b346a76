import { isOwnName } from '../../kernel/resctrl/group-name.ts';
import type { Placement } from '../../kernel/resctrl/placement.ts';

/** A thread of a target and the group it is in now. */
export interface PlacedThread {
  readonly id: number;
  readonly at: Placement;
}

interface ThreadFacts {
  /** Name of the target's monitoring group. */
  readonly name: string;
  /** The control group it is in; undefined: there is none yet. */
  readonly control: string | undefined;
  /** Threads that are in it. */
  readonly inside: number;
  /** All other threads of the target. */
  readonly outside: readonly PlacedThread[];
}

export interface ThreadPlan {
  /** Where the target's monitoring group belongs; undefined when there is nothing for it to count. */
  readonly control: string | undefined;
  readonly moves: readonly number[];
  /** Threads that another tool monitors, by its group (`/batch/mon_groups/theirs`): they are left there. */
  readonly foreign: ReadonlyMap<string, number>;
  /** Threads in other control groups, by name: a monitoring group can have threads of its own control group only. */
  readonly elsewhere: ReadonlyMap<string, number>;
}

/** Decides what to do with the threads of a target: its group goes where most of them are. Pure. */
export function planThreads({ name, control, inside, outside }: ThreadFacts): ThreadPlan {
  const foreign = new Map<string, number>();
  const byControl = new Map<string, number>();
  if (control !== undefined && inside > 0) byControl.set(control, inside);
  const free: PlacedThread[] = [];
  for (const thread of outside) {
    const { at } = thread;
    if (at.monitoring !== '' && !isOwnName(at.monitoring)) {
      count(foreign, `${at.control === '' ? '' : `/${at.control}`}/mon_groups/${at.monitoring}`);
      continue;
    }
    free.push(thread);
    count(byControl, at.control);
  }
  const chosen = chooseControl(byControl, control);
  const moves = free.filter(({ at }) => at.control === chosen && at.monitoring !== name).map(({ id }) => id);
  const elsewhere = new Map([...byControl].filter(([group]) => group !== chosen));
  return { control: chosen, moves, foreign, elsewhere };
}

/** The control group with most threads; among equals the present one, then the first by name: the root. */
function chooseControl(byControl: ReadonlyMap<string, number>, present: string | undefined): string | undefined {
  let best = present;
  let most = present === undefined ? 0 : (byControl.get(present) ?? 0);
  for (const [control, threads] of [...byControl].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (threads <= most) continue;
    best = control;
    most = threads;
  }
  return best;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
