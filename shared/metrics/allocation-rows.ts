import type { Row } from './metric-facts.ts';

/** Metrics of allocations and anomalies; part of the catalogue. Labels beside those of the task: allocation_type, container_name, task. */

// biome-ignore format: one metric a line
export const allocationRows: readonly Row[] = [
  ['allocation_cpu_quota', 'gauge', 'numeric', 'seed', 'own', '', 'CPU quota in force for the task as a part of all CPUs of the machine; 1 is unlimited.'],
  ['allocation_cpu_shares', 'gauge', 'numeric', 'seed', 'own', '', 'CPU shares in force for the task in units of cpu_shares_unit; on cgroup v2 the shares that the kernel takes the weight for.'],
  ['allocation_cpuset_cpus_number_of_cpus', 'gauge', 'numeric', 'seed', 'own', '', 'CPUs that the task may use.'],
  ['allocation_cpuset_mems_number_of_mems', 'gauge', 'numeric', 'seed', 'own', '', 'NUMA nodes that the task may allocate memory on.'],
  ['allocation_cpuset_memory_migrate', 'gauge', 'numeric', 'seed', 'own', '', 'Whether memory follows a change of the nodes (0 or 1); cgroup v1.'],
  ['allocation_migrate_pages', 'gauge', 'numeric', 'seed', 'own', '', 'NUMA node to which pages of the task were moved last.'],
  ['allocation_migrate_pages_moved', 'gauge', 'numeric', 'wca', 'own', '', 'Pages that the last migration of the task has moved.'],
  ['allocation_migrate_pages_not_moved', 'gauge', 'numeric', 'wca', 'own', '', 'Pages that the kernel did not move in the last migration of the task.'],
  ['allocation_rdt_l3_cache_ways', 'gauge', 'numeric', 'seed', 'own', 'group_name,domain_id', 'Ways of the cache that the control group of the task may fill.'],
  ['allocation_rdt_l3_mask', 'gauge', 'numeric', 'seed', 'own', 'group_name,domain_id', 'Mask of these ways as a number.'],
  ['allocation_rdt_mb', 'gauge', 'numeric', 'seed', 'own', 'group_name,domain_id', 'Memory bandwidth of the control group of the task, in the unit of the machine: per cent, MB/s or 1/8 GB/s.'],
  ['allocation_cpu_idle', 'gauge', 'numeric', 'wca', 'own', '', 'Whether the task runs only when no other wants the CPU (0 or 1).'],
  ['allocation_cpu_burst_seconds', 'gauge', 'seconds', 'wca', 'own', '', 'CPU time above its quota that the task may save up.'],
  ['allocation_memory_high_bytes', 'gauge', 'bytes', 'wca', 'own', '', 'Memory above which the task is throttled; without a bound there is no value.'],
  ['allocation_memory_low_bytes', 'gauge', 'bytes', 'wca', 'own', '', 'Memory of the task that is not reclaimed while others have some.'],
  ['allocation_io_weight', 'gauge', 'numeric', 'wca', 'own', '', 'Weight of the task for block IO, 1 to 10000.'],
];

// biome-ignore format: one metric a line
export const allocatorRows: readonly Row[] = [
  ['allocations_count', 'counter', 'numeric', 'seed', 'sum', '', 'Tasks in the accepted answers of the allocator.'],
  ['allocations_errors', 'counter', 'numeric', 'seed', 'sum', '', 'Iterations in which the allocator failed or something it wanted was rejected.'],
  ['allocation_duration', 'gauge', 'seconds', 'seed', 'max', '', 'Time the latest call of the allocator took.'],
  ['wca_allocation_results', 'counter', 'numeric', 'wca', 'sum', 'outcome', 'Values asked of the collector, by what became of them: unchanged, applied, would_apply, rejected, failed, rolled_back.'],
  ['wca_static_allocator_reload_failures', 'counter', 'numeric', 'wca', 'sum', '', 'Versions of the rules file of StaticAllocator that could not be used.'],
];
