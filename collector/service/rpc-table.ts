import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { decodeAllocateRequest } from '../../shared/rpc/allocate-request-codec.ts';
import type { WatchAuditRequest__Output } from '../../shared/rpc/gen/wca/v1/WatchAuditRequest.ts';
import type { Contract } from '../../shared/rpc/proto.ts';
import { allocate } from './allocate.ts';
import type { AllocationFacade } from './allocation-requests.ts';
import type { CallGuard, StreamCall, UnaryHandler } from './calls.ts';
import { getPlatform, type PlatformFacade } from './get-platform.ts';
import { getStatus, type StatusFacade } from './get-status.ts';
import type { Health } from './health.ts';
import { hold } from './hold.ts';
import { listAllocations } from './list-allocations.ts';
import { type CgroupLister, listCgroups } from './list-cgroups.ts';
import type { Role } from './peers.ts';
import type { Reflection } from './reflection.ts';
import { renewLease } from './renew-lease.ts';
import { decoderOf, decoding, withRawRequests } from './requests.ts';
import { restore } from './restore.ts';
import { type WatchCall, type WatchFacade, watch } from './watch.ts';
import { type AuditCall, watchAudit } from './watch-audit.ts';

export interface Facades {
  readonly platform: PlatformFacade;
  readonly cgroups: CgroupLister;
  readonly watch: WatchFacade;
  readonly status: StatusFacade;
  readonly allocation: AllocationFacade;
  /** Streams in progress, ended when the collector stops. */
  readonly streams: Set<StreamCall>;
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
      definition: withRawRequests(contract.collector),
      handlers: collectorHandlers(contract.collector, guard, facades),
    },
    { definition: contract.health, handlers: health.handlers(guard) },
    { definition: contract.reflection, handlers: reflection.handlers(guard) },
  ];
}

function collectorHandlers(
  contract: ServiceDefinition,
  guard: CallGuard,
  { platform, cgroups, watch: watchFacade, status, allocation, streams }: Facades,
): UntypedServiceImplementation {
  const unary = <Request, Reply>(name: string, role: Role, handler: UnaryHandler<Request, Reply>) =>
    guard.unary(role, decoding(decoderOf<Request>(contract, name), handler));
  const auditFacade = { allocation, decode: decoderOf<WatchAuditRequest__Output>(contract, 'WatchAudit'), streams };
  return {
    GetPlatform: unary('GetPlatform', 'observer', getPlatform(platform)),
    ListCgroups: unary('ListCgroups', 'observer', listCgroups(cgroups)),
    Watch: guard.stream('observer', (call: WatchCall, { peer }) => watch(call, { peer, guard }, watchFacade)),
    Allocate: guard.unary('operator', decoding(decodeAllocateRequest, allocate(allocation))),
    RenewLease: unary('RenewLease', 'operator', renewLease(allocation)),
    Restore: unary('Restore', 'operator', restore(allocation)),
    Hold: unary('Hold', 'operator', hold(allocation)),
    ListAllocations: unary('ListAllocations', 'observer', listAllocations(allocation)),
    WatchAudit: guard.stream('observer', (call: AuditCall) => watchAudit(call, auditFacade)),
    GetStatus: unary('GetStatus', 'observer', getStatus(status)),
  };
}
