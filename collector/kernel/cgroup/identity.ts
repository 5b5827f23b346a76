import { lstatSync } from 'node:fs';
import type { CgroupLayout } from './layout.ts';
import { checkCgroupPath, pathBelowMount } from './path.ts';

/** In which hierarchy the inode of a cgroup stands for it: the first of these that has it. */
const order = ['cpu', 'cpuset', 'memory', 'cpuacct', 'perf_event'];

/**
 * Which cgroup is under a path: its inode, another one when it was removed and made again. Undefined when there is none
 * on any of the hierarchies with allocations.
 */
export function readCgroupIdentity(layout: CgroupLayout, path: string): bigint | undefined {
  if (!checkCgroupPath(path).ok) return undefined;
  for (const name of order) {
    const hierarchy = layout.controller(name);
    const below = hierarchy === undefined ? undefined : pathBelowMount(hierarchy, path);
    if (hierarchy === undefined || below === undefined) continue;
    const stat = lstatSync(`${hierarchy.mountPoint}/${below}`, { bigint: true, throwIfNoEntry: false });
    if (stat?.isDirectory()) return stat.ino;
  }
  return undefined;
}
