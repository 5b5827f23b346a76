import { existsSync } from 'node:fs';
import { type Reading, WcaError } from '../../shared/errors/wca-error.ts';
import type { Column } from '../../shared/rpc/watch-messages.ts';
import { CgroupFiles } from '../kernel/cgroup/cgroup-files.ts';
import { openCgroupDirectory } from '../kernel/cgroup/directory.ts';
import { cgroupColumns, type FilePlan, planFiles } from '../kernel/cgroup/file-table.ts';
import type { CgroupLayout } from '../kernel/cgroup/layout.ts';
import { pathBelowMount } from '../kernel/cgroup/path.ts';
import type { PerfHierarchy } from '../kernel/cgroup/perf-hierarchy.ts';
import { chooseAllotment, type FdBudget } from '../kernel/fd-budget.ts';
import type { Libc } from '../kernel/libc.ts';
import { CgroupCounters, perfColumns, perfDescriptors } from '../kernel/perf/cgroup-counters.ts';
import { checkCounterLimit } from '../kernel/perf/counter-limit.ts';
import { checkEvents, defaultEvents, resolveEvent } from '../kernel/perf/events.ts';
import type { GroupBuffer } from '../kernel/perf/group.ts';
import type { PerfEvent } from '../kernel/perf/perf-event.ts';
import type { PmuFacts } from '../kernel/perf/pmu-facts.ts';
import { Scratch } from '../kernel/scratch.ts';
import { BudgetedCounters, BudgetedFiles, type HostFigures } from './budgeted.ts';
import type { CgroupHost, CountersReader, EventList, FilesReader } from './ports.ts';

export interface KernelHostOptions {
  readonly layout: CgroupLayout;
  readonly nodeIds: readonly number[];
  readonly pageSizeBytes: number;
  readonly libc: Libc;
  readonly groupBuffer: GroupBuffer;
  readonly perf: PerfHierarchy;
  /** Whether `default` means hardware events. */
  readonly hasPmu: boolean;
  readonly pmu: PmuFacts;
  /** `cascade-lake`; empty when unknown. */
  readonly codeName: string;
  readonly budget: FdBudget;
  readonly onlineCpus: () => readonly number[];
}

/** The cgroups of this host, opened within the budget of descriptors. */
export class KernelHost implements CgroupHost {
  readonly columns: readonly Column[];
  readonly figures: HostFigures = { cgroups: 0, perfDescriptors: 0, degradedFiles: 0, degradedPerf: 0 };
  readonly #options: KernelHostOptions;
  readonly #scratch = new Scratch();
  /** Made once: an Error for each look at each absent cgroup would cost more than the look. */
  readonly #gone = new WcaError('CGROUP_GONE', { subject: 'cgroup', message: 'does not exist on any hierarchy' });
  readonly #plan: FilePlan;
  /** Descriptors of one cgroup's files. */
  readonly #files: number;

  constructor(options: KernelHostOptions) {
    this.#options = options;
    const { layout, nodeIds, pageSizeBytes } = options;
    this.columns = cgroupColumns(layout, nodeIds);
    this.#plan = planFiles(layout, { numaNodeIds: nodeIds, pageSizeBytes });
    this.#files = this.#plan.parts.reduce((sum, { rows }) => sum + rows.length, 0);
  }

  get counterProblem(): WcaError | undefined {
    const { perf } = this.#options;
    return 'problem' in perf ? perf.problem : undefined;
  }

  /** Events without an encoding on this CPU stay in the list: the schema says that they are unavailable. */
  parseEvents(names: readonly string[], perCpu: boolean): EventList {
    const { hasPmu, codeName } = this.#options;
    const events = names.length === 1 && names[0] === 'default' ? defaultEvents(hasPmu) : [...new Set(names)];
    const wrong = checkEvents(events, codeName);
    if (wrong !== undefined) throw wrong;
    return { events, perCpu };
  }

  unknownEvents(list: EventList): readonly WcaError[] {
    return this.#resolve(list).unavailable;
  }

  counterNotes(list: EventList): readonly WcaError[] {
    const { counters } = this.#options.pmu;
    const note = counters === undefined ? undefined : checkCounterLimit(this.#resolve(list).events, counters);
    return note === undefined ? [] : [note];
  }

  counterColumns(list: EventList): readonly Column[] {
    return perfColumns(this.#resolve(list).events, this.#options.onlineCpus(), list.perCpu);
  }

  descriptorsOf(events: number): number {
    return this.#files + perfDescriptors({ cgroups: 1, cpus: this.#options.onlineCpus().length, events });
  }

  openFiles(path: string, events: number): Reading<FilesReader> {
    // Asked first, because a target may name what does not exist, in every tick.
    if (!this.#exists(path)) return { ok: false, error: this.#gone };
    const { budget, onlineCpus } = this.#options;
    const wish = { files: this.#files, cpus: onlineCpus().length, events };
    const { keepFiles: keepOpen } = chooseAllotment(budget.available, wish);
    const opened = CgroupFiles.open({ plan: this.#plan, path, keepOpen, scratch: this.#scratch });
    if (!opened.ok) return opened;
    const descriptors = keepOpen ? this.#files : 0;
    return {
      ok: true,
      value: new BudgetedFiles(opened.value, { budget, figures: this.figures, descriptors, degraded: !keepOpen }),
    };
  }

  #exists(path: string): boolean {
    return this.#options.layout.hierarchies.some((hierarchy) => {
      const below = pathBelowMount(hierarchy, path);
      return below !== undefined && existsSync(`${hierarchy.mountPoint}/${below}`);
    });
  }

  openCounters(path: string, list: EventList): Reading<CountersReader> {
    const { budget, perf, pmu, libc, groupBuffer, onlineCpus } = this.#options;
    if ('problem' in perf) return { ok: false, error: perf.problem };
    const { events } = this.#resolve(list);
    const cpus = onlineCpus();
    const fitting = chooseAllotment(budget.available, { files: 0, cpus: cpus.length, events: events.length }).events;
    if (fitting === 0 && events.length > 0) return { ok: false, error: exhausted(path, budget.limit) };
    let inode: bigint | undefined;
    const openDirectory = () => {
      const directory = openCgroupDirectory(perf.hierarchy, path);
      if (!directory.ok) return directory;
      inode ??= directory.value.inode;
      if (directory.value.inode === inode) return directory;
      directory.value.close();
      return { ok: false as const, error: new WcaError('CGROUP_GONE', { subject: path, message: 'was made again' }) };
    };
    const counted = events.slice(0, fitting);
    const opened = CgroupCounters.open({
      libc,
      buffer: groupBuffer,
      openDirectory,
      events: counted,
      cpus,
      perCpu: list.perCpu,
      pmu,
    });
    if (!opened.ok) return opened;
    return {
      ok: true,
      value: new BudgetedCounters(opened.value, {
        budget,
        figures: this.figures,
        shape: { counted: counted.length, wanted: events.length, places: list.perCpu ? cpus.length : 1 },
        perCpu: list.perCpu,
      }),
    };
  }

  #resolve(list: EventList): { readonly events: readonly PerfEvent[]; readonly unavailable: readonly WcaError[] } {
    const resolved = list.events.map((name) => resolveEvent(name, this.#options.codeName));
    return {
      events: resolved.flatMap((event) => (event.ok ? event.value : [])),
      unavailable: resolved.flatMap((event) => (event.ok ? [] : event.error)),
    };
  }
}

function exhausted(path: string, limit: number): WcaError {
  return new WcaError('FD_EXHAUSTED', {
    subject: path,
    message: `the limit of ${limit} open files is used up`,
    remedy: 'raise LimitNOFILE= of the collector, or watch fewer cgroups or events',
  });
}
