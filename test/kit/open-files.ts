import { readdirSync, readlinkSync } from 'node:fs';

/** How many descriptors of this process are open on files below a path. Others come and go with other tests. */
export function openBelow(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(path)).length;
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ''; // closed meanwhile: the folder's own descriptor among others
  }
}
