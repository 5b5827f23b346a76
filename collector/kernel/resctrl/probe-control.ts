import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { KernelRoots } from '../roots.ts';
import type { RdtCpu } from './errata.ts';
import { type RdtInfo, readRdtInfo } from './info.ts';
import { findRefusal, type RdtCapability, writeRefused } from './probe.ts';

/** Whether caches and memory bandwidth can be allocated here: the capabilities allocation.rdt_l3 and allocation.rdt_mb. */
export function probeRdtControl(roots: KernelRoots, cpu: RdtCpu): readonly RdtCapability[] {
  const info = readRdtInfo(roots, cpu.vendor);
  const writable = checkWritable(info, roots);
  const decide = (name: string, isThere: (found: RdtInfo) => boolean, reason: string): RdtCapability => {
    if (info.ok && !isThere(info.value)) return { name, available: false, reason, remedy: switchedOff };
    if (writable === undefined) return { name, available: true, reason: '', remedy: '' };
    return { name, available: false, reason: writable.message, remedy: writable.remedy ?? '' };
  };
  return [
    decide(
      'allocation.rdt_l3',
      ({ caches }) => caches.some(({ resource }) => resource.startsWith('L3')),
      'the kernel does not divide the L3 cache on this CPU',
    ),
    decide(
      'allocation.rdt_mb',
      ({ bandwidths }) => bandwidths.some(({ resource }) => resource === 'MB'),
      'the kernel does not throttle memory bandwidth on this CPU',
    ),
  ];
}

const switchedOff = 'look for rdt=!l3cat,!mba on the kernel command line, else use another CPU';

function checkWritable(info: Reading<RdtInfo>, roots: KernelRoots): WcaError | undefined {
  if (!info.ok) return info.error;
  const { mountPoint, isReadOnly } = info.value.mount;
  if (isReadOnly) {
    return new WcaError('PERMISSION', {
      subject: 'resctrl',
      errno: 'EROFS',
      message: `${mountPoint} is mounted read-only, control groups cannot be made`,
      remedy: `mount -o remount,rw ${mountPoint}; in a container, give it the folder writable`,
    });
  }
  const errno = findRefusal(roots);
  return errno === undefined ? undefined : writeRefused('resctrl', errno);
}
