import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CgroupLayout } from '../cgroup/layout.ts';
import { KernelFile, readKernelText } from '../kernel-file.ts';
import { type NumaNode, readNodes } from '../numa/nodes.ts';
import { parseAuxv, type SystemUnits } from '../proc/auxv.ts';
import { type CpuinfoEntry, parseCpuinfo } from '../proc/cpuinfo.ts';
import { parseMemoryFacts } from '../proc/meminfo.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';
import { chooseCodeName, chooseCpuName } from './code-name.ts';
import { readTopology, type Topology } from './topology.ts';

/** Model of the first CPU; what the kernel does not tell is undefined. */
export interface CpuModel {
  readonly name: string | undefined;
  readonly vendor: string | undefined;
  readonly family: number | undefined;
  readonly model: number | undefined;
  readonly stepping: number | undefined;
  /** `cascade-lake`; undefined for CPUs without predefined raw events. */
  readonly codeName: string | undefined;
}

/** What a host is: GetPlatformResponse without the capabilities. Topology and nodes are those of the moment. */
export interface PlatformFacts extends SystemUnits, Topology {
  readonly hostname: string;
  /** Release: `6.1.0-18-amd64`. */
  readonly kernel: string;
  readonly cpuModel: CpuModel;
  /** Ascending by id; none on a kernel without NUMA. */
  readonly numaNodes: readonly NumaNode[];
  readonly swapEnabled: boolean;
  readonly memoryTotalBytes: number;
  readonly cgroupLayout: CgroupLayout;
}

/** Reads the facts, once at start. Throws where /proc is not what a collector can run on. */
export function probePlatform(roots: KernelRoots, layout: CgroupLayout): PlatformFacts {
  const scratch = new Scratch();
  const optional = (path: string): string => {
    const text = readKernelText(join(roots.procfs, path), scratch);
    return text.ok ? text.value : '';
  };
  const meminfo = readKernelText(join(roots.procfs, 'meminfo'), scratch);
  if (!meminfo.ok) throw meminfo.error;
  const memory = parseMemoryFacts(meminfo.value);
  const cpuinfo = parseCpuinfo(optional('cpuinfo'));
  const numaNodes = readNodes(roots, scratch);
  return {
    ...readUnits(roots, scratch),
    ...readTopology(roots, { cpuinfo, nodes: numaNodes, scratch }),
    hostname: optional('sys/kernel/hostname').trim() || hostname(),
    kernel: optional('sys/kernel/osrelease').trim(),
    cpuModel: chooseCpuModel(cpuinfo[0]),
    numaNodes,
    swapEnabled: memory.swapEnabled,
    memoryTotalBytes: memory.totalBytes,
    cgroupLayout: layout,
  };
}

/** Topology and nodes again, after CPUs or nodes came or went. */
export function readHotPlugFacts(
  roots: KernelRoots,
  scratch: Scratch,
): Topology & { readonly numaNodes: readonly NumaNode[] } {
  const text = readKernelText(join(roots.procfs, 'cpuinfo'), scratch);
  const cpuinfo = text.ok ? parseCpuinfo(text.value) : [];
  const numaNodes = readNodes(roots, scratch);
  return { ...readTopology(roots, { cpuinfo, nodes: numaNodes, scratch }), numaNodes };
}

function chooseCpuModel(first: CpuinfoEntry | undefined): CpuModel {
  const { vendor, family, model, stepping } = first ?? {};
  const isKnown = vendor !== undefined && family !== undefined && model !== undefined;
  const codeName = isKnown ? chooseCodeName({ vendor, family, model, stepping: stepping ?? 0 }) : undefined;
  return { name: chooseCpuName(first?.name, codeName), vendor, family, model, stepping, codeName };
}

function readUnits(roots: KernelRoots, scratch: Scratch): SystemUnits {
  const path = join(roots.procfs, 'self/auxv');
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  const state = file.read(scratch);
  if (state === 'read') {
    const units = parseAuxv(scratch.bytes.subarray(0, scratch.length));
    if (units.ok) return units.value;
    throw units.error;
  }
  // auxv is for the owner only, who is root for a process that gained privileges (PR_SET_DUMPABLE); smaps is for all.
  const smaps = readKernelText(join(roots.procfs, 'self/smaps'), scratch);
  const kib = smaps.ok ? /^KernelPageSize:\s+(\d{1,6}) kB$/m.exec(smaps.value)?.[1] : undefined;
  if (kib === undefined) throw smaps.ok ? file.error() : smaps.error;
  // USER_HZ is 100 on every architecture Node runs on; include/asm-generic/param.h.
  return { pageSizeBytes: Number(kib) * 1024, clockTicksPerSecond: 100 };
}
