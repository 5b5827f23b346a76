import type { Platform } from '../../model/platform.ts';
import type { TaskData, TasksData } from '../../model/task-data.ts';
import { roundAsPython } from '../../python/round.ts';

/** A node with CPUs. */
export interface NodeState {
  readonly id: number;
  readonly cpus: readonly number[];
  readonly freeBytes: number;
  /** Limits of the tasks on it, added. */
  readonly balanceBytes: number;
  readonly pinnedTasks: number;
}

export interface TaskState {
  readonly task: TaskData;
  /** Memory it may use; 0: unknown, the task is left alone (a "ghost"). */
  readonly limitBytes: number;
  /** By node; undefined: not measured. */
  readonly pages: ReadonlyMap<number, number> | undefined;
  readonly totalPages: number;
  /** Part of its pages, 0..1 in steps of 0.0001, by node with CPUs. */
  readonly preference: ReadonlyMap<number, number>;
  /** CPUs it may use; undefined: not known. Empty: not restricted. */
  readonly cpus: ReadonlySet<number> | undefined;
  /** The node that has all its CPUs; undefined: none. */
  readonly pinnedTo: number | undefined;
}

/** Memory of nodes and tasks as the decisions see it (spec allocation §7.3). */
export interface MemoryState {
  /** Ascending. A node of memory alone is none of them: nothing can run there (W46). */
  readonly nodes: readonly NodeState[];
  /** By limit, largest first; equal ones as they came. */
  readonly tasks: readonly TaskState[];
  readonly pageSizeBytes: number;
}

const limitMetrics = [
  'task_mem_limit_bytes',
  'task_mem_soft_limit_bytes',
  'task_mem_max_usage_bytes',
  'task_mem_usage_bytes',
] as const;

/** What is known of the memory of this host now. */
export function computeMemoryState(platform: Platform, tasks: TasksData): MemoryState {
  const free = platform.measurements.byLevel('platform_mem_numa_free_bytes', 'numa_node');
  const used = platform.measurements.byLevel('platform_mem_numa_used_bytes', 'numa_node');
  const totalBytes = sum(free.values()) + sum(used.values());
  const nodeCpus = [...platform.nodeCpus]
    .filter(([, cpus]) => cpus.length > 0)
    .map(([id, cpus]) => ({ id, cpus: new Set(cpus) }))
    .sort((a, b) => a.id - b.id);
  const states = [...tasks.values()].map((task) => taskState(task, nodeCpus, totalBytes));
  const nodes = nodeCpus.map(({ id, cpus }) => {
    const pinned = states.filter(({ pinnedTo }) => pinnedTo === id);
    return {
      id,
      cpus: [...cpus],
      freeBytes: free.get(id) ?? 0,
      balanceBytes: sum(pinned.map(({ limitBytes }) => limitBytes)),
      pinnedTasks: pinned.length,
    };
  });
  // The sort is stable.
  const sorted = states.sort((a, b) => b.limitBytes - a.limitBytes);
  return { nodes, tasks: sorted, pageSizeBytes: platform.pageSizeBytes };
}

/** Pages of the task that are not on the node. */
export function pagesElsewhere({ pages, totalPages }: TaskState, node: number): number {
  return totalPages - (pages?.get(node) ?? 0);
}

type NodeCpus = readonly { readonly id: number; readonly cpus: ReadonlySet<number> }[];

function taskState(task: TaskData, nodeCpus: NodeCpus, totalBytes: number): TaskState {
  const measured = task.measurements.byLevel('task_mem_numa_pages', 'numa_node');
  const totalPages = sum(measured.values());
  const cpus = task.allocations?.cpuset_cpus;
  return {
    task,
    limitBytes: limitOf(task, totalBytes),
    pages: measured.size === 0 ? undefined : measured,
    totalPages,
    preference: new Map(
      nodeCpus.map(({ id }) => [id, roundAsPython((measured.get(id) ?? 0) / Math.max(1, totalPages), 4)]),
    ),
    cpus: cpus === undefined ? undefined : new Set(cpus),
    pinnedTo: cpus === undefined ? undefined : nodeOf(cpus, nodeCpus),
  };
}

/** The orchestrator's word, even 0; else the first limit or usage that this host can hold. */
function limitOf(task: TaskData, totalBytes: number): number {
  const resource = Number(task.resources['mem'] ?? Number.NaN);
  if (Number.isFinite(resource)) return Math.max(0, resource);
  for (const metric of limitMetrics) {
    const bytes = task.measurements.number(metric);
    if (bytes !== undefined && bytes <= totalBytes) return bytes;
  }
  return 0;
}

/** The first node that has all the CPUs (the original asked for exactly the node's, W47); none has no CPU. */
function nodeOf(cpus: readonly number[], nodeCpus: NodeCpus): number | undefined {
  if (cpus.length === 0) return undefined;
  return nodeCpus.find((node) => cpus.every((cpu) => node.cpus.has(cpu)))?.id;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
