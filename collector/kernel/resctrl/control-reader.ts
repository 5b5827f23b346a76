import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseSchemata } from '../../../shared/kernel-text/schemata.ts';
import { KernelFile } from '../kernel-file.ts';
import type { Scratch } from '../scratch.ts';

/** Values of the domains of each resource, `L3` → 0 → `7ff`, as the kernel writes them. */
export type GroupLines = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Folders beside the control groups. */
const notGroups = new Set(['info', 'mon_groups', 'mon_data']);

/** Names of all control groups but the root; undefined when resctrl cannot be read. */
export function readControlGroups(mountPoint: string): readonly string[] | undefined {
  try {
    return readdirSync(mountPoint, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !notGroups.has(entry.name))
      .map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/** Whether there is such a control group; '' is the root. */
export function hasControlGroup(mountPoint: string, group: string): boolean {
  try {
    return statSync(join(mountPoint, group), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** `schemata` of a control group; undefined when the group is gone or cannot be read. */
export function readGroupLines(mountPoint: string, group: string, scratch: Scratch): GroupLines | undefined {
  const path = join(mountPoint, group, 'schemata');
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  if (file.read(scratch) !== 'read') return undefined;
  return new Map(parseSchemata(scratch.text()).map(({ resource, domains }) => [resource, domains]));
}

/** Monitoring groups in a control group; none when it is gone or the machine does not monitor. */
export function readMonGroups(mountPoint: string, group: string): readonly string[] {
  try {
    return readdirSync(join(mountPoint, group, 'mon_groups'));
  } catch {
    return [];
  }
}

/**
 * What the kernel says of the command that has just failed, from info/last_cmd_status; undefined for `ok`. Texts of
 * several commands pile up: the last line is of the last one, if that said anything.
 */
export function readLastStatus(mountPoint: string, scratch: Scratch): string | undefined {
  const path = join(mountPoint, 'info/last_cmd_status');
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  if (file.read(scratch) !== 'read') return undefined;
  const text = scratch.text().trim().split('\n').at(-1) ?? '';
  return text === '' || text === 'ok' ? undefined : text.slice(0, 200);
}
