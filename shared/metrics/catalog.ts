/**
 * Every metric WCA exports: the only place where names, types, units, labels and help texts stand. It is data:
 * docs/metrics.md is generated from it, the exposition takes its HELP and TYPE lines from it, the collector its rule
 * for merging the containers of one task.
 */

export type MetricType = 'counter' | 'gauge';
export type MetricUnit = 'bytes' | 'bytes_per_second' | 'seconds' | 'numeric' | 'timestamp' | 'ratio';
export type MetricGranularity = 'platform' | 'task' | 'internal';

/**
 * How the readings of a task's containers become the task's:
 * - `sum`: added; a container that ended keeps counting, so that a counter never falls;
 * - `max`: the largest;
 * - `limit`: added, but unlimited wins;
 * - `own`: read from the task's own cgroup instead of its containers'.
 */
export type MergeRule = 'sum' | 'max' | 'limit' | 'own';

export interface MetricFacts {
  readonly help: string;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  readonly granularity: MetricGranularity;
  /** Where the number comes from, for people. */
  readonly source: string;
  /** Dimensions inside the metric, as label names. */
  readonly levels: readonly string[];
  readonly merge: MergeRule;
  /** What makes it appear, for people. */
  readonly enabledBy: string;
  /** First version: `seed` and `head` are the original's, `wca` is ours. */
  readonly since: 'seed' | 'head' | 'wca';
}

type Row = readonly [
  name: string,
  type: MetricType,
  unit: MetricUnit,
  since: MetricFacts['since'],
  merge: MergeRule,
  levels: string,
  help: string,
];

// biome-ignore format: one metric a line
const cgroupRows: readonly Row[] = [
  ['task_cpu_usage_seconds', 'counter', 'seconds', 'seed', 'sum', '', 'CPU time (user plus kernel) consumed by the task.'],
  ['task_mem_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory currently charged to the task.'],
  ['task_mem_max_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Highest memory charge recorded for the task. With several containers: the sum of their peaks, an upper bound.'],
  ['task_mem_limit_bytes', 'gauge', 'bytes', 'seed', 'limit', '', 'Hard memory limit of the task (9223372036854771712 when unlimited).'],
  ['task_mem_soft_limit_bytes', 'gauge', 'bytes', 'seed', 'limit', '', 'Soft memory limit of the task: memory.soft_limit_in_bytes on cgroup v1, memory.high on v2 (9223372036854771712 when unlimited).'],
  ['task_mem_numa_pages', 'gauge', 'numeric', 'seed', 'sum', 'numa_node', 'Pages of the task resident on each NUMA node.'],
  ['task_mem_page_faults', 'counter', 'numeric', 'seed', 'sum', '', 'Page faults taken by the task (minor and major).'],
  ['task_cpu_periods', 'counter', 'numeric', 'wca', 'sum', '', 'Enforcement periods of the CPU quota that elapsed while the task wanted to run.'],
  ['task_cpu_throttled_periods', 'counter', 'numeric', 'wca', 'sum', '', 'Enforcement periods in which the task used up its CPU quota and was stopped.'],
  ['task_cpu_throttled_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'Time the task was stopped by its CPU quota, added over its run queues.'],
  ['task_psi_avg10_ratio', 'gauge', 'ratio', 'wca', 'own', 'resource,kind', 'Share of the last 10 seconds in which some (kind="some") or all (kind="full") threads of the task waited for the resource, 0 to 1.'],
  ['task_psi_stalled_seconds', 'counter', 'seconds', 'wca', 'own', 'resource,kind', 'Time in which some (kind="some") or all (kind="full") threads of the task waited for the resource.'],
];

// biome-ignore format: one metric a line
const perfRows: readonly Row[] = [
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
  ['task_scaling_factor_avg', 'gauge', 'numeric', 'seed', 'max', '', 'Mean multiplexing factor over the CPUs the task ran on since the previous sample; 1 means the counters were never shared.'],
  ['task_scaling_factor_max', 'gauge', 'numeric', 'seed', 'max', '', 'Largest multiplexing factor over the CPUs the task ran on since the previous sample; 1 means nothing was estimated.'],
];

// biome-ignore format: one metric a line
const derivedRows: readonly Row[] = [
  ['task_ips', 'gauge', 'numeric', 'seed', 'sum', '', 'Instructions per second since the previous measurement.'],
  ['task_ipc', 'gauge', 'numeric', 'seed', 'max', '', 'Instructions completed per clock cycle since the previous measurement.'],
  ['task_cache_hit_ratio', 'gauge', 'numeric', 'seed', 'max', '', 'Share of cache references that hit since the previous measurement, 0 to 1.'],
  ['task_cache_misses_per_kilo_instructions', 'gauge', 'numeric', 'seed', 'max', '', 'Cache misses per thousand instructions since the previous measurement.'],
];

// biome-ignore format: one metric a line
const taskRows: readonly Row[] = [
  ['task_requested_cpus', 'gauge', 'numeric', 'seed', 'sum', '', 'CPUs requested for the task at scheduling time.'],
  ['task_requested_mem_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory requested for the task at scheduling time.'],
  ['task_last_seen', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) at which the task was measured.'],
  ['task_up', 'counter', 'numeric', 'seed', 'max', '', 'Constant 1 for every measured task.'],
  ['task_subcontainers', 'gauge', 'numeric', 'head', 'sum', '', 'Number of container cgroups inside the task; 0 when the task is a single cgroup.'],
];

// biome-ignore format: one metric a line
const platformRows: readonly Row[] = [
  ['platform_topology_cores', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of physical cores in the whole machine.'],
  ['platform_topology_cpus', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of online logical CPUs.'],
  ['platform_topology_sockets', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of CPU sockets.'],
  ['platform_cpu_usage', 'counter', 'numeric', 'seed', 'sum', 'cpu', 'Busy clock ticks of each logical CPU (user, nice, system, irq, softirq, steal), in USER_HZ units, usually 10 ms.'],
  ['platform_mem_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Memory in use on the machine: total minus free minus buffers minus page cache.'],
  ['platform_mem_numa_free_bytes', 'gauge', 'bytes', 'seed', 'sum', 'numa_node', 'Free memory of each NUMA node.'],
  ['platform_mem_numa_used_bytes', 'gauge', 'bytes', 'seed', 'sum', 'numa_node', 'Used memory of each NUMA node.'],
  ['platform_vmstat_numa_pages_migrated', 'counter', 'numeric', 'seed', 'sum', '', 'Pages moved by automatic NUMA balancing.'],
  ['platform_vmstat_pgmigrate_success', 'counter', 'numeric', 'seed', 'sum', '', 'Page migrations that succeeded.'],
  ['platform_vmstat_pgmigrate_fail', 'counter', 'numeric', 'seed', 'sum', '', 'Page migrations that failed.'],
  ['platform_vmstat_numa_hint_faults', 'counter', 'numeric', 'seed', 'sum', '', 'NUMA hinting faults taken.'],
  ['platform_vmstat_numa_hint_faults_local', 'counter', 'numeric', 'seed', 'sum', '', 'NUMA hinting faults that hit a page already on the local node.'],
  ['platform_vmstat_pgfaults', 'counter', 'numeric', 'seed', 'sum', '', 'Page faults on the whole machine.'],
  ['platform_last_seen', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) at which platform information was collected.'],
];

// biome-ignore format: one metric a line
const internalRows: readonly Row[] = [
  ['wca_up', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) of the latest completed iteration; doubles as a liveness signal.'],
  ['wca_information', 'gauge', 'numeric', 'seed', 'max', 'sockets,cores,cpus,cpu_model,wca_version', 'Constant 1 whose labels describe the WCA build and the machine.'],
  ['wca_tasks', 'gauge', 'numeric', 'seed', 'sum', '', 'Number of tasks discovered in this iteration.'],
  ['wca_mem_usage_bytes', 'gauge', 'bytes', 'seed', 'sum', '', 'Resident memory of the controller.'],
  ['wca_duration_seconds', 'gauge', 'numeric', 'seed', 'max', 'function', 'Duration of the latest call of a profiled step: iteration (from snapshot to snapshot), sleep (waiting for the snapshot), collect_platform_information and prepare_tasks_data (the collector reading the platform and the tasks), sync_containers_state (discovery and labels).'],
  ['wca_duration_seconds_avg', 'gauge', 'numeric', 'seed', 'max', 'function', 'Mean duration of a profiled step since WCA started.'],
  ['wca_warning_count', 'counter', 'numeric', 'seed', 'sum', 'module', 'Warnings logged by a module since start.'],
  ['wca_error_count', 'counter', 'numeric', 'seed', 'sum', 'module', 'Errors logged by a module since start.'],
  ['wca_errors', 'counter', 'numeric', 'wca', 'sum', 'code,source', 'Troubles survived since start, by error code and by where they arose.'],
  ['wca_cpu_usage_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'CPU time consumed by the controller.'],
  ['wca_snapshots_lost', 'counter', 'numeric', 'wca', 'sum', '', 'Snapshots of the collector that the controller was too slow to take.'],
  ['wca_series_dropped', 'counter', 'numeric', 'wca', 'sum', 'storage', 'Series left out of the scrape endpoint because its series budget was used up.'],
  ['wca_batches_dropped', 'counter', 'numeric', 'wca', 'sum', 'storage', 'Batches of metrics a storage never got because it was still busy with an earlier one.'],
  ['wca_discovery_age_seconds', 'gauge', 'seconds', 'wca', 'max', '', 'Age of the list of tasks.'],
  ['wca_collector_mem_usage_bytes', 'gauge', 'bytes', 'wca', 'sum', '', 'Resident memory of the collector.'],
  ['wca_collector_cpu_usage_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'CPU time consumed by the collector.'],
  ['wca_collector_open_fds', 'gauge', 'numeric', 'wca', 'sum', '', 'File descriptors the collector has open.'],
  ['wca_collector_overruns', 'counter', 'numeric', 'wca', 'sum', '', 'Sampling ticks the collector skipped because the previous one had not finished.'],
];

const enabledBy: Readonly<Record<string, string>> = {
  task_requested_cpus: 'the task has the resource cpus',
  task_requested_mem_bytes: 'the task has the resource mem',
};

function table(
  rows: readonly Row[],
  granularity: MetricGranularity,
  source: string,
  enabled: string,
): (readonly [string, MetricFacts])[] {
  return rows.map(([name, type, unit, since, merge, levels, help]) => [
    name,
    {
      help,
      type,
      unit,
      granularity,
      source,
      merge,
      since,
      levels: levels === '' ? [] : levels.split(','),
      enabledBy: enabledBy[name] ?? enabled,
    },
  ]);
}

/** All metrics by name, in the order of the documentation. */
export const catalog: ReadonlyMap<string, MetricFacts> = new Map([
  ...table(cgroupRows, 'task', 'cgroup filesystem', 'always, where the kernel has the file'),
  ...table(perfRows, 'task', 'perf subsystem with cgroups', 'event_names'),
  ...table(
    derivedRows,
    'task',
    'derived from perf subsystem with cgroups',
    'enable_derived_metrics and the events in event_names',
  ),
  ...table(taskRows, 'task', 'orchestrator', 'always'),
  ...table(platformRows, 'platform', '/proc and /sys filesystem', 'always'),
  ...table(internalRows, 'internal', 'internal', 'always'),
]);

/** Facts of a user's raw event (`my_event__r0302`), which no table can list. */
export const rawEventFacts: MetricFacts = {
  help: 'Raw event of the CPU named by the user.',
  type: 'counter',
  unit: 'numeric',
  granularity: 'task',
  source: 'perf subsystem with cgroups',
  levels: [],
  merge: 'sum',
  enabledBy: 'event_names',
  since: 'seed',
};

/** Facts of any metric that a collector can send; undefined for a name nobody knows. */
export function factsOf(name: string): MetricFacts | undefined {
  return catalog.get(name) ?? (name.includes('__r') ? rawEventFacts : undefined);
}
