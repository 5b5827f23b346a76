/** What an agent is asked to measure, beside the cgroup files. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** perf events: software ones, which every machine has. */
  readonly events: readonly string[];
  /** More parameters of the runner, as lines of YAML. */
  readonly parameters: readonly string[];
  /** Each task has a process with some memory, and the floor reads this file of /proc of each. */
  readonly perProcess: string | undefined;
  /** Each task has three values allocated, which stay as they are. */
  readonly allocates?: boolean;
}

/** The software events by WCA's name, with the number that perf_event_open(2) takes. */
export const softwareEvents: Readonly<Record<string, number>> = {
  task_clock_seconds: 1,
  task_context_switches: 3,
  task_cpu_migrations: 4,
  task_page_faults: 2,
  task_minor_faults: 5,
  task_major_faults: 6,
  task_alignment_faults: 7,
  task_emulation_faults: 8,
};

const eight = Object.keys(softwareEvents);
const four = eight.slice(0, 4);

/** In the order in which they run. The first is what the ratios of docs/architecture.md are about. */
export const scenarios: readonly Scenario[] = [
  { name: 'perf4', summary: '4 perf events', events: four, parameters: [], perProcess: undefined },
  {
    name: 'alloc',
    summary: '4 perf events; each task has three values allocated, which stay as they are',
    events: four,
    parameters: [],
    perProcess: undefined,
    allocates: true,
  },
  { name: 'perf8', summary: '8 perf events', events: eight, parameters: [], perProcess: undefined },
  {
    name: 'wss',
    summary: 'working set, never cleared',
    events: [],
    parameters: ['wss_reset_cycles: 0'],
    perProcess: 'smaps_rollup',
  },
  { name: 'sched', summary: 'scheduler statistics', events: [], parameters: ['sched: true'], perProcess: 'sched' },
];
