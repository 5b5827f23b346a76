import { createHash } from 'node:crypto';

/** What the names of all monitoring groups made by WCA begin with. Nothing without it is ever changed. */
const ownPrefix = 'wca-';

/** NAME_MAX. */
const maxBytes = 255;
const hashDigits = 32;
/** What a readable name keeps as it is; `-` stands for `/`, `%` begins an escape, `~` a hash. */
const plain = /[A-Za-z0-9_.:@+=,]/;

/**
 * The name of the monitoring group of a cgroup: `/kubepods/pod-1` is `wca-kubepods-pod%2D1`. Different paths have
 * different names. Where the name would be too long its end is a hash of the whole path.
 */
export function monGroupName(path: string): string {
  let name = ownPrefix;
  for (const byte of Buffer.from(path.slice(1))) {
    const char = String.fromCharCode(byte);
    name += char === '/' ? '-' : plain.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  if (name.length <= maxBytes) return name;
  const hash = createHash('sha256').update(path).digest('hex').slice(0, hashDigits);
  // Not in the middle of an escape: only for the reader's sake.
  return `${name.slice(0, maxBytes - 1 - hashDigits).replace(/%.?$/, '')}~${hash}`;
}

export function isOwnName(name: string): boolean {
  return name.startsWith(ownPrefix) && name.length > ownPrefix.length;
}
