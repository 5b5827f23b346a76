import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CgroupLayout, Hierarchy } from '../cgroup/layout.ts';
import { readKernelText } from '../kernel-file.ts';
import { readNodeIds } from '../numa/nodes.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';

/** Something that can or cannot be measured here; see Capability in collector.proto for what an empty text means. */
export interface Capability {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly remedy: string;
}

/** What the capabilities are decided from, besides the layout. */
export interface CapabilityFacts {
  readonly numaNodes: number;
  /** Whether some cgroup of the hierarchy has the file; the root lacks most files. */
  readonly hasFile: (hierarchy: Hierarchy, file: string) => boolean;
  /** Whether the mount shows the real root, not that of a cgroup namespace or a sub-tree. */
  readonly isWhole: (hierarchy: Hierarchy) => boolean;
  /** Controllers with 0 in the last column of /proc/cgroups. */
  readonly disabled: readonly string[];
}

/** All capabilities but those of perf, in a fixed order. */
export function chooseCapabilities(layout: CgroupLayout, facts: CapabilityFacts): readonly Capability[] {
  const has = (controller: string, v1: string, v2 = v1): boolean => {
    const hierarchy = layout.controller(controller);
    return hierarchy !== undefined && facts.hasFile(hierarchy, hierarchy.version === 1 ? v1 : v2);
  };
  const numaStat = 'memory.numa_stat';
  return [
    available(`cgroup.${layout.mode}`),
    wholeTree(layout, facts),
    controller(layout, facts, 'cpu'),
    controller(layout, facts, 'cpuacct'),
    decide('cgroup.cpu.throttling', has('cpu', 'cpu.stat', 'cpu.max'), {
      reason: 'no cgroup has the file of the CPU quota (cpu.stat on v1, cpu.max on v2)',
      remedy: enableRemedy(layout, 'cpu', 'use a kernel with CONFIG_CFS_BANDWIDTH'),
    }),
    controller(layout, facts, 'memory'),
    decide('cgroup.memory.peak', has('memory', 'memory.max_usage_in_bytes', 'memory.peak'), {
      reason: 'no cgroup has memory.peak (max_usage_in_bytes on v1)',
      remedy: enableRemedy(layout, 'memory', 'use Linux 5.19 or later'),
    }),
    decide('cgroup.memory.numa_stat', facts.numaNodes > 0 && has('memory', numaStat), {
      reason: `no cgroup has ${numaStat}`,
      remedy: enableRemedy(layout, 'memory', 'use Linux 5.10 or later with CONFIG_NUMA'),
    }),
    decide('psi', layout.psi, psiAbsent),
    psiOfCgroups(layout),
    decide('numa', facts.numaNodes > 1, {
      reason: facts.numaNodes === 1 ? 'the machine has one memory node' : 'the kernel tells of no memory nodes',
      remedy: facts.numaNodes === 1 ? '' : 'use a kernel with CONFIG_NUMA',
    }),
  ];
}

type Absence = Pick<Capability, 'reason' | 'remedy'>;

const psiAbsent: Absence = {
  reason:
    'the kernel keeps no pressure stall information: it is older than 4.20, without CONFIG_PSI, or has it off by default',
  remedy: 'add psi=1 to the kernel command line',
};

function available(name: string): Capability {
  return { name, available: true, reason: '', remedy: '' };
}

function decide(name: string, isAvailable: boolean, absence: Absence): Capability {
  return isAvailable ? available(name) : { name, available: false, ...absence };
}

/** Whether the cgroups of the whole host are visible. */
function wholeTree(layout: CgroupLayout, { isWhole }: CapabilityFacts): Capability {
  const part = layout.hierarchies.find((hierarchy) => !isWhole(hierarchy));
  return decide('cgroup.host', part === undefined, {
    reason: `${part?.mountPoint ?? ''} shows only the cgroups below the collector's own container`,
    remedy: 'run the container with --cgroupns=host and -v /sys/fs/cgroup:/sys/fs/cgroup:ro',
  });
}

function controller(layout: CgroupLayout, { disabled }: CapabilityFacts, name: string): Capability {
  if (layout.controller(name) !== undefined) return available(`cgroup.${name}`);
  if (disabled.includes(name)) {
    const remedy =
      name === 'memory'
        ? 'remove cgroup_disable=memory from the kernel command line; where it is off by default add cgroup_enable=memory'
        : `remove cgroup_disable=${name} from the kernel command line`;
    return decide(`cgroup.${name}`, false, {
      reason: `the kernel runs with the ${name} controller switched off`,
      remedy,
    });
  }
  return decide(`cgroup.${name}`, false, {
    reason: `the ${name} controller is on no hierarchy that is mounted`,
    remedy:
      layout.mode === 'v2'
        ? `use a kernel that has the ${name} controller; in a container, one that is given it (Delegate=${name})`
        : `mount -t cgroup -o ${name} none DIR`,
  });
}

/** What makes the files of a controller appear. */
function enableRemedy(layout: CgroupLayout, name: string, kernel: string): string {
  const hierarchy = layout.controller(name);
  if (hierarchy === undefined) return `first make cgroup.${name} available`;
  if (hierarchy.version === 1) return kernel;
  return `echo +${name} > ${join(hierarchy.mountPoint, 'cgroup.subtree_control')}, and so on down to the tasks; or ${kernel}`;
}

function psiOfCgroups(layout: CgroupLayout): Capability {
  if (!layout.psi) return decide('psi.cgroup', false, psiAbsent);
  return decide('psi.cgroup', layout.mode !== 'v1', {
    reason: 'pressure of a cgroup is kept on cgroup v2 only, which is not mounted',
    remedy: 'boot with systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 none DIR and place the tasks there',
  });
}

/** Asks this host. */
export function probeCapabilities(roots: KernelRoots, layout: CgroupLayout): readonly Capability[] {
  const text = readKernelText(join(roots.procfs, 'cgroups'), new Scratch());
  const rows = text.ok ? text.value.split('\n').map((line) => line.split('\t')) : [];
  return chooseCapabilities(layout, {
    numaNodes: readNodeIds(roots).length,
    hasFile,
    isWhole: isWholeTree,
    disabled: rows.flatMap(([name, , , enabled]) => (name !== undefined && enabled === '0' ? [name] : [])),
  });
}

/** Looks at the root and the cgroups one and two below it: where systemd and Kubernetes have their slices. */
function hasFile({ mountPoint }: Hierarchy, file: string): boolean {
  let level = [mountPoint];
  for (let depth = 0; depth <= 2; depth++) {
    if (level.some((folder) => existsSync(join(folder, file)))) return true;
    level = level.flatMap(subFolders).slice(0, 200);
  }
  return false;
}

function subFolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    return []; // vanished
  }
}

/** The root of a v2 hierarchy has no cgroup.type, every other cgroup has; only v1 roots have cgroup.sane_behavior. */
function isWholeTree({ version, mountPoint, root }: Hierarchy): boolean {
  if (root !== '/') return false;
  return version === 2
    ? !existsSync(join(mountPoint, 'cgroup.type'))
    : existsSync(join(mountPoint, 'cgroup.sane_behavior'));
}
