import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { readKernelText } from '../kernel-file.ts';
import { type Mount, parseMountinfo } from '../mountinfo.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';

/** Where resctrl is mounted here. */
export interface ResctrlMount {
  readonly mountPoint: string;
  readonly isReadOnly: boolean;
  /** `cdp`, `cdpl2`, `mba_MBps`, `debug` and those of every file system. */
  readonly options: readonly string[];
}

/** The first mount of the whole of resctrl; there is one resctrl on a machine, which may be seen at several places. */
export function chooseResctrlMount(mounts: readonly Mount[]): ResctrlMount | undefined {
  const found = mounts.filter(({ fsType, root }) => fsType === 'resctrl' && root === '/');
  const mount = found.find(({ isReadOnly }) => !isReadOnly) ?? found[0];
  if (mount === undefined) return undefined;
  return { mountPoint: mount.mountPoint, isReadOnly: mount.isReadOnly, options: mount.superOptions };
}

/** From `<procfs>/self/mountinfo`; FEATURE_ABSENT where it is not mounted, which WCA never does itself. */
export function readResctrlMount(roots: KernelRoots): Reading<ResctrlMount> {
  const mountinfo = readKernelText(join(roots.procfs, 'self/mountinfo'), new Scratch());
  if (!mountinfo.ok) return mountinfo;
  const mount = chooseResctrlMount(parseMountinfo(mountinfo.value));
  if (mount !== undefined) return { ok: true, value: mount };
  const folder = join(roots.sysfs, 'fs/resctrl');
  // The kernel makes this folder only on hardware that has something to control or monitor.
  const error = existsSync(folder)
    ? new WcaError('FEATURE_ABSENT', {
        subject: 'resctrl',
        message: 'the kernel has it, but it is not mounted where the collector can see it',
        remedy: 'mount -t resctrl resctrl /sys/fs/resctrl; in a container, give it this folder of the host',
      })
    : new WcaError('FEATURE_ABSENT', {
        subject: 'resctrl',
        message: 'the kernel does not have it: a CPU without RDT (AMD: PQOS), or a kernel built without it',
        remedy: 'use such a CPU, not in a virtual machine, and a kernel with CONFIG_X86_CPU_RESCTRL',
      });
  return { ok: false, error };
}
