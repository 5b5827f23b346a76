import { defineComponent } from '../../config/component.ts';
import { withDefault } from '../../config/parameters.ts';
import type { Type } from '../../config/site.ts';
import { bool, float, int, nullable, oneOf } from '../../config/types.ts';
import { numaAlgorithms } from './choose.ts';
import { NUMAAllocator } from './numa-allocator.ts';

/** Accepted, told, without effect. */
function ineffective<T>(type: Type<T>, why: string): Type<T> {
  return {
    label: type.label,
    check(node, site) {
      site.note(node, why);
      return type.check(node, site);
    },
  };
}

/** `!NUMAAllocator` (spec allocation §7.1). */
export const numaAllocator = defineComponent({
  tag: 'NUMAAllocator',
  kind: 'allocator',
  since: 'seed',
  doc: 'Puts each task on one NUMA node, the largest first, and keeps its memory there. A task whose CPUs are all on one node is left where it is; nodes without CPUs are never used; a task that could not be bound lets the others go first.',
  parameters: {
    algorithm: withDefault(oneOf(numaAlgorithms, { enumTag: 'NUMAAlgorithm' }), 'fill_biggest_first', {
      doc: 'fill_biggest_first: the node on which the least memory is promised to tasks. minimize_migration: two of these must agree: most pages of the task are there, least memory is promised, most is free.',
    }),
    loop_min_task_balance: withDefault(float(), 0, {
      doc: 'minimize_migration only: leave a task alone when the node with most of its pages has a smaller part of them, 0 to 1.',
    }),
    free_space_check: withDefault(bool(), false, {
      doc: 'Leave a task alone when what has to move does not fit into the free memory of the node.',
    }),
    migrate_pages: withDefault(bool(), true, { doc: 'Move the pages of a task to its node.' }),
    migrate_pages_min_task_balance: withDefault(nullable(float()), 0.95, {
      doc: 'Move them again while a smaller part of them is there, 0 to 1, and no other node has more free memory; null: never again.',
    }),
    cgroups_cpus_binding: withDefault(ineffective(bool(), 'without effect: CPUs are always bound'), true, {
      doc: 'Without effect, as it was in the original: CPUs are always bound.',
    }),
    cgroups_memory_binding: withDefault(bool(), false, {
      doc: 'Also let the task have memory of its node only (cpuset_mems).',
    }),
    cgroups_memory_migrate: withDefault(bool(), false, {
      doc: 'Only with cgroups_memory_binding: the kernel moves pages when the binding changes (cpuset_memory_migrate).',
    }),
    dryrun: withDefault(bool(), false, { doc: 'Export how the nodes are filled, change nothing.' }),
    max_tasks_per_iteration: withDefault(int({ min: 1, max: 1000 }), 1, {
      doc: 'Tasks bound in one iteration, at most.',
    }),
  },
  example: '!NUMAAllocator {algorithm: minimize_migration, free_space_check: true}',
  create: (args, { logger }) =>
    new NUMAAllocator({
      algorithm: args.algorithm,
      loopMinTaskBalance: args.loop_min_task_balance,
      freeSpaceCheck: args.free_space_check,
      migratePages: args.migrate_pages,
      remigrateBelow: args.migrate_pages_min_task_balance,
      bindMemory: args.cgroups_memory_binding,
      migrateMemory: args.cgroups_memory_migrate,
      dryRun: args.dryrun,
      maxTasks: args.max_tasks_per_iteration,
      logger: logger('wca.extra.numa_allocator'),
    }),
});
