import { createHash } from 'node:crypto';

/** NAME_MAX. */
const maxBytes = 255;
const hashDigits = 16;

/** What every group's folder holds: no name of a group. */
const reserved = new Set([
  ...['.', '..', 'info', 'mon_groups', 'mon_data'],
  ...['cpus', 'cpus_list', 'mode', 'schemata', 'size', 'tasks', 'last_cmd_status'],
]);
/** Control characters and the like, which make listings unreadable. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\uFFFD]/u;

/**
 * The name of a target's own control group as everybody knows it: the cgroup's path with `-` for `/` (spec allocation
 * §4.2): `/kubepods/besteffort/podX` is `kubepods-besteffort-podX`. Undefined where there is none: the name would be
 * reserved, too long, unprintable, or would look like one of `hashedControlName`.
 */
export function legacyControlName(path: string): string | undefined {
  const name = path.slice(1).replaceAll('/', '-');
  return name === '' || faultOfControlName(name) !== undefined || isHashed(name) ? undefined : name;
}

/** The name where the legacy one cannot be had: its beginning, for the reader, and a hash of the whole path. */
export function hashedControlName(path: string): string {
  const hash = createHash('sha256').update(path).digest('hex').slice(0, hashDigits);
  let start = '';
  for (const char of path.slice(1).replaceAll('/', '-')) {
    if (Buffer.byteLength(start) + 4 > maxBytes - 1 - hashDigits) break;
    start += unprintable.test(char) ? '_' : char;
  }
  return `${start}~${hash}`;
}

function isHashed(name: string): boolean {
  return new RegExp(`~[0-9a-f]{${hashDigits}}$`).test(name);
}

/** Why a name is none of a control group; undefined when it may be one. */
export function faultOfControlName(name: string): string | undefined {
  if (name.includes('/')) return 'is more than one path component';
  if (reserved.has(name)) return 'is reserved by resctrl';
  if (unprintable.test(name)) return 'has characters that cannot be shown';
  if (Buffer.byteLength(name) > maxBytes) return `is longer than ${maxBytes} bytes`;
  return undefined;
}
