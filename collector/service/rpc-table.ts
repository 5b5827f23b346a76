import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Contract } from '../../shared/rpc/proto.ts';
import type { CallGuard } from './calls.ts';
import { getPlatform, type PlatformFacade } from './get-platform.ts';
import { getStatus, type StatusFacade } from './get-status.ts';
import type { Health } from './health.ts';
import { type CgroupLister, listCgroups } from './list-cgroups.ts';
import type { Reflection } from './reflection.ts';
import { type WatchCall, type WatchFacade, watch } from './watch.ts';

export interface Facades {
  readonly platform: PlatformFacade;
  readonly cgroups: CgroupLister;
  readonly watch: WatchFacade;
  readonly status: StatusFacade;
}

export interface ServedRpc {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

/** Names of the services, for health and reflection. */
export const servedServices = ['wca.v1.Collector', 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection'];

/** Everything a peer can ask of the collector: the whole attack surface. */
export function rpcTable(
  contract: Contract,
  guard: CallGuard,
  served: { readonly facades: Facades; readonly health: Health; readonly reflection: Reflection },
): readonly ServedRpc[] {
  const { facades, health, reflection } = served;
  return [
    {
      definition: withRawWatch(contract.collector),
      handlers: {
        GetPlatform: guard.unary('observer', getPlatform(facades.platform)),
        ListCgroups: guard.unary('observer', listCgroups(facades.cgroups)),
        Watch: guard.stream('observer', (call: WatchCall, { peer }) => watch(call, { peer, guard }, facades.watch)),
        GetStatus: guard.unary('observer', getStatus(facades.status)),
      },
    },
    { definition: contract.health, handlers: health.handlers(guard) },
    { definition: contract.reflection, handlers: reflection.handlers(guard) },
  ];
}

/**
 * Watch handles its own bytes: requests, so that a bad one ends the call with a status that says why; answers, so that a
 * snapshot is encoded once, when its columns are filled, and not when the stream gets round to it.
 */
function withRawWatch(collector: ServiceDefinition): ServiceDefinition {
  const definition = collector['Watch'];
  if (definition === undefined) throw new Error('the contract lacks Watch');
  const same = (bytes: Buffer): Buffer => bytes;
  return { ...collector, Watch: { ...definition, requestDeserialize: same, responseSerialize: same } };
}
