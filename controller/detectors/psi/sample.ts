import type { Measurements } from '../../model/measurements.ts';
import type { Platform } from '../../model/platform.ts';

/** What tasks can wait for, as PSI divides it. */
export const pressureResources = ['cpu', 'memory', 'io'] as const;
export type PressureResource = (typeof pressureResources)[number];

export type PerResource<T> = Readonly<Record<PressureResource, T>>;

/** Counters of a task at one time; undefined: not measured. */
export interface TaskSample {
  /** Seconds stalled: CPU of some threads, memory and IO of all (field §3.6). */
  readonly stalledSeconds: PerResource<number | undefined>;
  readonly throttledSeconds: number | undefined;
  /** What it used of each: CPU seconds, bytes of faulted pages, bytes of block devices. */
  readonly used: PerResource<number | undefined>;
  /** Memory held of what it may hold, 0..1. */
  readonly limitShare: number | undefined;
}

/** Counters of the host at one time. */
export interface HostSample {
  /** Unix seconds. */
  readonly seconds: number;
  readonly cpus: number;
  readonly busySeconds: number | undefined;
  readonly stealSeconds: number | undefined;
  /** Memory in use but for caches, 0..1. */
  readonly memoryShare: number | undefined;
}

/** /proc/stat counts in USER_HZ, which is 100 on every Linux of today. */
const ticksPerSecond = 100;

/** Names of time waited for a CPU in /proc/TID/sched, milliseconds: since 5.15, and before. */
const waitKeys: ReadonlySet<string> = new Set(['wait_sum', 'se.statistics.wait_sum']);

/** Counters of one task. Where PSI is off the time it waited in run queues stands for CPU pressure, when it is measured. */
export function sampleTask(measured: Measurements, { pageSizeBytes }: Pick<Platform, 'pageSizeBytes'>): TaskSample {
  const stalls = measured.levels('task_psi_stalled_seconds');
  const stalled = (resource: PressureResource, kind: string): number | undefined =>
    stalls.find(({ labels }) => labels['resource'] === resource && labels['kind'] === kind)?.value;
  const read = measured.number('task_io_read_bytes');
  const written = measured.number('task_io_written_bytes');
  const faults = measured.number('task_mem_page_faults');
  return {
    stalledSeconds: {
      cpu: stalled('cpu', 'some') ?? waitedSeconds(measured),
      memory: stalled('memory', 'full'),
      io: stalled('io', 'full'),
    },
    throttledSeconds: measured.number('task_cpu_throttled_seconds'),
    used: {
      cpu: measured.number('task_cpu_usage_seconds'),
      memory: faults === undefined ? undefined : faults * pageSizeBytes,
      io: read === undefined ? undefined : read + (written ?? 0),
    },
    limitShare: limitShare(measured),
  };
}

/** Counters of the host. */
export function sampleHost({ timestamp, cpus, memoryTotalBytes, measurements }: Platform): HostSample {
  const busy = measurements.levels('platform_cpu_usage');
  const steal = measurements.number('platform_cpu_steal');
  const used = measurements.number('platform_mem_usage_bytes');
  return {
    seconds: timestamp,
    cpus,
    busySeconds: busy.length === 0 ? undefined : busy.reduce((sum, { value }) => sum + value, 0) / ticksPerSecond,
    stealSeconds: steal === undefined ? undefined : steal / ticksPerSecond,
    memoryShare: used === undefined || memoryTotalBytes <= 0 ? undefined : used / memoryTotalBytes,
  };
}

function waitedSeconds(measured: Measurements): number | undefined {
  const found = measured.levels('task_sched_stat').find(({ labels }) => waitKeys.has(labels['key'] ?? ''));
  return found === undefined ? undefined : found.value / 1000;
}

function limitShare(measured: Measurements): number | undefined {
  const used = measured.number('task_mem_usage_bytes');
  const limit = measured.number('task_mem_limit_bytes');
  const soft = measured.number('task_mem_soft_limit_bytes') ?? Number.POSITIVE_INFINITY;
  if (used === undefined || limit === undefined) return undefined;
  const least = Math.min(limit, soft);
  return least > 0 ? used / least : 1;
}
