import type { GetPlatformResponse__Output as Wire } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { RdtPlatform__Output as WireRdt } from '../../shared/rpc/gen/wca/v1/RdtPlatform.ts';
import type { Measurements } from '../model/measurements.ts';
import type { Platform, RdtBandwidthControl, RdtInformation } from '../model/platform.ts';

/** The facts of a host that stay as they are until the collector is asked again. */
export type PlatformFacts = Omit<Platform, 'timestamp' | 'measurements'>;

/** What plugins see of a host, but for what is measured each time (spec allocation §1.4). */
export function platformFacts(wire: Wire): PlatformFacts {
  return {
    hostname: wire.hostname,
    sockets: wire.sockets,
    cores: wire.cores,
    cpus: wire.cpus.length,
    numaNodes: wire.numaNodes.length,
    cpuModel: wire.cpuModel?.name ?? '',
    cpuCodeName: wire.cpuModel?.codeName ?? '',
    topology: topologyOf(wire),
    nodeCpus: new Map(wire.numaNodes.map(({ id, cpus }) => [id, cpus])),
    nodeDistances: new Map(
      wire.numaNodes.map(({ id, distances }) => [id, new Map(distances.map(({ to, distance }) => [to, distance]))]),
    ),
    pageSizeBytes: wire.pageSizeBytes,
    memoryTotalBytes: wire.memoryTotalBytes,
    swapEnabled: wire.swapEnabled,
    cgroupMode: wire.cgroupLayout?.mode ?? '',
    rdt: rdtOf(wire.rdt ?? undefined),
    capabilities: new Set(wire.capabilities.filter(({ available }) => available).map(({ name }) => name)),
  };
}

/** The platform of one iteration. */
export function platformOf(facts: PlatformFacts, timestamp: number, measurements: Measurements): Platform {
  return Object.freeze({ ...facts, timestamp, measurements });
}

function topologyOf({ cpus }: Wire): Platform['topology'] {
  const sockets = new Map<number, Map<number, number[]>>();
  for (const { id, socket, core } of cpus) {
    const cores = sockets.get(socket) ?? new Map<number, number[]>();
    sockets.set(socket, cores);
    const threads = cores.get(core) ?? [];
    cores.set(core, threads);
    threads.push(id);
  }
  return sockets;
}

const units: readonly RdtBandwidthControl['unit'][] = ['percent', 'MBps', 'eighth_GBps'];

function rdtOf(wire: WireRdt | undefined): RdtInformation | undefined {
  if (wire === undefined) return undefined;
  const { caches, bandwidths, numClosids, monitored } = wire;
  return {
    caches: caches.map(({ resource, cbmMask, minCbmBits, domains }) => ({
      resource,
      cbmMask: BigInt(cbmMask),
      minCbmBits,
      domains,
    })),
    bandwidths: bandwidths.map(({ resource, unit, minimum, granularity, maximum, domains }) => ({
      resource,
      unit: units.find((one) => one === unit) ?? 'percent',
      minimum,
      granularity,
      maximum,
      domains,
    })),
    numClosids: numClosids === 0 ? undefined : numClosids,
    isCacheMonitored: monitored.includes('llc_occupancy'),
    isBandwidthMonitored: monitored.some((name) => name.startsWith('mbm_')),
  };
}
