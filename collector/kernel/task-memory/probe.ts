import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { KernelFile, readKernelText } from '../kernel-file.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';

const capSysPtrace = 1n << 19n;

/** smaps_rollup: one record a process, Linux 4.14 and later. smaps: one a mapping, in pieces of about 4 kB. */
export type MemoryMap = 'smaps_rollup' | 'smaps';

/** Which file tells the referenced memory of a process; FEATURE_ABSENT on a kernel without CONFIG_PROC_PAGE_MONITOR. */
export function probeMemoryMap(roots: KernelRoots): Reading<MemoryMap> {
  const maps: readonly MemoryMap[] = ['smaps_rollup', 'smaps'];
  const value = maps.find((map) => existsSync(join(roots.procfs, 'self', map)));
  return value === undefined ? { ok: false, error: absence('smaps') } : { ok: true, value };
}

/** Why referenced bits cannot be cleared; undefined where they can. */
export function probeClearRefs(roots: KernelRoots): WcaError | undefined {
  return existsSync(join(roots.procfs, 'self', 'clear_refs')) ? undefined : absence('clear_refs');
}

/**
 * Whether the memory of processes of others may be read: with CAP_SYS_PTRACE (proc_pid_status(5), `CapEff:`), else where
 * that of process 1 may. Undefined where it may, or nothing can be said.
 */
export function probeMemoryAccess(roots: KernelRoots, map: MemoryMap): WcaError | undefined {
  const status = readKernelText(join(roots.procfs, 'self/status'), new Scratch());
  const [, mask] = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status.ok ? status.value : '') ?? [];
  if (mask === undefined || (BigInt(`0x${mask}`) & capSysPtrace) !== 0n) return undefined;
  const first = `/proc/1/${map}`;
  const file = new KernelFile({ path: join(roots.procfs, '1', map), subject: first, keepOpen: false });
  return file.read(new Scratch()) === 'denied' ? memoryRefused(first, 'EACCES') : undefined;
}

/** The error of processes that may not be looked at: it takes a privilege of its own. */
export function memoryRefused(subject: string, errno: string): WcaError {
  return new WcaError('PERMISSION', {
    subject,
    errno,
    message: 'the kernel refuses to tell the memory of processes of others',
    remedy: 'run the collector as root or with CAP_SYS_PTRACE',
  });
}

function absence(file: string): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: `/proc/PID/${file}`,
    message: 'this kernel has no such file',
    remedy: 'use a kernel with CONFIG_PROC_PAGE_MONITOR',
  });
}
