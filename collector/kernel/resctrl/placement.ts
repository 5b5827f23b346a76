import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import type { Scratch } from '../scratch.ts';

/** The group of a thread. */
export interface Placement {
  /** Control group; empty for the root. */
  readonly control: string;
  /** Monitoring group inside of it; empty for none. */
  readonly monitoring: string;
}

/** Monitoring groups by control group, the root (empty name) included. */
export type GroupTree = ReadonlyMap<string, readonly string[]>;

const notGroups = new Set(['info', 'mon_groups', 'mon_data']);

/** The folder of a group. */
export function groupFolder(mountPoint: string, { control, monitoring }: Placement): string {
  const above = join(mountPoint, control);
  return monitoring === '' ? above : join(above, 'mon_groups', monitoring);
}

/**
 * /proc/TID/cpu_resctrl_groups (5.6, CONFIG_PROC_CPU_RESCTRL): `res:/\nmon:\n`, `res:batch\nmon:job7\n`. Undefined for a
 * text of another shape and while resctrl is not mounted (`res:\nmon:\n`).
 */
export function parsePlacement(text: string): Placement | undefined {
  const [, control, monitoring] = /^res:(.+)\nmon:(.*)\n?$/.exec(text) ?? [];
  if (control === undefined || monitoring === undefined) return undefined;
  return { control: control === '/' ? '' : control, monitoring };
}

/** Where a thread is: `gone` when it has ended, undefined where this kernel does not tell. */
export function readPlacement(procfs: string, id: number, scratch: Scratch): Placement | 'gone' | undefined {
  const path = `${procfs}/${id}/cpu_resctrl_groups`;
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  const state = file.read(scratch);
  if (state === 'missing' || state === 'gone') return 'gone';
  return state === 'read' ? parsePlacement(scratch.text()) : undefined;
}

/** All groups of the machine; undefined when the root itself cannot be read. Groups that vanish meanwhile are left out. */
export function readGroupTree(mountPoint: string): GroupTree | undefined {
  const top = subFolders(mountPoint);
  if (top === undefined) return undefined;
  const tree = new Map<string, readonly string[]>();
  for (const control of ['', ...top.filter((name) => !notGroups.has(name))]) {
    tree.set(control, subFolders(join(mountPoint, control, 'mon_groups')) ?? []);
  }
  return tree;
}

function subFolders(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return undefined;
  }
}

/**
 * The ids in a group's `tasks` file, `71\n4711\n`; undefined when the group is gone or cannot be read. The kernel looks
 * at every thread of the machine for it. A thread of a monitoring group is listed in its control group too.
 */
export function readTaskIds(group: string, scratch: Scratch): Set<number> | undefined {
  const path = join(group, 'tasks');
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  if (file.read(scratch) !== 'read') return undefined;
  const { bytes, length, decimal } = scratch;
  const ids = new Set<number>();
  for (let at = 0; at < length; at = decimal.end + 1) {
    if (!decimal.scan(bytes, at, length)) break;
    if (decimal.value > 0) ids.add(decimal.value);
  }
  return ids;
}

/** Whether a thread runs or may run: proc_pid_stat(5), `71 (a) b) S 1 ...`. False for one that has ended or is a zombie. */
export function isLiving(procfs: string, id: number, scratch: Scratch): boolean {
  const path = `${procfs}/${id}/stat`;
  const file = new KernelFile({ path, subject: path, keepOpen: false });
  if (file.read(scratch) !== 'read') return false;
  const text = scratch.text();
  // The name may hold anything.
  return !/^\) [ZXx] /.test(text.slice(text.lastIndexOf(')')));
}
