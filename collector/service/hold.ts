import type { HoldRequest__Output } from '../../shared/rpc/gen/wca/v1/HoldRequest.ts';
import type { HoldResponse } from '../../shared/rpc/gen/wca/v1/HoldResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { type AllocationFacade, actorOf, bad, checkPaths, requireAllocation } from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';

/** Hold: of these cgroups, or of all. */
export function hold(facade: AllocationFacade): UnaryHandler<HoldRequest__Output, HoldResponse> {
  return async (request, { peer }) => {
    const { all } = request;
    const paths = checkPaths(request.cgroupPaths, 'HoldRequest.cgroup_paths', limits.maxHeld);
    if (all === paths.length > 0) throw bad('HoldRequest', 'either cgroup_paths or all');
    const held = requireAllocation(facade).hold({ actor: actorOf(peer), paths, all, hold: request.hold });
    return { cgroupPaths: [...held] };
  };
}
