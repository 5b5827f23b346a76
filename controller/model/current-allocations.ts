/** What a task has now, in the units of TaskAllocations; read back from the kernel. */
export interface CurrentTaskAllocations {
  /** May exceed 1: a quota above the machine. */
  readonly cpu_quota?: number | undefined;
  readonly cpu_shares?: number | undefined;
  /** Ascending ids. */
  readonly cpuset_cpus?: readonly number[] | undefined;
  readonly cpuset_mems?: readonly number[] | undefined;
  readonly cpuset_memory_migrate?: 0 | 1 | undefined;
  readonly rdt?:
    | { readonly name: string; readonly l3?: string | undefined; readonly mb?: string | undefined }
    | undefined;
  readonly cpu_idle?: 0 | 1 | undefined;
  readonly cpu_burst?: number | undefined;
  readonly memory_high?: number | 'max' | undefined;
  readonly memory_low?: number | 'max' | undefined;
  readonly io_weight?: number | undefined;
}
