import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { readKernelText } from '../kernel-file.ts';
import { type Mount, parseMountinfo } from '../mountinfo.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';

/** One tree of cgroups as it is mounted here. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** `unified` on version 2, else the controllers joined: `cpu,cpuacct`, `name=systemd`. */
  readonly name: string;
  /** v1: controllers bound to it, or `name=systemd`. v2: cgroup.controllers of its root; implicit ones are not in it. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** The cgroup that is mounted at `mountPoint`: `/` unless a sub-tree is bind-mounted. */
  readonly root: string;
}

export interface CgroupLayout {
  readonly mode: 'v1' | 'hybrid' | 'v2';
  readonly hierarchies: readonly Hierarchy[];
  /** Whether the kernel keeps pressure stall information (`<procfs>/pressure` exists): then v2 cgroups have it too. */
  readonly psi: boolean;
  /** Where bytes of block devices are counted: on v2 `io`; on v1 `blkio`, unless it counts limited devices only. */
  readonly blockIo: Hierarchy | undefined;
  /**
   * The hierarchy a controller is on; undefined when it is on none that is mounted. On v2 also the controllers that are
   * always there: `cpuacct` (usage in cpu.stat) and `perf_event`.
   */
  controller(name: string): Hierarchy | undefined;
}

/** What a layout is decided from, besides mountinfo. */
export interface LayoutFacts {
  readonly psi: boolean;
  /** Whether the mount can be used: not hidden below another mount. */
  readonly isUsable: (mountPoint: string) => boolean;
  /** Text of the root's cgroup.controllers: `cpuset cpu io memory pids\n`. */
  readonly unifiedControllers: (mountPoint: string) => string;
  /** Text of the root's blkio.throttle.io_service_bytes_recursive. */
  readonly blkioBytes: (mountPoint: string) => string;
}

/** Everything that can be bound to a v1 hierarchy; the other super options (`xattr`, `clone_children`) are none. */
const v1Controllers = new Set([
  ...['cpuset', 'cpu', 'cpuacct', 'blkio', 'memory', 'devices', 'freezer', 'net_cls', 'perf_event', 'net_prio'],
  ...['hugetlb', 'pids', 'rdma', 'misc', 'dmem', 'debug'],
]);

/** v1; Documentation/admin-guide/cgroup-v1/blkio-controller.rst. */
export const blkioBytesFile = 'blkio.throttle.io_service_bytes_recursive';

const implicitOnV2 = new Set(['cpuacct', 'perf_event']);

/** Decides the layout; pure but for the questions it asks of `facts`. */
export function chooseCgroupLayout(mounts: readonly Mount[], facts: LayoutFacts): CgroupLayout {
  const byName = new Map<string, Hierarchy>();
  for (const mount of mounts) {
    const hierarchy = hierarchyOf(mount, facts);
    if (hierarchy === undefined) continue;
    const known = byName.get(hierarchy.name);
    // The first usable mount, but one of the whole tree before one of a part.
    if (known === undefined || (known.root !== '/' && hierarchy.root === '/')) byName.set(hierarchy.name, hierarchy);
  }
  const hierarchies = [...byName.values()];
  const unified = byName.get('unified');
  const v1 = hierarchies.filter(({ version }) => version === 1);
  const controller: CgroupLayout['controller'] = (name) =>
    v1.find(({ controllers }) => controllers.includes(name)) ??
    (unified?.controllers.includes(name) || implicitOnV2.has(name) ? unified : undefined);
  return {
    mode: unified === undefined ? 'v1' : v1.length === 0 ? 'v2' : 'hybrid',
    hierarchies,
    psi: facts.psi,
    blockIo: chooseBlockIo(controller('io') ?? controller('blkio'), facts),
    controller,
  };
}

/** A running machine has read something: since Linux 6.10 a v1 root without devices means that nothing is counted. */
function chooseBlockIo(hierarchy: Hierarchy | undefined, facts: LayoutFacts): Hierarchy | undefined {
  if (hierarchy?.version !== 1) return hierarchy;
  return / Read \d/.test(facts.blkioBytes(hierarchy.mountPoint)) ? hierarchy : undefined;
}

function hierarchyOf(mount: Mount, facts: LayoutFacts): Hierarchy | undefined {
  const { mountPoint, fsType } = mount;
  if ((fsType !== 'cgroup' && fsType !== 'cgroup2') || !facts.isUsable(mountPoint)) return undefined;
  // `/..` is what a process in a cgroup namespace sees of a mount from outside it: then paths begin at the mount.
  const root = mount.root.startsWith('/..') ? '/' : mount.root;
  if (fsType === 'cgroup2') {
    const controllers = facts.unifiedControllers(mountPoint).split(/\s+/).filter(Boolean);
    return { version: 2, name: 'unified', controllers, mountPoint, root };
  }
  const controllers = mount.superOptions.filter((name) => v1Controllers.has(name) || name.startsWith('name='));
  if (controllers.length === 0) return undefined;
  return { version: 1, name: controllers.join(','), controllers, mountPoint, root };
}

/**
 * The cgroup layout of this host, from `<procfs>/self/mountinfo`. Throws FEATURE_ABSENT when no cgroup file system is
 * mounted where this process can see it.
 */
export function readCgroupLayout(roots: KernelRoots): CgroupLayout {
  const scratch = new Scratch();
  const path = join(roots.procfs, 'self/mountinfo');
  const mountinfo = readKernelText(path, scratch);
  if (!mountinfo.ok) throw mountinfo.error;
  const layout = chooseCgroupLayout(parseMountinfo(mountinfo.value), {
    psi: existsSync(join(roots.procfs, 'pressure')),
    isUsable: (mountPoint) => existsSync(join(mountPoint, 'cgroup.procs')),
    unifiedControllers: (mountPoint) => {
      const text = readKernelText(join(mountPoint, 'cgroup.controllers'), scratch);
      return text.ok ? text.value : '';
    },
    blkioBytes: (mountPoint) => {
      const text = readKernelText(join(mountPoint, blkioBytesFile), scratch);
      return text.ok ? text.value : '';
    },
  });
  if (layout.hierarchies.length > 0) return layout;
  throw new WcaError('FEATURE_ABSENT', {
    subject: path,
    message: 'no cgroup file system is mounted',
    remedy: 'mount one (mount -t cgroup2 none /sys/fs/cgroup), or give the collector the mount of the host',
  });
}
