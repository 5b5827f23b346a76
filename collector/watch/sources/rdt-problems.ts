import { WcaError } from '../../../shared/errors/wca-error.ts';
import { isOwnName } from '../../kernel/resctrl/group-name.ts';
import type { CounterState } from '../../kernel/resctrl/mon-data.ts';
import type { GroupTree } from '../../kernel/resctrl/placement.ts';

/** Who uses the RMIDs of the machine. */
export interface RmidUse {
  /** All groups: each has one, the root too. */
  readonly used: number;
  readonly controlGroups: number;
  /** Monitoring groups of WCA. */
  readonly own: number;
  /** Monitoring groups of others, as paths below the mount. */
  readonly foreign: readonly string[];
}

const shownGroups = 5;

export function countRmids(tree: GroupTree): RmidUse {
  let own = 0;
  const foreign: string[] = [];
  for (const [control, names] of tree) {
    for (const name of names) {
      if (isOwnName(name)) own += 1;
      else foreign.push(control === '' ? `mon_groups/${name}` : `${control}/mon_groups/${name}`);
    }
  }
  return { used: tree.size + own + foreign.length, controlGroups: tree.size, own, foreign };
}

/** ENOSPC. */
export function noRmid(path: string, use: RmidUse, numRmids: number): WcaError {
  const { used, controlGroups, own, foreign } = use;
  const others = foreign.length === 0 ? '' : ` (${some(foreign)})`;
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    errno: 'ENOSPC',
    message: `no RMID is free: ${numRmids} in all, ${used} used: ${controlGroups} by control groups and the root, ${own} by WCA, ${foreign.length} by monitoring groups of others${others}`,
    remedy: 'watch fewer targets, or remove groups of others; tried again every 30 s',
  });
}

/** EBUSY for some time. */
export function rmidsInLimbo(path: string, thresholdBytes: number | undefined): WcaError {
  const now = thresholdBytes === undefined ? '' : ` (${thresholdBytes} bytes now)`;
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    errno: 'EBUSY',
    message: 'the free RMIDs cannot be used yet: the cache still holds lines of the groups they belonged to',
    remedy: `wait, or raise info/L3_MON/max_threshold_occupancy${now}`,
  });
}

export function threadsOfOthers(path: string, foreign: ReadonlyMap<string, number>, all: number): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    message: `${sum(foreign)} of ${all} threads are monitored by another tool and are not counted: they are in ${some([...foreign.keys()])}`,
    remedy: 'stop the other monitoring: a thread is in one monitoring group at most',
  });
}

export function threadsElsewhere(path: string, elsewhere: ReadonlyMap<string, number>, all: number): WcaError {
  const groups = [...elsewhere.keys()].map((name) => (name === '' ? 'the root group' : name));
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    message: `${sum(elsewhere)} of ${all} threads are in another control group than the others and are not counted: ${some(groups)}`,
    remedy: 'keep all threads of a target in one control group',
  });
}

export function threadsRefused(path: string, count: number, errno: string): WcaError {
  return new WcaError('KERNEL_REFUSED', {
    subject: `${path} rdt`,
    errno,
    message: `${count} threads could not be moved into the monitoring group: ${errno}`,
  });
}

export function threadsThatLeft(path: string, count: number): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    message: `${count} threads left the target for a cgroup that is not measured and are counted on: they keep its monitoring group`,
    remedy: 'watch that cgroup too, or start its processes anew',
  });
}

export function countedElsewhere(path: string): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} rdt`,
    message: 'all its cgroups are counted for other targets: a thread counts for the deepest one only',
    remedy: 'watch the same cgroup as one target',
  });
}

/** A counter that has had no value for some time. */
export function noCount(path: string, state: CounterState, scope: string): WcaError {
  const texts: Partial<Record<CounterState, { readonly message: string; readonly remedy?: string }>> = {
    unavailable: {
      message: `the hardware has no count of ${scope}: it counts for fewer groups than there are`,
      remedy: 'watch fewer targets',
    },
    unassigned: {
      message: `no hardware counter is assigned to the group for ${scope}`,
      remedy: 'echo default > info/L3_MON/mbm_assign_mode below the mount, or watch fewer targets',
    },
    error: { message: `the hardware refuses to count ${scope}` },
    format: { message: `${scope} is no number` },
  };
  const text = texts[state] ?? { message: `${scope} cannot be read` };
  return new WcaError(state === 'format' ? 'KERNEL_FORMAT' : 'KERNEL_REFUSED', { subject: `${path} rdt`, ...text });
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, shownGroups).join(', ');
  return names.length > shownGroups ? `${shown} and ${names.length - shownGroups} more` : shown;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
