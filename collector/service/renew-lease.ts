import type { RenewLeaseRequest__Output } from '../../shared/rpc/gen/wca/v1/RenewLeaseRequest.ts';
import type { RenewLeaseResponse } from '../../shared/rpc/gen/wca/v1/RenewLeaseResponse.ts';
import { type AllocationFacade, actorOf, checkLease, requireAllocation } from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';

export function renewLease(facade: AllocationFacade): UnaryHandler<RenewLeaseRequest__Output, RenewLeaseResponse> {
  return async ({ leaseId, ttlMs }, { peer }) => {
    const lease = checkLease(leaseId, ttlMs, 'RenewLeaseRequest');
    return { allocations: requireAllocation(facade).renew(lease.id, lease.ttlMs, actorOf(peer)) };
  };
}
