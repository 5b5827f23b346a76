import { allocationRows, allocatorRows } from './allocation-rows.ts';
import { anomalyRows, detectionRows } from './detection-rows.ts';
import { internalRows } from './internal-rows.ts';
import type { MetricFacts, MetricGranularity, Row } from './metric-facts.ts';
import { kernelTableRows, memoryModuleRows, platformRows, uncoreDerivedRows, uncoreRows } from './platform-rows.ts';
import { storageRows } from './storage-rows.ts';
import {
  cgroupRows,
  derivedRows,
  perfRows,
  rdtDomainRows,
  rdtRows,
  schedRows,
  taskRows,
  wssRows,
} from './task-rows.ts';

/**
 * Every metric WCA exports: the only place where names, types, units, labels and help texts stand. It is data:
 * docs/metrics.md is generated from it, the exposition takes its HELP and TYPE lines from it, the collector its rule
 * for merging the containers of one task.
 */

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
  ...table(rdtRows, 'task', 'resctrl filesystem', 'rdt_enabled (null: where there is resctrl)'),
  ...table(rdtDomainRows, 'task', 'resctrl filesystem', 'rdt_per_domain'),
  ...table(wssRows, 'task', '/proc filesystem', 'wss_reset_interval or wss_reset_cycles'),
  ...table(schedRows, 'task', '/proc filesystem', 'sched'),
  ...table(taskRows, 'task', 'orchestrator', 'always'),
  ...table(allocationRows, 'task', 'the kernel, by the collector', 'AllocationRunner'),
  ...table(platformRows, 'platform', '/proc and /sys filesystem', 'always'),
  ...table(
    uncoreRows,
    'platform',
    'perf subsystem with dynamic PMUs (uncore)',
    'enable_perf_uncore or uncore_event_names',
  ),
  ...table(
    uncoreDerivedRows,
    'platform',
    'derived from perf uncore',
    'enable_derived_metrics and the events among the uncore ones',
  ),
  ...table(kernelTableRows, 'platform', '/proc and /sys filesystem', 'vmstat or zoneinfo'),
  ...table(memoryModuleRows, 'platform', 'firmware tables, dmidecode, lshw, ipmctl', 'gather_hw_mm_topology'),
  ...table(internalRows, 'internal', 'internal', 'always'),
  ...table(storageRows, 'internal', 'internal', 'always'),
  ...table(anomalyRows, 'task', 'the detector or the allocator', 'DetectionRunner, AllocationRunner'),
  ...table(detectionRows, 'internal', 'DetectionRunner', 'DetectionRunner, AllocationRunner'),
  ...table(allocatorRows, 'internal', 'AllocationRunner', 'AllocationRunner'),
]);

/** Facts of a user's raw event (`my_event__r0302`), which no table can list. */
const rawEventFacts: MetricFacts = {
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

/** Facts of a user's uncore event (`my_reads/uncore_imc/event=0x4/`), which no table can list. A count, not a gauge (W-24). */
const uncoreEventFacts: MetricFacts = {
  help: 'Uncore event named by the user.',
  type: 'counter',
  unit: 'numeric',
  granularity: 'platform',
  source: 'perf subsystem with dynamic PMUs (uncore)',
  levels: ['socket', 'pmu_type'],
  merge: 'sum',
  enabledBy: 'uncore_event_names',
  since: 'head',
};

/**
 * Facts of any metric that a collector can send; undefined for a name nobody knows. `labels` are those of one of its
 * columns: only what a PMU of a socket counts has the label `pmu_type`.
 */
export function factsOf(name: string, labels: Readonly<Record<string, string>> = {}): MetricFacts | undefined {
  const known = catalog.get(name);
  if (known !== undefined) return known;
  if (Object.hasOwn(labels, 'pmu_type')) return uncoreEventFacts;
  return name.includes('__r') ? rawEventFacts : undefined;
}
