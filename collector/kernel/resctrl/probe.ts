import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { readKernelText } from '../kernel-file.ts';
import type { KernelRoots } from '../roots.ts';
import { Scratch } from '../scratch.ts';
import { hasMonitoringSwitchedOff, type RdtCpu } from './errata.ts';
import { type Monitoring, type RdtInfo, readRdtInfo } from './info.ts';
import type { ResctrlMount } from './mount.ts';

/** What resctrl can monitor and control here; see Capability in collector.proto. */
export interface RdtCapability {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly remedy: string;
}

/** Where and what can be monitored. */
export interface MonitoredRdt {
  readonly mount: ResctrlMount;
  readonly monitoring: Monitoring;
}

/** The features that have columns. */
export const counterFeatures = ['llc_occupancy', 'mbm_total_bytes', 'mbm_local_bytes'] as const;
export type CounterFeature = (typeof counterFeatures)[number];

const capDacOverride = 1n << 1n;

/** Whether monitoring groups can be made here, or why not: FEATURE_ABSENT, PERMISSION. */
export function probeMonitoring(roots: KernelRoots, cpu: RdtCpu): Reading<MonitoredRdt> {
  return checkMonitoring(readRdtInfo(roots, cpu.vendor), roots, cpu);
}

function checkMonitoring(info: Reading<RdtInfo>, roots: KernelRoots, cpu: RdtCpu): Reading<MonitoredRdt> {
  if (!info.ok) return info;
  const { mount, monitoring } = info.value;
  if (monitoring === undefined || !counterFeatures.some((name) => monitoring.features.includes(name))) {
    return { ok: false, error: notMonitored(cpu) };
  }
  if (mount.isReadOnly) {
    const message = `${mount.mountPoint} is mounted read-only, monitoring groups cannot be made`;
    const remedy = `mount -o remount,rw ${mount.mountPoint}; in a container, give it the folder writable`;
    return { ok: false, error: new WcaError('PERMISSION', { subject: 'resctrl', errno: 'EROFS', message, remedy }) };
  }
  const errno = findRefusal(roots);
  if (errno !== undefined) return { ok: false, error: writeRefused('resctrl', errno) };
  return { ok: true, value: { mount, monitoring } };
}

/** The error for a write to resctrl that was refused. */
export function writeRefused(subject: string, errno: string): WcaError {
  if (errno === 'EPERM') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: 'the kernel lets only root move the threads of others into groups of resctrl, whatever its capabilities',
      remedy: 'run the collector as root',
    });
  }
  if (errno === 'EACCES') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: 'the collector may not write to resctrl, where groups are made',
      remedy: 'give the collector CAP_DAC_OVERRIDE',
    });
  }
  if (errno === 'EROFS') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: 'resctrl is read-only for the collector',
      remedy: 'add it to ReadWritePaths= of the unit; in a container, give it the folder writable',
    });
  }
  return new WcaError('KERNEL_REFUSED', { subject, errno, message: `the kernel refuses it with ${errno}` });
}

function notMonitored(cpu: RdtCpu): WcaError {
  return hasMonitoringSwitchedOff(cpu)
    ? new WcaError('FEATURE_ABSENT', {
        subject: 'resctrl',
        message: 'the kernel switches monitoring off on Skylake servers, whose counts are not exact',
        remedy: 'if counts that are too low are good enough, add rdt=cmt,mbmtotal,mbmlocal to the kernel command line',
      })
    : new WcaError('FEATURE_ABSENT', {
        subject: 'resctrl',
        message: 'this machine controls caches or bandwidth but does not monitor them (no info/L3_MON/mon_features)',
        remedy: 'look for rdt=!cmt,!mbmtotal,!mbmlocal on the kernel command line, else use another CPU',
      });
}

/**
 * What a write would be refused with, from proc_pid_status(5). The folder mon_groups has mode 0555: even root needs the
 * capability. Threads of others are moved by effective uid 0 only (rdtgroup_task_write_permission).
 */
export function findRefusal({ procfs }: KernelRoots): string | undefined {
  const status = readKernelText(join(procfs, 'self/status'), new Scratch());
  const text = status.ok ? status.value : '';
  const [, mask] = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(text) ?? [];
  const [, effectiveUid] = /^Uid:\s*\d+\s+(\d+)/m.exec(text) ?? [];
  if (effectiveUid !== undefined && effectiveUid !== '0') return 'EPERM';
  return mask !== undefined && (BigInt(`0x${mask}`) & capDacOverride) === 0n ? 'EACCES' : undefined;
}

/** Asks this host. */
export function probeRdt(roots: KernelRoots, cpu: RdtCpu): readonly RdtCapability[] {
  const info = readRdtInfo(roots, cpu.vendor);
  const monitored = checkMonitoring(info, roots, cpu);
  const reasonOf = (error: WcaError) => ({ available: false, reason: error.message, remedy: error.remedy ?? '' });
  const decide = (name: string, isThere: (found: RdtInfo) => boolean, reason: string): RdtCapability => {
    if (!info.ok) return { name, ...reasonOf(info.error) };
    return isThere(info.value)
      ? { name, available: true, reason: '', remedy: '' }
      : { name, available: false, reason, remedy: '' };
  };
  const has = (feature: CounterFeature) => (found: RdtInfo) => found.monitoring?.features.includes(feature) === true;
  return [
    {
      name: 'rdt.monitoring',
      ...(monitored.ok ? { available: true, reason: '', remedy: '' } : reasonOf(monitored.error)),
    },
    decide('rdt.llc_occupancy', has('llc_occupancy'), 'the kernel counts no cache occupancy on this CPU'),
    decide('rdt.mbm_total', has('mbm_total_bytes'), 'the kernel counts no memory bandwidth on this CPU'),
    decide('rdt.mbm_local', has('mbm_local_bytes'), 'the kernel counts no local memory bandwidth on this CPU'),
    decide('rdt.cache_control', ({ caches }) => caches.length > 0, 'the kernel divides no cache on this CPU'),
    decide(
      'rdt.bandwidth_control',
      ({ bandwidths }) => bandwidths.length > 0,
      'the kernel throttles no bandwidth on this CPU',
    ),
  ];
}
