import { join } from 'node:path';
import { tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import { readKernelText } from '../kernel-file.ts';
import type { CpuinfoEntry } from '../proc/cpuinfo.ts';
import type { KernelRoots } from '../roots.ts';
import type { Scratch } from '../scratch.ts';

/** An online logical CPU. */
export interface Cpu {
  readonly id: number;
  readonly socket: number;
  /** Unique within its socket. */
  readonly core: number;
  readonly numaNode: number;
}

export interface Topology {
  /** Ascending by id. */
  readonly cpus: readonly Cpu[];
  readonly sockets: number;
  /** Physical cores of the whole machine. */
  readonly cores: number;
}

/** Where one CPU is, as far as the kernel tells; ids below zero (unknown on some virtual machines) are undefined. */
export interface CpuPlace {
  readonly id: number;
  readonly socket: number | undefined;
  readonly core: number | undefined;
  /** The CPUs of the same core in list format: names the core even where core ids repeat in several dies. */
  readonly siblings: string | undefined;
}

/** List of the online CPUs; Documentation/admin-guide/cputopology.rst: `0-2,4-5`. */
export function onlineCpusPath(roots: KernelRoots): string {
  return join(roots.sysfs, 'devices/system/cpu/online');
}

/**
 * Topology of the online CPUs from `<sysfs>/devices/system/cpu/cpuN/topology`, completed by /proc/cpuinfo where sysfs
 * does not say. A CPU that goes offline meanwhile is told without its place.
 */
export function readTopology(
  roots: KernelRoots,
  { cpuinfo, nodes, scratch }: { cpuinfo: readonly CpuinfoEntry[]; nodes: readonly NodeCpus[]; scratch: Scratch },
): Topology {
  const online = readKernelText(onlineCpusPath(roots), scratch);
  const listed = online.ok ? tryParseIdList(online.value) : undefined;
  const ids = listed ?? cpuinfo.map(({ processor }) => processor);
  const places = ids.map((id): CpuPlace => {
    const read = (name: string): string | undefined => {
      const text = readKernelText(join(roots.sysfs, `devices/system/cpu/cpu${id}/topology`, name), scratch);
      return text.ok ? text.value.trim() : undefined;
    };
    const known = cpuinfo.find(({ processor }) => processor === id);
    return {
      id,
      socket: parseId(read('physical_package_id')) ?? known?.socket,
      core: parseId(read('core_id')) ?? known?.core,
      // core_cpus_list: 5.3; the older name is still there.
      siblings: read('core_cpus_list') ?? read('thread_siblings_list'),
    };
  });
  return chooseTopology(places, nodes);
}

/** CPUs of one NUMA node. */
export interface NodeCpus {
  readonly id: number;
  readonly cpus: readonly number[];
}

/** Puts the places together: an unknown socket is 0, an unknown core is one of its own, an unknown node is 0. */
export function chooseTopology(places: readonly CpuPlace[], nodes: readonly NodeCpus[]): Topology {
  const nodeOf = new Map(nodes.flatMap((node) => node.cpus.map((cpu) => [cpu, node.id])));
  const cpus = places.map(
    ({ id, socket, core }): Cpu => ({ id, socket: socket ?? 0, core: core ?? id, numaNode: nodeOf.get(id) ?? 0 }),
  );
  const cores = new Set(
    places.map(({ id, socket, core, siblings }) => siblings ?? `${socket ?? 0}:${core ?? `cpu${id}`}`),
  );
  return {
    cpus: cpus.sort((a, b) => a.id - b.id),
    sockets: new Set(cpus.map(({ socket }) => socket)).size,
    cores: cores.size,
  };
}

function parseId(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
