import { type AllocationType, allocationTypes, isAllocationType } from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Policy } from './ports.ts';

/** What the operator of the host lets be touched. */
export interface PolicySettings {
  /** Cgroups below which, and which themselves, may be allocated. */
  readonly below: readonly string[];
  readonly types: readonly AllocationType[];
  /** Whether controllers of cgroup v2 may be enabled down the tree. */
  readonly enableControllers: boolean;
  /** Whether the lines of resctrl's root group may be changed. */
  readonly rootRdtGroup: boolean;
  /** Whether the lines of control groups that others made may be changed. */
  readonly foreignRdtGroups: boolean;
}

/** Where orchestrators have their tasks. */
export const orchestratorTrees: readonly string[] = ['/kubepods', '/kubepods.slice', '/mesos'];

export const defaultPolicy: PolicySettings = {
  below: orchestratorTrees,
  types: allocationTypes,
  enableControllers: true,
  rootRdtGroup: false,
  foreignRdtGroups: false,
};

const switches = {
  enable_controllers: 'enableControllers',
  root_rdt_group: 'rootRdtGroup',
  foreign_rdt_groups: 'foreignRdtGroups',
} as const;

/**
 * The object under the key `allocate` of the collector's configuration, over the defaults. `below` is beside the trees
 * of orchestrators. Problems are of the form `allocate.below must be a list of paths`.
 */
export function parsePolicy(value: unknown): { readonly policy: PolicySettings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { policy: defaultPolicy, problems: ['allocate must be an object'] };
  }
  let policy = defaultPolicy;
  for (const [key, one] of Object.entries(value)) {
    const name = Object.entries(switches).find(([known]) => known === key)?.[1];
    if (key === 'below' && isTextList(one) && one.every((path) => path.startsWith('/') && path !== '/')) {
      policy = { ...policy, below: [...orchestratorTrees, ...one] };
    } else if (key === 'types' && isTextList(one) && one.every(isAllocationType)) {
      policy = { ...policy, types: one.filter(isAllocationType) };
    } else if (name !== undefined && typeof one === 'boolean') {
      policy = { ...policy, [name]: one };
    } else problems.push(faultOf(key));
  }
  return { policy, problems };
}

function faultOf(key: string): string {
  if (key === 'below') return 'allocate.below must be a list of paths of cgroups, such as ["/batch"], not /';
  if (key === 'types') return `allocate.types must be a list of ${allocationTypes.join(', ')}`;
  if (Object.hasOwn(switches, key)) return `allocate.${key} must be true or false`;
  return `unknown key allocate.${key}, known are below, types, ${Object.keys(switches).join(', ')}`;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}

/** Cgroups of a process, on all hierarchies; empty when it has ended. */
export type ReadCgroupsOf = (pid: number | 'self') => readonly string[];

/** Decides by the settings; never the root, nor where the collector, init or the asking peer are, nor what is above them. */
export class HostPolicy implements Policy {
  readonly #settings: PolicySettings;
  readonly #cgroupsOf: ReadCgroupsOf;

  constructor(settings: PolicySettings, cgroupsOf: ReadCgroupsOf) {
    this.#settings = settings;
    this.#cgroupsOf = cgroupsOf;
  }

  check(path: string, type: AllocationType, peerPid: number | undefined): WcaError | undefined {
    const { below, types } = this.#settings;
    if (!types.includes(type)) {
      const remedy = `add "${type}" to allocate.types of the collector's configuration`;
      return denied(path, `the policy of the collector does not allow ${type}`, remedy);
    }
    if (path === '/') return denied(path, 'is the root of all cgroups, which is never touched');
    if (!below.some((tree) => isWithin(path, tree))) {
      const message = `is not below a cgroup that may be allocated (${below.join(', ')})`;
      return denied(
        path,
        message,
        `start the collector with --allocate-below, or add it to allocate.below of its configuration`,
      );
    }
    if (this.#runsIn(path, 'self')) return denied(path, 'the collector runs in it');
    if (this.#runsIn(path, 1)) return denied(path, 'init runs in it');
    if (peerPid !== undefined && this.#runsIn(path, peerPid)) return denied(path, 'the asking process runs in it');
    return undefined;
  }

  #runsIn(path: string, pid: number | 'self'): boolean {
    return this.#cgroupsOf(pid).some((cgroup) => cgroup !== '/' && isWithin(cgroup, path));
  }
}

function isWithin(path: string, tree: string): boolean {
  return path === tree || path.startsWith(`${tree}/`);
}

function denied(path: string, message: string, remedy?: string): WcaError {
  return new WcaError('NOT_ALLOWED', { subject: path, message, ...(remedy === undefined ? {} : { remedy }) });
}

/** Paths in /proc/PID/cgroup: `4:cpu,cpuacct:/user.slice`, `0::/init.scope`; cgroups(7). */
export function parseProcCgroups(text: string): readonly string[] {
  const paths = text.split('\n').flatMap((line) => /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths)];
}
