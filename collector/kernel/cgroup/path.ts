import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { limits } from '../../../shared/rpc/limits.ts';
import type { Hierarchy } from './layout.ts';

/** NAME_MAX of the kernel. */
const maxSegmentBytes = 255;
const shownCharacters = 60;

/**
 * Checks the path of a cgroup as peers name it: absolute within the hierarchy (`/kubepods/pod1`, the root is `/`),
 * without empty, `.` or `..` segments, NUL or newline. INVALID_ARGUMENT otherwise.
 */
export function checkCgroupPath(path: string): Reading<string> {
  const fault = faultOf(path);
  if (fault === undefined) return { ok: true, value: path };
  const shown = path.length > shownCharacters ? `${path.slice(0, shownCharacters)}...` : path;
  return {
    ok: false,
    error: new WcaError('INVALID_ARGUMENT', {
      subject: `cgroup path ${JSON.stringify(shown)}`,
      message: fault,
      remedy: 'give the absolute path of the cgroup within its hierarchy, such as /kubepods/pod1',
    }),
  };
}

function faultOf(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with /';
  // The length in characters bounds the work before the length in bytes is counted.
  if (path.length > limits.maxPathBytes || Buffer.byteLength(path) > limits.maxPathBytes) {
    return `is longer than ${limits.maxPathBytes} bytes`;
  }
  if (path.includes('\0')) return 'contains NUL';
  if (path.includes('\n')) return 'contains a newline';
  if (path === '/') return undefined;
  for (const segment of path.slice(1).split('/')) {
    if (segment === '') return 'contains an empty segment';
    if (segment === '.' || segment === '..') return `contains the segment ${segment}`;
    if (Buffer.byteLength(segment) > maxSegmentBytes) return `has a segment longer than ${maxSegmentBytes} bytes`;
  }
  return undefined;
}

/**
 * The path of a checked cgroup path below the hierarchy's mount point, without leading slash; empty for the mount point
 * itself. Undefined when only a sub-tree is mounted and the cgroup lies outside it.
 */
export function pathBelowMount(hierarchy: Hierarchy, path: string): string | undefined {
  if (hierarchy.root === '/') return path.slice(1);
  if (path === hierarchy.root) return '';
  return path.startsWith(`${hierarchy.root}/`) ? path.slice(hierarchy.root.length + 1) : undefined;
}
