import type { Row } from './metric-facts.ts';

/** Metrics of WCA itself; part of the catalogue. */

// biome-ignore format: one metric a line
export const internalRows: readonly Row[] = [
  ['wca_up', 'counter', 'timestamp', 'seed', 'max', '', 'Unix time (seconds) of the latest completed iteration; doubles as a liveness signal.'],
  ['wca_information', 'gauge', 'numeric', 'seed', 'max', 'sockets,cores,cpus,cpu_model,cpu_model_number,wca_version', 'Constant 1 whose labels describe the WCA build and the machine.'],
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
  ['wca_rdt_rmids', 'gauge', 'numeric', 'wca', 'max', '', 'Monitoring ids (RMIDs) of the CPU: groups of resctrl that can be counted at a time.'],
  ['wca_rdt_rmids_used', 'gauge', 'numeric', 'wca', 'max', '', 'Groups of resctrl, of whatever program, that occupy a monitoring id.'],
  ['wca_rdt_groups', 'gauge', 'numeric', 'wca', 'sum', '', 'Monitoring groups the collector has made.'],
  ['wca_rdt_sync_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'Time the collector spent on moving threads into monitoring groups.'],
  ['wca_wss_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'Time the collector spent on measuring working sets.'],
  ['wca_sched_seconds', 'counter', 'seconds', 'wca', 'sum', '', 'Time the collector spent on reading scheduler statistics.'],
  ['wca_collector_overruns', 'counter', 'numeric', 'wca', 'sum', '', 'Sampling ticks the collector skipped because the previous one had not finished.'],
];
