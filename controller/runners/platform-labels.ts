import type { Capability__Output as Capability } from '../../shared/rpc/gen/wca/v1/Capability.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { HostFacts } from '../derived/usage.ts';
import type { Labels } from '../model/metric.ts';

/** Labels of wca_information; the same as `include_optional_labels` adds to every metric (spec measurements §6.7). */
export function informationLabels(platform: Platform): Labels {
  return {
    sockets: String(platform.sockets),
    cores: String(platform.cores),
    cpus: String(platform.cpus.length),
    cpu_model: platform.cpuModel?.name ?? '',
    cpu_model_number: platform.cpuModel === null ? '' : String(platform.cpuModel.model),
    wca_version: apiVersion.software,
  };
}

export function hostFacts(platform: Platform): HostFacts {
  return {
    hostname: platform.hostname,
    cpus: platform.cpus.length,
    clockTicksPerSecond: platform.clockTicksPerSecond,
    memoryTotalBytes: platform.memoryTotalBytes,
  };
}

/** One line of what is measured here and with what, for the header of the live table. */
export function describeFeatures(platform: Platform): readonly string[] {
  const has = (name: string): boolean => platform.capabilities.some((one) => one.name === name && one.available);
  const reasonOf = (name: string): string => reason(platform.capabilities.find((one) => one.name === name));
  const perf = has('perf.hardware')
    ? 'perf: hardware events'
    : has('perf.software')
      ? 'perf: software events (no PMU)'
      : `perf: off${reasonOf('perf.cgroup')}`;
  const nodes = platform.numaNodes.length;
  return [
    `cgroup ${platform.cgroupLayout?.mode ?? '?'}`,
    perf,
    has('psi.cgroup') ? 'pressure: by cgroup' : 'pressure: not by cgroup',
    nodes === 1 ? 'one NUMA node' : `${nodes} NUMA nodes`,
  ];
}

function reason(capability: Capability | undefined): string {
  return capability === undefined || capability.reason === '' ? '' : ` (${capability.reason})`;
}
