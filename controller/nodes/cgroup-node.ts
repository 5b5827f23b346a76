import type { Logger } from 'pino';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { defineComponent } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { bool, int, list, map, str } from '../config/types.ts';
import type { Host, HostCgroup } from '../model/host.ts';
import type { Labels } from '../model/metric.ts';
import type { Task } from '../model/task.ts';
import { describeCgroup } from './cgroup-labels.ts';
import { matchesPath, type PathGlob, parsePathGlob } from './glob.ts';
import { ListingPace } from './listing-pace.ts';
import type { Node } from './node.ts';

export interface CgroupNodeOptions {
  readonly host: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  /** undefined: every cgroup. */
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
  readonly leavesOnly: boolean;
  readonly includeEmpty: boolean;
  readonly maxTasks: number;
  readonly defaultLabels: Labels;
}

/** Every cgroup of the host is a task: what runs on a machine without an orchestrator, or beside one. */
export class CgroupNode implements Node {
  readonly #options: CgroupNodeOptions;
  readonly #include: readonly PathGlob[] | undefined;
  readonly #exclude: readonly PathGlob[];
  /** By path; undefined: not wanted. Pruned to what the host has. */
  #known: ReadonlyMap<string, Task | undefined> = new Map();
  #wasTooMany = false;
  #tasks: readonly Task[] = [];
  readonly #pace: ListingPace;

  /** Throws INVALID_CONFIG for a pattern that is none. */
  constructor(options: CgroupNodeOptions) {
    this.#options = options;
    this.#pace = new ListingPace(options.clock);
    this.#include = options.include?.map(parsePathGlob);
    this.#exclude = options.exclude.map(parsePathGlob);
  }

  describe(): string {
    return 'CgroupNode';
  }

  async tasks(signal: AbortSignal): Promise<readonly Task[]> {
    const { host, includeEmpty, leavesOnly } = this.#options;
    if (!this.#pace.isDue()) return this.#tasks;
    const cgroups = await this.#pace.measure(() => host.listCgroups({ includeEmpty }, signal));
    const known = new Map<string, Task | undefined>();
    const tasks: Task[] = [];
    for (const cgroup of cgroups) {
      const { path } = cgroup;
      const task = this.#known.has(path) ? this.#known.get(path) : this.#taskOf(cgroup);
      known.set(path, task);
      if (task !== undefined && (cgroup.leaf || !leavesOnly)) tasks.push(task);
    }
    this.#known = known;
    this.#tasks = this.#bounded(tasks);
    return this.#tasks;
  }

  #taskOf({ path }: HostCgroup): Task | undefined {
    const included = this.#include?.some((glob) => matchesPath(glob, path)) ?? true;
    if (!included || this.#exclude.some((glob) => matchesPath(glob, path))) return undefined;
    const { name, labels } = describeCgroup(path);
    const all = { ...labels, ...this.#options.defaultLabels };
    return { id: path, name, cgroupPath: path, subcgroupPaths: [], labels: all, resources: {} };
  }

  /** The first ones by path, so that the choice does not change by itself. */
  #bounded(tasks: readonly Task[]): readonly Task[] {
    const { maxTasks, logger } = this.#options;
    const tooMany = tasks.length > maxTasks;
    if (tooMany && !this.#wasTooMany) {
      logger.warn({ cgroups: tasks.length, maxTasks }, 'more cgroups than max_tasks: the last ones are left out');
    }
    this.#wasTooMany = tooMany;
    return tooMany ? tasks.slice(0, maxTasks) : tasks;
  }
}

/** `!CgroupNode`: new, not in the original. */
export const cgroupNode = defineComponent({
  tag: 'CgroupNode',
  kind: 'node',
  since: 'wca',
  doc:
    'Every cgroup of the host is a task, new ones are found by themselves. task_id is the path; names and labels ' +
    '(cgroup_kind, systemd_unit, systemd_slice, user_uid, container_id, container_runtime, pod_uid, pod_qos, machine) ' +
    'come from what systemd, Docker, containerd, Podman, CRI-O, Kubernetes and LXC write into it.',
  parameters: {
    include: optional(list(str()), {
      doc: 'Patterns of paths: `*` stands for text within a segment, `**` for any number of segments.',
      defaultDoc: 'all',
    }),
    exclude: withDefault(list(str()), [], { doc: 'Patterns of paths to leave out; stronger than include.' }),
    leaves_only: withDefault(bool(), true, {
      doc: 'Only cgroups without populated ones below, so that nothing is counted twice.',
    }),
    include_empty: withDefault(bool(), false, { doc: 'Also cgroups that hold no process.' }),
    max_tasks: withDefault(int({ min: 1, max: limits.maxTargets }), 5000, {
      doc: 'Of more the first ones by path are measured.',
    }),
    default_labels: withDefault(map(str()), new Map(), { doc: 'Labels for every task, over those from the path.' }),
  },
  example: "!CgroupNode {include: ['/docker/*', '/system.slice/**']}",
  create: (args, { host, clock, logger }) =>
    new CgroupNode({
      host,
      clock,
      logger: logger('wca.nodes.cgroup'),
      include: args.include,
      exclude: args.exclude,
      leavesOnly: args.leaves_only,
      includeEmpty: args.include_empty,
      maxTasks: args.max_tasks,
      defaultLabels: Object.fromEntries(args.default_labels),
    }),
});
