import type { Logger } from 'pino';
import { formatIdList } from '../../../shared/kernel-text/list-format.ts';
import type { Need } from '../../config/need.ts';
import type { AllocationResult, TaskAllocations, TaskId } from '../../model/allocation.ts';
import type { Labels, Metric } from '../../model/metric.ts';
import type { Platform } from '../../model/platform.ts';
import type { TasksData } from '../../model/task-data.ts';
import type { Allocator } from '../allocator.ts';
import { Backoff } from './backoff.ts';
import { type ChoiceOptions, chooseRemigrations, chooseTasks } from './choose.ts';
import { computeMemoryState, type MemoryState, pagesElsewhere, type TaskState } from './memory-state.ts';

export interface NUMAAllocatorOptions extends Omit<ChoiceOptions, 'isHeldOff'> {
  /** Move the pages of a task when it is bound. */
  readonly migratePages: boolean;
  /** Move them again when a smaller part is on its node; undefined: never. */
  readonly remigrateBelow: number | undefined;
  readonly bindMemory: boolean;
  /** Only with bindMemory: the kernel moves the pages when the binding changes. */
  readonly migrateMemory: boolean;
  readonly dryRun: boolean;
  readonly logger: Logger;
}

/** Puts each task on one NUMA node and keeps its memory there (spec allocation §7). */
export class NUMAAllocator implements Allocator {
  readonly #options: NUMAAllocatorOptions;
  readonly #backoff = new Backoff();
  /** Pages that were to be moved since the task was first seen. */
  readonly #moved = new Map<TaskId, number>();
  /** Tasks of which it was told that they cannot be bound. */
  #unbindable: ReadonlySet<TaskId> = new Set();

  constructor(options: NUMAAllocatorOptions) {
    this.#options = options;
  }

  needs(): readonly Need[] {
    const { dryRun, bindMemory, migratePages } = this.#options;
    const allocations = dryRun
      ? []
      : [
          'allocation.cpuset_cpus',
          ...(bindMemory ? ['allocation.cpuset_mems'] : []),
          ...(migratePages ? ['allocation.migrate_pages'] : []),
        ];
    const wantedBy = '!NUMAAllocator';
    return ['numa', ...allocations].map((capability) => ({ capability, wantedBy, whenAbsent: 'skipped' }));
  }

  allocate(platform: Platform, tasks: TasksData): AllocationResult {
    const state = computeMemoryState(platform, tasks);
    if (this.#options.dryRun) return { allocations: new Map(), metrics: balanceMetrics(state) };
    this.#observe(state);
    const allocations = new Map<TaskId, TaskAllocations>();
    this.#bind(state, allocations);
    this.#remigrate(state, allocations);
    return { allocations, metrics: [...balanceMetrics(state), ...taskMetrics(state, this.#moved)] };
  }

  #observe(state: MemoryState): void {
    for (const task of this.#backoff.observe(state)) {
      this.#options.logger.info({ task }, 'the task was to be bound to a node and is not, others come first');
    }
    this.#tellUnbindable(state);
    const present = new Set(state.tasks.map(({ task }) => task.id));
    for (const id of this.#moved.keys()) if (!present.has(id)) this.#moved.delete(id);
    for (const id of present) if (!this.#moved.has(id)) this.#moved.set(id, 0);
  }

  /** Once for each task as long as it lasts. */
  #tellUnbindable({ tasks }: MemoryState): void {
    const unbindable = tasks.filter(({ cpus }) => cpus === undefined).map(({ task }) => task.id);
    for (const task of unbindable) {
      if (this.#unbindable.has(task)) continue;
      this.#options.logger.warn(
        { task },
        'the task has no cpuset on this host (cgroup v1: none of that path): it is left where it is',
      );
    }
    this.#unbindable = new Set(unbindable);
  }

  #bind(state: MemoryState, allocations: Map<TaskId, TaskAllocations>): void {
    const { migratePages, bindMemory, migrateMemory } = this.#options;
    const isHeldOff = (id: string): boolean => this.#backoff.isHeldOff(id);
    for (const { task, node, cpus } of chooseTasks(state, { ...this.#options, isHeldOff })) {
      allocations.set(task.task.id, {
        cpuset_cpus: formatIdList(cpus),
        ...(bindMemory ? { cpuset_mems: `${node}` } : {}),
        ...(bindMemory && migrateMemory ? { cpuset_memory_migrate: 1 as const } : {}),
        ...(migratePages ? { migrate_pages: node } : {}),
      });
      if (migratePages) this.#count(task, node);
    }
    this.#backoff.asked(allocations.keys());
  }

  #remigrate(state: MemoryState, allocations: Map<TaskId, TaskAllocations>): void {
    const { migratePages, remigrateBelow } = this.#options;
    if (!migratePages || remigrateBelow === undefined) return;
    for (const task of chooseRemigrations(state, remigrateBelow)) {
      if (task.pinnedTo === undefined) continue;
      allocations.set(task.task.id, { migrate_pages: task.pinnedTo });
      this.#count(task, task.pinnedTo);
    }
  }

  #count(task: TaskState, node: number): void {
    const { id } = task.task;
    this.#moved.set(id, (this.#moved.get(id) ?? 0) + pagesElsewhere(task, node));
  }
}

/** §7.9, with type and help (W-45 of the configuration's weaknesses); the number of tasks once (W40). */
function balanceMetrics({ nodes, tasks }: MemoryState): readonly Metric[] {
  const ofNodes = nodes.flatMap(({ id, pinnedTasks, balanceBytes }) => {
    const labels = { numa_node: `${id}` };
    return [
      metric('numa__balanced_memory_tasks', pinnedTasks, labels),
      metric('numa__balanced_memory_size', balanceBytes, labels),
    ];
  });
  return [...ofNodes, metric('numa__task_tasks_count', tasks.length, {})];
}

function taskMetrics({ tasks }: MemoryState, moved: ReadonlyMap<TaskId, number>): readonly Metric[] {
  let total = 0;
  const ofTasks = tasks.flatMap(({ task, cpus, pinnedTo }) => {
    const { id, labels } = task;
    const pages = moved.get(id) ?? 0;
    total += pages;
    const pagesToMove = metric('numa__task_pages_to_move', pages, labels);
    return cpus === undefined
      ? [pagesToMove]
      : [pagesToMove, metric('numa__task_current_node', pinnedTo ?? -1, labels)];
  });
  return [...ofTasks, metric('numa__total_pages_to_move', total, {})];
}

/** Type, unit and help by name. */
const facts = {
  numa__balanced_memory_tasks: ['gauge', 'numeric', 'Tasks bound to each NUMA node.'],
  numa__balanced_memory_size: ['gauge', 'bytes', 'Memory limits of the tasks bound to each NUMA node, added.'],
  numa__task_tasks_count: ['gauge', 'numeric', 'Tasks on the host.'],
  numa__task_current_node: ['gauge', 'numeric', 'NUMA node to which the task is bound; -1: none.'],
  numa__task_pages_to_move: ['counter', 'numeric', 'Pages of the task that were to be moved since it was first seen.'],
  // The pages of a task leave the sum with the task.
  numa__total_pages_to_move: ['gauge', 'numeric', 'Pages that were to be moved, of all tasks that are there.'],
} as const;

function metric(name: keyof typeof facts, value: number, labels: Labels): Metric {
  const [type, unit, help] = facts[name];
  return { name, value, labels, type, unit, help };
}
