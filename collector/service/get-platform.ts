import type { Capability } from '../../shared/rpc/gen/wca/v1/Capability.ts';
import type { GetPlatformRequest__Output } from '../../shared/rpc/gen/wca/v1/GetPlatformRequest.ts';
import type { GetPlatformResponse } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { RdtPlatform } from '../../shared/rpc/gen/wca/v1/RdtPlatform.ts';
import { apiVersion, checkVersion } from '../../shared/rpc/version.ts';
import type { PlatformFacts } from '../kernel/platform/probe.ts';
import type { RdtInfo } from '../kernel/resctrl/info.ts';
import type { UnaryHandler } from './calls.ts';

export interface PlatformFacade {
  /** Topology and nodes of this moment, everything else as probed at start. */
  readFacts(): PlatformFacts;
  readonly capabilities: readonly Capability[];
  /** resctrl of this moment; undefined without. */
  readRdt(): RdtInfo | undefined;
}

export function getPlatform(facade: PlatformFacade): UnaryHandler<GetPlatformRequest__Output, GetPlatformResponse> {
  return async ({ client }) => {
    // A person with a plain gRPC tool sends none.
    if (client !== null) checkVersion(client, 'GetPlatformRequest.client');
    const facts = facade.readFacts();
    const rdt = facade.readRdt();
    const { name = '', vendor = '', family = 0, model = 0, stepping = 0, codeName = '' } = facts.cpuModel;
    return {
      server: apiVersion,
      hostname: facts.hostname,
      kernel: facts.kernel,
      pageSizeBytes: facts.pageSizeBytes,
      clockTicksPerSecond: facts.clockTicksPerSecond,
      cpuModel: { name, vendor, family, model, stepping, codeName },
      cpus: facts.cpus.map((cpu) => ({ ...cpu })),
      numaNodes: facts.numaNodes.map(({ id, cpus, memoryBytes, distances }) => ({
        id,
        cpus: [...cpus],
        memoryBytes,
        distances: distances.map((distance) => ({ ...distance })),
      })),
      sockets: facts.sockets,
      cores: facts.cores,
      swapEnabled: facts.swapEnabled,
      cgroupLayout: {
        mode: facts.cgroupLayout.mode,
        hierarchies: facts.cgroupLayout.hierarchies.map(({ version, controllers, mountPoint }) => ({
          version,
          controllers: [...controllers],
          mountPoint,
        })),
      },
      capabilities: [...facade.capabilities],
      memoryTotalBytes: facts.memoryTotalBytes,
      ...(rdt === undefined ? {} : { rdt: encodeRdt(rdt) }),
    };
  };
}

function encodeRdt({ caches, bandwidths, numClosids, monitoring }: RdtInfo): RdtPlatform {
  return {
    caches: caches.map(({ resource, cbmMask, minCbmBits, domains }) => ({
      resource,
      cbmMask: cbmMask.toString(),
      minCbmBits,
      domains: [...domains],
    })),
    bandwidths: bandwidths.map(({ resource, unit, minimum, granularity, maximum, domains }) => ({
      resource,
      unit,
      minimum,
      granularity,
      maximum,
      domains: [...domains],
    })),
    numClosids: numClosids ?? 0,
    monitored: [...(monitoring?.features ?? [])],
  };
}
