import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { CgroupLayout, Hierarchy } from './layout.ts';

/** Where perf counts by cgroup, or why it cannot. */
export type PerfHierarchy = { readonly hierarchy: Hierarchy } | { readonly problem: WcaError };

/**
 * The hierarchy whose cgroups perf_event_open(2) takes: the one the `perf_event` controller is bound to. Any other
 * answers ENOENT, which says nothing, so it is decided beforehand from /proc/cgroups:
 * `perf_event	0	1	1` (name, hierarchy id, cgroups, enabled). Id 0 means cgroup v2. Kernels that no longer list
 * v2 controllers there (the row or the file is missing) have it on v2 as well.
 */
export function choosePerfHierarchy(layout: CgroupLayout, procCgroupsText: string): PerfHierarchy {
  const row = procCgroupsText
    .split('\n')
    .map((line) => line.split(/\s+/))
    .find(([name]) => name === 'perf_event');
  const unified = layout.hierarchies.find(({ version }) => version === 2);
  const v1 = layout.hierarchies.find(({ version, controllers }) => version === 1 && controllers.includes('perf_event'));
  if (row?.[3] === '0') {
    return absent(
      'the kernel runs with perf_event switched off for cgroups',
      'remove cgroup_disable=perf_event from the kernel command line',
    );
  }
  if (row === undefined && unified === undefined && v1 === undefined) {
    return absent('the kernel has no perf_event cgroup controller', 'use a kernel with CONFIG_CGROUP_PERF');
  }
  if (row !== undefined && row[1] !== '0') {
    if (v1 !== undefined) return { hierarchy: v1 };
    return absent(
      `perf_event is bound to cgroup v1 hierarchy ${row[1] ?? '?'}, which is mounted nowhere, so cgroup v2 cannot count`,
      'mount -t cgroup -o perf_event none DIR; to free it for v2: rmdir its child cgroups there, then umount DIR',
    );
  }
  if (unified !== undefined) return { hierarchy: unified };
  if (v1 !== undefined) return { hierarchy: v1 };
  return absent(
    'perf_event is bound to no cgroup v1 hierarchy and cgroup v2 is not mounted',
    'mount -t cgroup2 none DIR, or mount -t cgroup -o perf_event none DIR',
  );
}

function absent(message: string, remedy: string): PerfHierarchy {
  return { problem: new WcaError('FEATURE_ABSENT', { subject: 'perf by cgroup', message, remedy }) };
}
