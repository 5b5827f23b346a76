import { roundAsPython } from '../../python/round.ts';
import type { MemoryState, NodeState, TaskState } from './memory-state.ts';

export const numaAlgorithms = ['fill_biggest_first', 'minimize_migration'] as const;
export type NumaAlgorithm = (typeof numaAlgorithms)[number];

export interface ChoiceOptions {
  readonly algorithm: NumaAlgorithm;
  /** minimize_migration: a task whose largest part on a node is below is left alone; 0..1. */
  readonly loopMinTaskBalance: number;
  /** Only nodes on which there is room for what has to move. */
  readonly freeSpaceCheck: boolean;
  readonly maxTasks: number;
  /** Tasks that are not to be chosen now. */
  isHeldOff(taskId: string): boolean;
}

/** A task that is to be bound to a node. */
export interface Choice {
  readonly task: TaskState;
  readonly node: number;
  /** The node's, as far as the task may use them. */
  readonly cpus: readonly number[];
}

/**
 * Tasks that get a node now, largest first (spec allocation §7.4 to §7.7). After the first one the others are decided as
 * if it were on its node already.
 */
export function chooseTasks(state: MemoryState, options: ChoiceOptions): readonly Choice[] {
  const choices: Choice[] = [];
  let nodes = state.nodes;
  for (const task of state.tasks) {
    if (choices.length >= options.maxTasks) break;
    if (!isMovable(task) || options.isHeldOff(task.task.id)) continue;
    const chosen = chooseNode(task, nodes, options);
    if (chosen === undefined) continue;
    const toMoveBytes = bytesToMove(task, chosen.id, state.pageSizeBytes);
    if (options.freeSpaceCheck && toMoveBytes >= chosen.freeBytes) continue;
    choices.push({ task, node: chosen.id, cpus: usableCpus(task, chosen) });
    nodes = nodes.map((node) => (node.id === chosen.id ? withTask(node, task.limitBytes, toMoveBytes) : node));
  }
  return choices;
}

/** The node for a task by the algorithm; undefined: none is right. */
export function chooseNode(
  task: TaskState,
  nodes: readonly NodeState[],
  { algorithm, loopMinTaskBalance }: Pick<ChoiceOptions, 'algorithm' | 'loopMinTaskBalance'>,
): NodeState | undefined {
  const candidates = roomyNodes(task, nodes);
  if (algorithm === 'fill_biggest_first') return leastLoaded(task, candidates)[0];
  return leastMigration(task, candidates, loopMinTaskBalance);
}

/** Tasks on the node with most free memory that have too small a part of their pages there (spec allocation §7.8). */
export function chooseRemigrations({ nodes, tasks }: MemoryState, threshold: number): readonly TaskState[] {
  const [freest] = best(nodes, ({ freeBytes }) => freeBytes);
  if (freest === undefined) return [];
  return tasks.filter(
    ({ pages, pinnedTo, preference }) =>
      pages !== undefined && pinnedTo === freest.id && (preference.get(freest.id) ?? 0) < threshold,
  );
}

/** Needs a node, and everything that the decision asks is known (W45). */
function isMovable({ pinnedTo, limitBytes, pages, cpus }: TaskState): boolean {
  return pinnedTo === undefined && limitBytes > 0 && pages !== undefined && cpus !== undefined;
}

/** Nodes on which the task has CPUs: at least half as large a part of the node's as on the best one. */
function roomyNodes(task: TaskState, nodes: readonly NodeState[]): readonly NodeState[] {
  const parts = nodes.map((node) => usableCpus(task, node).length / node.cpus.length);
  const most = Math.max(...parts);
  return nodes.filter((_, index) => most > 0 && (parts[index] ?? 0) >= most / 2);
}

/** CPUs that the task does not have are not given to it: they may be reserved, and the kernel may refuse them (W47). */
function usableCpus({ cpus }: TaskState, node: NodeState): readonly number[] {
  return cpus === undefined || cpus.size === 0 ? node.cpus : node.cpus.filter((cpu) => cpus.has(cpu));
}

/** §7.4. */
function leastLoaded({ limitBytes }: TaskState, nodes: readonly NodeState[]): readonly NodeState[] {
  return best(nodes, ({ balanceBytes }) => roundAsPython(limitBytes / (balanceBytes + limitBytes), 4));
}

/** §7.5. */
function leastMigration(
  { limitBytes, preference }: TaskState,
  nodes: readonly NodeState[],
  loopMinTaskBalance: number,
): NodeState | undefined {
  const part = ({ id }: NodeState): number => preference.get(id) ?? 0;
  if (Math.max(...nodes.map(part)) < loopMinTaskBalance) return undefined;
  const mostUsed = best(nodes, (node) => roundAsPython(Math.log(1 + 1000 * part(node)), 0));
  const leastPinned = best(nodes, ({ balanceBytes }) => -roundAsPython(Math.log10(balanceBytes + limitBytes), 1));
  const mostFree = best(
    nodes.filter(({ freeBytes }) => limitBytes < freeBytes),
    ({ freeBytes }) => roundAsPython(Math.log10(freeBytes - limitBytes), 1),
  );
  const both = (a: readonly NodeState[], b: readonly NodeState[]): NodeState | undefined =>
    a.find((node) => b.includes(node));
  return both(mostUsed, leastPinned) ?? both(mostUsed, mostFree) ?? both(leastPinned, mostFree);
}

/** What is not there yet, at most; can be negative when the task has more than its limit. */
function bytesToMove({ limitBytes, pages }: TaskState, node: number, pageSizeBytes: number): number {
  return limitBytes - pageSizeBytes * (pages?.get(node) ?? 0);
}

function withTask(node: NodeState, limitBytes: number, toMoveBytes: number): NodeState {
  return {
    ...node,
    balanceBytes: node.balanceBytes + limitBytes,
    freeBytes: node.freeBytes - Math.max(0, toMoveBytes),
    pinnedTasks: node.pinnedTasks + 1,
  };
}

/** Those with the greatest value, in order. */
function best<T>(items: readonly T[], score: (item: T) => number): readonly T[] {
  const values = items.map(score);
  const greatest = Math.max(...values);
  return items.filter((_, index) => values[index] === greatest);
}
