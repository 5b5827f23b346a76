/** perf events that the kernel counts itself, without a PMU: PERF_COUNT_SW_* (include/uapi/linux/perf_event.h) by metric. */
export const softwareEvents: Readonly<Record<string, number>> = {
  task_clock_seconds: 1,
  task_page_faults: 2,
  task_context_switches: 3,
  task_cpu_migrations: 4,
  task_minor_faults: 5,
  task_major_faults: 6,
  task_alignment_faults: 7,
  task_emulation_faults: 8,
  task_cgroup_switches: 11,
};
