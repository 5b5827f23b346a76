import { closeSync, constants, lstatSync, opendirSync, openSync, readSync } from 'node:fs';
import type { Hierarchy } from './layout.ts';

/** A cgroup as a folder below a mount point, while the tree is walked. */
export interface Folder {
  readonly hierarchy: Hierarchy;
  /** Path in the file system. */
  readonly folder: string;
  /** Path of the cgroup. */
  readonly path: string;
}

/** Enough for the key that is looked for: `populated` is the first line of cgroup.events. */
const headBytes = 64;

/** The mounted top of a hierarchy. */
export function topFolder(hierarchy: Hierarchy): Folder {
  return { hierarchy, folder: hierarchy.mountPoint, path: hierarchy.root };
}

/**
 * The cgroups directly below, at most `max`, in the kernel's order. A cgroup file system counts its sub-directories in
 * the number of links, so that a leaf costs one lstat(2) and no reading of its forty file names. Empty when the cgroup
 * has vanished. Links are not followed.
 */
export function readChildren({ hierarchy, folder, path }: Folder, max: number): Folder[] {
  const children: Folder[] = [];
  try {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isDirectory() || stat.nlink === 2) return [];
    const entries = opendirSync(folder, { bufferSize: 256 });
    try {
      for (let entry = entries.readSync(); entry !== null && children.length < max; entry = entries.readSync()) {
        if (!entry.isDirectory()) continue;
        const below = path === '/' ? '' : path;
        children.push({ hierarchy, folder: `${folder}/${entry.name}`, path: `${below}/${entry.name}` });
      }
    } finally {
      entries.closeSync();
    }
  } catch {
    // Removed, or unreadable for this process: what was seen until then counts.
  }
  return children;
}

/** Whether the cgroup itself holds a process (kernel threads included); false when it has vanished. */
export function hasProcesses(folder: string, head: Buffer): boolean {
  return readHead(`${folder}/cgroup.procs`, head) > 0;
}

/**
 * v2: whether the cgroup or one below holds a process; cgroup.events: `populated 1`. The root has no such file.
 * Undefined when it cannot be read.
 */
export function readPopulated(folder: string, head: Buffer): boolean | undefined {
  const length = readHead(`${folder}/cgroup.events`, head);
  if (length <= 0) return undefined;
  const [, digit] = /^populated ([01])$/m.exec(head.toString('latin1', 0, length)) ?? [];
  return digit === undefined ? undefined : digit === '1';
}

/** Memory for the two functions above. */
export function makeHead(): Buffer {
  return Buffer.allocUnsafe(headBytes);
}

/** Bytes read of a file's beginning; 0 also when there is none. */
function readHead(path: string, head: Buffer): number {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return readSync(fd, head, 0, head.length, 0);
  } catch {
    return 0; // vanished between two calls, or a threaded cgroup, whose processes its parent has
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
