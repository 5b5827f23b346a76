import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Which CPUs are online, and since which coming: a CPU that goes offline and comes back gets a new folder
 * `/sys/devices/system/cpu/cpu2/cache` (or topology). With its last CPU a domain of resctrl goes, and comes back with
 * everything unlimited. Two answers differ when a CPU came or went in between.
 */
export function readCpuIncarnations(sysfs: string): string {
  const folder = join(sysfs, 'devices/system/cpu');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return '';
  }
  return names
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${name}:${inodeOf(join(folder, name, 'cache')) ?? inodeOf(join(folder, name, 'topology')) ?? ''}`)
    .sort()
    .join(' ');
}

function inodeOf(path: string): bigint | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
