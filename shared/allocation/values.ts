/** Types of allocations, in the order in which they are applied to a target (spec allocation §2, W21). */
export const allocationTypes = [
  'cpuset_memory_migrate',
  'cpuset_mems',
  'cpuset_cpus',
  'cpu_shares',
  'cpu_idle',
  'cpu_quota',
  'cpu_burst',
  'memory_low',
  'memory_high',
  'io_weight',
  'rdt',
  'migrate_pages',
] as const;

export type AllocationType = (typeof allocationTypes)[number];

export function isAllocationType(text: string): text is AllocationType {
  return allocationTypes.some((type) => type === text);
}

/** How shares become cpu.weight on cgroup v2 (spec allocation §2.3). */
export const shareConversions = ['kernel', 'oci-linear', 'oci-log'] as const;
export type ShareConversion = (typeof shareConversions)[number];

/** TypeScript form of wca.v1.AllocationValue: one allocation in kernel units; see collector.proto. */
export type AllocationValue =
  | {
      readonly type: 'cpu_quota' /** undefined: unlimited */;
      readonly quotaUs: number | undefined;
      readonly periodUs: number;
    }
  | { readonly type: 'cpu_shares'; readonly shares: number; readonly conversion: ShareConversion }
  /** List format: `0-3,6`. */
  | { readonly type: 'cpuset_cpus' | 'cpuset_mems'; readonly ids: string }
  | { readonly type: 'cpuset_memory_migrate' | 'cpu_idle'; readonly on: boolean }
  | { readonly type: 'migrate_pages'; readonly node: number; readonly bulk: boolean }
  /** `group` undefined: the target's own; '' is the root group. `lines`: `L3:0=f;1=f`. */
  | { readonly type: 'rdt'; readonly group: string | undefined; readonly lines: readonly string[] }
  | { readonly type: 'cpu_burst'; readonly burstUs: number }
  /** undefined: no bound. */
  | { readonly type: 'memory_high' | 'memory_low'; readonly bytes: number | undefined }
  | { readonly type: 'io_weight'; readonly weight: number };

export type ValueOf<T extends AllocationType> = Extract<AllocationValue, { readonly type: T }>;

/** How the last page migration of a target goes; pages. */
export interface MigrationProgress {
  readonly moved: number;
  readonly notMoved: number;
  readonly left: number;
  readonly running: boolean;
}

/** A value in force, as the kernel says. */
export interface CurrentValue {
  readonly value: AllocationValue;
  /** The kernel's own words. */
  readonly raw: string;
  /** cpu_shares on v2: cpu.weight, of which `shares` is the kernel's mapping. */
  readonly weight?: number;
  /** migrate_pages. */
  readonly progress?: MigrationProgress;
}

/** What is in force for one target. */
export interface CurrentAllocations {
  /** Which cgroup it is: another one that is made under the same path has another identity. 0n: there is none. */
  readonly identity: bigint;
  /** What the layout has and could be read; one of a type. */
  readonly values: readonly CurrentValue[];
}
