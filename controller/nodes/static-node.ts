import type { Logger } from 'pino';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { defineComponent } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { bool, float, list, map, path, str, union } from '../config/types.ts';
import type { Host, HostCgroup } from '../model/host.ts';
import type { Labels } from '../model/metric.ts';
import type { Task } from '../model/task.ts';
import { ListingPace } from './listing-pace.ts';
import type { Node } from './node.ts';
import { parseTaskName, pathOfTask } from './task-name.ts';

export interface StaticNodeOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Cgroup paths; a leading slash is not needed. */
  readonly tasks: readonly string[];
  /** A cgroup whose children are tasks. */
  readonly directory: string | undefined;
  readonly requirePids: boolean;
  readonly defaultLabels: Labels;
  readonly defaultResources: Task['resources'];
  readonly tasksLabels: ReadonlyMap<string, Labels>;
}

/** How often cgroups that are there are asked for. */
const recheckMs = 60_000;

/** Why a configured task is not measured. */
type Fault = 'missing' | 'empty';

const faultTexts: Readonly<Record<Fault, string>> = {
  missing: 'there is no such cgroup on any hierarchy, the task is left out until there is',
  empty: 'the cgroup holds no process, the task is left out until it does (require_pids)',
};

/**
 * Tasks named in the configuration (spec config §4.5). A cgroup that exists on any hierarchy is measured, what its
 * hierarchies do not have stays absent; the original asked for cpu and cpuacct of cgroup v1.
 */
export class StaticNode implements Node {
  readonly #options: StaticNodeOptions;
  readonly #names: readonly string[];
  /** Path. */
  readonly #directory: string | undefined;
  readonly #pace: ListingPace;
  /** What was last said about each task that is left out. */
  #faults: ReadonlyMap<string, Fault> = new Map();
  #present: readonly Task[] = [];
  #askedAllMs: number | undefined;
  #children: readonly Task[] = [];
  #directoryMissing = false;

  /** Throws INVALID_CONFIG for a path that can be none. */
  constructor(options: StaticNodeOptions) {
    this.#options = options;
    this.#names = [...new Set(options.tasks.map(parseTaskName))];
    this.#directory = options.directory === undefined ? undefined : pathOfTask(parseTaskName(options.directory));
    this.#pace = new ListingPace(options.clock);
  }

  describe(): string {
    return 'StaticNode';
  }

  async tasks(signal: AbortSignal): Promise<readonly Task[]> {
    const named = await this.#named(signal);
    if (this.#directory === undefined) return named;
    const known = new Set(named.map(({ id }) => id));
    return [...named, ...(await this.#below(this.#directory, signal)).filter(({ id }) => !known.has(id))];
  }

  /**
   * Looks for the tasks that are missing; at those that are there only now and then, for the collector notices by itself
   * when a cgroup ends. Whether it holds processes must be asked every time.
   */
  async #named(signal: AbortSignal): Promise<readonly Task[]> {
    const { host, clock, requirePids } = this.#options;
    const nowMs = clock.monotonicMs();
    const all = requirePids || this.#askedAllMs === undefined || nowMs - this.#askedAllMs >= recheckMs;
    const asked = all ? this.#names : [...this.#faults.keys()];
    if (asked.length === 0) return this.#present;
    const cgroups = await host.listCgroups({ paths: asked.map(pathOfTask), includeEmpty: true }, signal);
    const found = new Map(cgroups.map((cgroup) => [cgroup.path, cgroup]));
    const faults = new Map<string, Fault>();
    for (const name of asked) {
      const fault = this.#faultOf(found.get(pathOfTask(name)));
      if (fault !== undefined) faults.set(name, fault);
    }
    this.#tell(faults);
    if (all) this.#askedAllMs = nowMs;
    this.#present = this.#names.filter((name) => !faults.has(name)).map((name) => this.#taskOf(name));
    return this.#present;
  }

  async #below(directory: string, signal: AbortSignal): Promise<readonly Task[]> {
    if (!this.#pace.isDue()) return this.#children;
    const { host } = this.#options;
    const cgroups = await this.#pace.measure(() => host.listCgroups({ includeEmpty: true }, signal));
    this.#tellDirectory(directory, !cgroups.some((cgroup) => cgroup.path === directory));
    const prefix = directory === '/' ? '/' : `${directory}/`;
    this.#children = cgroups
      .filter((cgroup) => cgroup.path.startsWith(prefix) && !cgroup.path.includes('/', prefix.length))
      .filter((cgroup) => cgroup.path !== '/' && this.#faultOf(cgroup) === undefined)
      .map((cgroup) => this.#taskOf(cgroup.path.slice(1)));
    return this.#children;
  }

  #faultOf(cgroup: HostCgroup | undefined): Fault | undefined {
    if (cgroup === undefined) return 'missing';
    return this.#options.requirePids && !cgroup.populated ? 'empty' : undefined;
  }

  #taskOf(name: string): Task {
    const { defaultLabels, defaultResources, tasksLabels } = this.#options;
    return {
      id: name,
      name,
      cgroupPath: pathOfTask(name),
      subcgroupPaths: [],
      labels: { ...defaultLabels, ...tasksLabels.get(name) },
      resources: defaultResources,
    };
  }

  /** Once for each change (W-27). */
  #tell(faults: ReadonlyMap<string, Fault>): void {
    const { logger } = this.#options;
    for (const [task, fault] of faults) {
      if (this.#faults.get(task) !== fault) logger.warn({ task }, faultTexts[fault]);
    }
    for (const task of this.#faults.keys()) {
      if (!faults.has(task)) logger.info({ task }, 'the cgroup of the task is there now');
    }
    this.#faults = faults;
  }

  #tellDirectory(directory: string, missing: boolean): void {
    const { logger } = this.#options;
    if (missing && !this.#directoryMissing) {
      logger.warn({ directory }, 'there is no such directory on any hierarchy, its tasks are left out until there is');
    }
    if (!missing && this.#directoryMissing) logger.info({ directory }, 'the directory is there now');
    this.#directoryMissing = missing;
  }
}

/** `!StaticNode` (spec config §3.5). */
export const staticNode = defineComponent({
  tag: 'StaticNode',
  kind: 'node',
  since: 'seed',
  doc: 'Tasks are known cgroups, named here. A task is measured while its cgroup exists; its absence is told once.',
  parameters: {
    tasks: optional(list(str({ maxLength: 4000 })), {
      doc: 'Cgroup paths below the root of the hierarchies, such as `batch/job7`: name and task_id of the task. An empty list measures the platform only. Needed unless `directory` is given.',
    }),
    directory: optional(path(), { doc: 'A cgroup; each cgroup directly below it is a task as well.' }),
    require_pids: withDefault(bool(), false, { doc: 'Leave out tasks without a process.' }),
    default_labels: withDefault(map(str()), new Map(), { doc: 'Labels for every task.' }),
    default_resources: withDefault(map(union(str(), float())), new Map(), {
      doc: 'Resources for every task, in CPUs and bytes: `{cpus: 4, mem: 23000000000}`.',
    }),
    tasks_labels: optional(map(map(str())), { doc: 'Labels by task, over default_labels.' }),
  },
  example: '!StaticNode {tasks: [batch/job7, web/frontend]}',
  create(args, { host, clock, logger }) {
    if (args.tasks === undefined && args.directory === undefined) {
      throw new WcaError('INVALID_CONFIG', {
        subject: 'StaticNode',
        message: 'neither tasks nor directory is given',
        remedy: 'list the cgroups in tasks, or tasks: [] for the platform only',
      });
    }
    return new StaticNode({
      host,
      clock,
      logger: logger('wca.extra.static_node'),
      tasks: args.tasks ?? [],
      directory: args.directory,
      requirePids: args.require_pids,
      defaultLabels: Object.fromEntries(args.default_labels),
      defaultResources: Object.fromEntries(args.default_resources),
      tasksLabels: new Map(
        [...(args.tasks_labels ?? [])].map(([task, labels]) => [parseTaskName(task), Object.fromEntries(labels)]),
      ),
    });
  },
});
