import type { AllocationType } from '../../shared/allocation/values.ts';
import type { Anomaly } from './anomaly.ts';
import type { Metric } from './metric.ts';
import type { TaskId } from './task.ts';

/** Cache and memory bandwidth of a task by a control group of resctrl (spec allocation §1.2, §4). */
export interface RdtAllocation {
  /** Control group. Absent: the task's own. '' is the root group. */
  readonly name?: string | undefined;
  /** `L3:0=f;1=ff`: hexadecimal masks by id of the cache. */
  readonly l3?: string | undefined;
  /** `MB:0=50`, in the unit of the machine: per cent, MB/s with mba_MBps, 1/8 GB/s on AMD. */
  readonly mb?: string | undefined;
  /** Where code and data have masks of their own (resctrl mounted with cdp): `L3CODE:0=f`, `L3DATA:0=f`. */
  readonly l3code?: string | undefined;
  readonly l3data?: string | undefined;
  readonly l2?: string | undefined;
}

/** What a task gets. A type that is left out stays as it is. */
export interface TaskAllocations {
  /** Part of all CPUs of the machine, 0..1; 1 is unlimited. */
  readonly cpu_quota?: number | undefined;
  /** In units of AllocationConfiguration.cpu_shares_unit. */
  readonly cpu_shares?: number | undefined;
  readonly rdt?: RdtAllocation | undefined;
  /** List format (`0-3,6`), one id, or ids. */
  readonly cpuset_cpus?: string | number | readonly number[] | undefined;
  readonly cpuset_mems?: string | number | readonly number[] | undefined;
  readonly cpuset_memory_migrate?: 0 | 1 | boolean | undefined;
  /** NUMA node to which pages that are allocated already are moved. */
  readonly migrate_pages?: number | undefined;
  /** 1: runs only when no other task wants the CPU. */
  readonly cpu_idle?: 0 | 1 | boolean | undefined;
  /** Like cpu_quota: unused quota that may be saved up, at most cpu_quota. */
  readonly cpu_burst?: number | undefined;
  /** Bytes, or 'max'. */
  readonly memory_high?: number | 'max' | undefined;
  readonly memory_low?: number | 'max' | undefined;
  /** 1..10000. */
  readonly io_weight?: number | undefined;
}

export type TasksAllocations = ReadonlyMap<TaskId, TaskAllocations>;

/** What an allocator answers. */
export interface AllocationResult {
  readonly allocations: TasksAllocations;
  readonly anomalies?: readonly Anomaly[] | undefined;
  readonly metrics?: readonly Metric[] | undefined;
}

export type { AllocationType, TaskId };
