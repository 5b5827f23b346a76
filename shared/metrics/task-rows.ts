import type { Row } from './metric-facts.ts';

/** Metrics of tasks; part of the catalogue. */

// biome-ignore format: one metric a line
export const cgroupRows: readonly Row[] = [
  ['task_cpu_usage_seconds', 'counter', 'seconds', 'seed', 'sum', '', 'CPU time (user plus kernel) consumed by the task.'],
  ['task_mem_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory currently charged to the task.'],
  ['task_mem_max_usage_bytes', 'gauge', 'bytes', 'seed', 'peak', '', 'Highest memory charge recorded for the task. With several containers: that of the cgroup around them, or, where the kernel does not keep it, the sum of their peaks, an upper bound.'],
  ['task_mem_limit_bytes', 'gauge', 'bytes', 'seed', 'limit', '', 'Hard memory limit of the task (9223372036854771712 when unlimited).'],
  ['task_mem_soft_limit_bytes', 'gauge', 'bytes', 'seed', 'limit', '', 'Soft memory limit of the task: memory.soft_limit_in_bytes on cgroup v1, memory.high on v2 (9223372036854771712 when unlimited).'],
  ['task_mem_numa_pages', 'gauge', 'numeric', 'seed', 'sum', 'numa_node', 'Pages of the task resident on each NUMA node.'],
  ['task_mem_page_faults', 'counter', 'numeric', 'seed', 'sum', '', 'Page faults taken by the task (minor and major).'],
  ['task_cpu_periods', 'counter', 'numeric', 'wca', 'sum', '', 'Enforcement periods of the CPU quota that elapsed while the task wanted to run.'],
  ['task_cpu_throttled_periods', 'counter', 'numeric', 'wca', 'sum', '', 'Enforcement periods in which the task used up its CPU quota and was stopped.'],
  ['task_cpu_throttled_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'Time the task was stopped by its CPU quota, added over its run queues.'],
  ['task_io_read_bytes', 'counter', 'bytes', 'wca', 'sum', '', 'Bytes the task read from block devices.'],
  ['task_io_written_bytes', 'counter', 'bytes', 'wca', 'sum', '', 'Bytes the task wrote to block devices. On cgroup v1 without what the kernel writes later (buffered writes).'],
  ['task_psi_avg10_ratio', 'gauge', 'ratio', 'wca', 'own', 'resource,kind', 'Share of the last 10 seconds in which some (kind="some") or all (kind="full") threads of the task waited for the resource, 0 to 1.'],
  ['task_psi_stalled_seconds', 'counter', 'seconds', 'wca', 'own', 'resource,kind', 'Time in which some (kind="some") or all (kind="full") threads of the task waited for the resource.'],
];

// biome-ignore format: one metric a line
export const perfRows: readonly Row[] = [
  ['task_instructions', 'counter', 'numeric', 'seed', 'sum', '', 'Instructions retired while the task was running; generic hardware event.'],
  ['task_cycles', 'counter', 'numeric', 'seed', 'sum', '', 'Core clock cycles spent running the task; generic hardware event.'],
  ['task_cache_misses', 'counter', 'numeric', 'seed', 'sum', '', 'Last-level cache misses caused by the task; generic hardware event.'],
  ['task_cache_references', 'counter', 'numeric', 'seed', 'sum', '', 'Last-level cache accesses made by the task; generic hardware event.'],
  ['task_stalled_mem_loads', 'counter', 'numeric', 'seed', 'sum', '', 'Cycles in which execution was stalled while a demand load was outstanding; raw event of the CPU model.'],
  ['task_offcore_requests_l3_miss_demand_data_rd', 'counter', 'numeric', 'seed', 'sum', '', 'Demand data reads that missed L3; raw event of the CPU model.'],
  ['task_offcore_requests_demand_data_rd', 'counter', 'numeric', 'head', 'sum', '', 'Demand data reads sent from the core to the uncore; raw event of the CPU model.'],
  ['task_offcore_requests_demand_rfo', 'counter', 'numeric', 'head', 'sum', '', 'Demand read-for-ownership requests sent to the uncore; raw event of the CPU model.'],
  ['task_offcore_requests_outstanding_l3_miss_demand_data_rd', 'counter', 'numeric', 'seed', 'sum', '', 'Sum over cycles of L3-missing demand reads still pending in the super queue; raw event of the CPU model.'],
  ['task_mem_load_retired_local_pmm', 'counter', 'numeric', 'seed', 'sum', '', 'Retired loads whose data came from local persistent memory; raw event of the CPU model.'],
  ['task_mem_load_retired_local_dram', 'counter', 'numeric', 'seed', 'sum', '', 'Retired loads that missed L3 and were served by DRAM of the same socket; raw event of the CPU model.'],
  ['task_mem_load_retired_remote_dram', 'counter', 'numeric', 'head', 'sum', '', 'Retired loads that missed L3 and were served by DRAM of another socket; raw event of the CPU model.'],
  ['task_mem_inst_retired_loads', 'counter', 'numeric', 'seed', 'sum', '', 'All retired load instructions; raw event of the CPU model.'],
  ['task_mem_inst_retired_stores', 'counter', 'numeric', 'seed', 'sum', '', 'All retired store instructions; raw event of the CPU model.'],
  ['task_dtlb_load_misses', 'counter', 'numeric', 'seed', 'sum', '', 'Loads that missed every data-TLB level and finished a page walk; raw event of the CPU model.'],
  ['task_clock_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'CPU time of the task as perf counts it; software event task-clock.'],
  ['task_context_switches', 'counter', 'numeric', 'wca', 'sum', '', 'Context switches of the task; software event.'],
  ['task_cpu_migrations', 'counter', 'numeric', 'wca', 'sum', '', 'Moves of a thread of the task to another CPU; software event.'],
  ['task_page_faults', 'counter', 'numeric', 'wca', 'sum', '', 'Page faults of the task as perf counts them; software event.'],
  ['task_minor_faults', 'counter', 'numeric', 'wca', 'sum', '', 'Page faults of the task served without IO; software event.'],
  ['task_major_faults', 'counter', 'numeric', 'wca', 'sum', '', 'Page faults of the task that needed IO; software event.'],
  ['task_alignment_faults', 'counter', 'numeric', 'wca', 'sum', '', 'Memory accesses of the task that the kernel had to align for it; software event, 0 on x86.'],
  ['task_emulation_faults', 'counter', 'numeric', 'wca', 'sum', '', 'Instructions of the task that the kernel had to emulate; software event, 0 on x86.'],
  ['task_cgroup_switches', 'counter', 'numeric', 'wca', 'sum', '', 'Context switches from the task to a task of another cgroup; software event, Linux 5.13 or later.'],
  ['task_scaling_factor_avg', 'gauge', 'numeric', 'seed', 'mean', '', 'Mean multiplexing factor over the CPUs the task ran on since the previous sample; 1 means the counters were never shared.'],
  ['task_scaling_factor_max', 'gauge', 'numeric', 'seed', 'max', '', 'Largest multiplexing factor over the CPUs the task ran on since the previous sample; 1 means nothing was estimated.'],
];

// biome-ignore format: one metric a line
export const derivedRows: readonly Row[] = [
  ['task_ips', 'gauge', 'numeric', 'seed', 'sum', '', 'Instructions per second since the previous measurement.'],
  ['task_ipc', 'gauge', 'numeric', 'seed', 'max', '', 'Instructions completed per clock cycle since the previous measurement.'],
  ['task_cache_hit_ratio', 'gauge', 'numeric', 'seed', 'max', '', 'Share of cache references that hit since the previous measurement, 0 to 1.'],
  ['task_cache_misses_per_kilo_instructions', 'gauge', 'numeric', 'seed', 'max', '', 'Cache misses per thousand instructions since the previous measurement.'],
];

// biome-ignore format: one metric a line
export const rdtRows: readonly Row[] = [
  ['task_llc_occupancy_bytes', 'gauge', 'bytes', 'seed', 'own', '', 'Last-level cache occupied by the task, added over all L3 domains.'],
  ['task_mem_bandwidth_bytes', 'counter', 'bytes', 'seed', 'own', '', 'Bytes moved between L3 and memory for the task, added over all L3 domains, since its monitoring group was made.'],
  ['task_mem_bandwidth_local_bytes', 'counter', 'bytes', 'seed', 'own', '', 'Bytes moved to or from memory of the same socket.'],
  ['task_mem_bandwidth_remote_bytes', 'counter', 'bytes', 'seed', 'own', '', 'Bytes moved to or from other sockets: total minus local, never below 0.'],
];

// biome-ignore format: one metric a line
export const rdtDomainRows: readonly Row[] = [
  ['task_llc_occupancy_domain_bytes', 'gauge', 'bytes', 'wca', 'own', 'domain_id', 'Last-level cache occupied by the task in one L3 domain.'],
  ['task_mem_bandwidth_domain_bytes', 'counter', 'bytes', 'wca', 'own', 'domain_id', 'Bytes moved between one L3 and memory for the task.'],
  ['task_mem_bandwidth_local_domain_bytes', 'counter', 'bytes', 'wca', 'own', 'domain_id', 'Bytes moved between one L3 and memory of the same socket for the task.'],
];

// biome-ignore format: one metric a line
export const wssRows: readonly Row[] = [
  ['task_wss_referenced_bytes', 'gauge', 'bytes', 'seed', 'own', '', 'Memory of the task referenced since the referenced bits were last cleared; pages shared by several of its processes count once for each.'],
  ['task_working_set_size_bytes', 'gauge', 'bytes', 'head', 'own', '', 'Referenced memory, averaged over the last period in which it stopped growing; held until the next such period.'],
  ['task_wss_measure_overhead_seconds', 'counter', 'seconds', 'head', 'own', '', 'Time spent on reading smaps and clearing referenced bits for the task.'],
];

// biome-ignore format: one metric a line
export const schedRows: readonly Row[] = [
  ['task_sched_stat', 'gauge', 'numeric', 'head', 'own', 'key', 'Fields of /proc/TID/sched over the threads of the task: amounts are added, maxima and priorities are the largest.'],
  ['task_sched_stat_numa_faults', 'gauge', 'numeric', 'head', 'own', 'numa_node,fault_type', 'NUMA balancing faults of the threads of the task by node and kind (task_private, task_shared, group_private, group_shared).'],
];

// biome-ignore format: one metric a line
export const taskRows: readonly Row[] = [
  ['task_requested_cpus', 'gauge', 'numeric', 'seed', 'sum', '', 'CPUs requested for the task at scheduling time.'],
  ['task_requested_mem_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory requested for the task at scheduling time.'],
  ['task_last_seen', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) at which the task was measured.'],
  ['task_up', 'counter', 'numeric', 'seed', 'max', '', 'Constant 1 for every measured task.'],
  ['task_subcontainers', 'gauge', 'numeric', 'head', 'sum', '', 'Number of container cgroups inside the task; 0 when the task is a single cgroup.'],
];
