import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryParseIdList } from '../../../shared/kernel-text/list-format.ts';
import { readKernelText } from '../kernel-file.ts';
import { LineFinder } from '../keyed-text.ts';
import type { KernelRoots } from '../roots.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';

/** Sizes in nodeN/meminfo say kB and mean KiB. */
const unitBytes = 1024;

export interface NumaDistance {
  readonly to: number;
  /** 10 is local. */
  readonly distance: number;
}

export interface NumaNode {
  readonly id: number;
  /** Online CPUs; none on a node of memory only. */
  readonly cpus: readonly number[];
  readonly memoryBytes: number;
  readonly distances: readonly NumaDistance[];
}

/** Folder of the nodes in sysfs; Documentation/ABI/stable/sysfs-devices-node. Absent without CONFIG_NUMA. */
export function nodesFolder(roots: KernelRoots): string {
  return join(roots.sysfs, 'devices/system/node');
}

/** Ids of the NUMA nodes, ascending; ids may have gaps. None on a kernel without NUMA. */
export function readNodeIds(roots: KernelRoots): readonly number[] {
  try {
    return readdirSync(nodesFolder(roots))
      .flatMap((name) => /^node(\d{1,4})$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** The nodes with their CPUs, memory and distances. A node that vanishes meanwhile (hot-unplug) is left out. */
export function readNodes(roots: KernelRoots, scratch: Scratch): readonly NumaNode[] {
  const ids = readNodeIds(roots);
  return ids.flatMap((id) => {
    const read = (name: string) => readKernelText(join(nodesFolder(roots), `node${id}`, name), scratch);
    const [cpulist, meminfo, distance] = [read('cpulist'), read('meminfo'), read('distance')];
    if (!cpulist.ok || !meminfo.ok) return [];
    return {
      id,
      cpus: tryParseIdList(cpulist.value) ?? [],
      memoryBytes: parseNodeMemoryBytes(meminfo.value),
      distances: distance.ok ? parseDistances(distance.value, ids) : [],
    };
  });
}

/** nodeN/meminfo: `Node 1 MemTotal:        4417312 kB`; 0 when the line is missing. */
export function parseNodeMemoryBytes(text: string): number {
  return Number(/^Node \d+ MemTotal:\s*(\d{1,15}) kB$/m.exec(text)?.[1] ?? 0) * unitBytes;
}

/**
 * nodeN/distance: `10 21`. The kernel prints one number for each online node in ascending order of id, so positions are
 * ids only when those have no gaps (drivers/base/node.c, node_read_distance).
 */
export function parseDistances(text: string, nodeIds: readonly number[]): readonly NumaDistance[] {
  const numbers = text.trim().split(/\s+/).filter(Boolean).map(Number);
  return numbers.length === nodeIds.length && numbers.every(Number.isSafeInteger)
    ? nodeIds.map((to, i) => ({ to, distance: numbers[i] ?? 0 }))
    : [];
}

/** Free and used memory of one node, bytes, from nodeN/meminfo: `Node 1 MemFree:        3000000 kB`. Two slots. */
export class NodeMemoryDecoder {
  readonly #finders: readonly LineFinder[];

  constructor(nodeId: number) {
    this.#finders = ['MemFree', 'MemUsed'].map((key) => new LineFinder(`Node ${nodeId} ${key}:`));
  }

  /** False when a line is missing or broken; its slot is absent then. */
  decode({ bytes, length, decimal }: Scratch, row: Row, at: number): boolean {
    let whole = true;
    for (let i = 0; i < this.#finders.length; i++) {
      const value = this.#finders[i]?.find(bytes, length);
      if (value !== undefined && decimal.scan(bytes, value, length)) row.setInteger(at + i, decimal.value * unitBytes);
      else {
        row.clear(at + i, 1);
        whole = false;
      }
    }
    return whole;
  }
}
