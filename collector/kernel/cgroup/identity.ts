import { lstatSync } from 'node:fs';
import type { CgroupLayout, Hierarchy } from './layout.ts';
import { checkCgroupPath, pathBelowMount } from './path.ts';

/** In which hierarchy the inode of a cgroup stands for it: the first of these that has it. */
const order = ['cpu', 'cpuset', 'memory', 'cpuacct', 'perf_event'];

/**
 * Which cgroup is under a path: its inode, another one when it was removed and made again. Undefined when there is none
 * on any of the hierarchies with allocations.
 */
export function readCgroupIdentity(
  layout: CgroupLayout,
  path: string,
  inodeOn: InodeOn = readInode,
): bigint | undefined {
  if (!checkCgroupPath(path).ok) return undefined;
  for (const name of order) {
    const hierarchy = layout.controller(name);
    const inode = hierarchy === undefined ? undefined : inodeOn(hierarchy, path);
    if (inode !== undefined) return inode;
  }
  return undefined;
}

/** Inode of a cgroup's directory on a hierarchy; undefined when there is none. */
export type InodeOn = (hierarchy: Hierarchy, path: string) => bigint | undefined;

function readInode(hierarchy: Hierarchy, path: string): bigint | undefined {
  const below = pathBelowMount(hierarchy, path);
  if (below === undefined) return undefined;
  const stat = lstatSync(`${hierarchy.mountPoint}/${below}`, { bigint: true, throwIfNoEntry: false });
  return stat?.isDirectory() ? stat.ino : undefined;
}
