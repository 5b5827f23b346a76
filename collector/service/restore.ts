import { isPrintableId } from '../../shared/allocation/check-value.ts';
import { encodeTargetResult } from '../../shared/rpc/allocation-codec.ts';
import type { RestoreRequest__Output } from '../../shared/rpc/gen/wca/v1/RestoreRequest.ts';
import type { RestoreResponse } from '../../shared/rpc/gen/wca/v1/RestoreResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import {
  type AllocationFacade,
  actorOf,
  bad,
  checkPaths,
  checkRequestId,
  requireAllocation,
} from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';

/** Restore: of these cgroups, of a lease, or of all. */
export function restore(facade: AllocationFacade): UnaryHandler<RestoreRequest__Output, RestoreResponse> {
  return async ({ cgroupPaths, all, leaseId, force, dryRun, requestId }, { peer }) => {
    const paths = checkPaths(cgroupPaths, 'RestoreRequest.cgroup_paths', limits.maxCgroups);
    if (leaseId !== '' && !isPrintableId(leaseId)) throw bad('RestoreRequest.lease_id', 'no such lease can be');
    if (paths.length === 0 && !all && leaseId === '') {
      throw bad('RestoreRequest', 'say what to restore: cgroup_paths, lease_id or all');
    }
    if (all && paths.length > 0) throw bad('RestoreRequest', 'either cgroup_paths or all');
    const results = await requireAllocation(facade).restore({
      actor: actorOf(peer),
      requestId: checkRequestId(requestId, 'RestoreRequest.request_id'),
      paths,
      all,
      leaseId,
      force,
      dryRun,
    });
    return { results: results.map(encodeTargetResult) };
  };
}
