/**
 * How the values of a field of /proc/TID/sched are put together over several threads: amounts are added; of what has no
 * meaning as a sum the largest is taken.
 */
export type SchedRule = 'sum' | 'max';

/**
 * Added up: counts, times that were spent, and what the kernel itself adds for a group of threads: weights, and the load
 * and utilisation averages (1024 is one CPU in full use).
 */
const sums: readonly RegExp[] = [
  /^se\.(sum_exec_runtime|nr_migrations|(load|runnable)[._]weight)$/,
  /^se\.avg\.(load|runnable|runnable_load|util)_(sum|avg)$/,
  /^se\.avg\.util_est(\.enqueued|\.ewma)?$/,
  // Before 5.16 these begin with se.statistics.
  /^(se\.statistics\.)?(nr_\w+|sum_\w+_runtime|\w+_sum|\w+_count)$/,
  /^(numa_pages_migrated|total_numa_faults)$/,
];

/**
 * The rule of a field by its name in kernel/sched/debug.c. The largest, beside maxima (`exec_max`), of: priorities and
 * policies, virtual time, averages of one thread (`avg_atom`), moments (`wait_start`, `se.exec_start`), ids of nodes, and
 * every field that is not known. Pure.
 */
export function chooseSchedRule(key: string): SchedRule {
  return sums.some((pattern) => pattern.test(key)) ? 'sum' : 'max';
}
