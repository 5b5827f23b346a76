import { encodeError } from '../../shared/rpc/error-codec.ts';
import type { AllocationRecord as WireRecord } from '../../shared/rpc/gen/wca/v1/AllocationRecord.ts';
import type { ListAllocationsRequest__Output } from '../../shared/rpc/gen/wca/v1/ListAllocationsRequest.ts';
import type { ListAllocationsResponse } from '../../shared/rpc/gen/wca/v1/ListAllocationsResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { AllocationRecord } from '../apply/allocation-service.ts';
import { type AllocationFacade, checkPaths } from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';

/** ListAllocations; also of a collector that does not allocate, with the reason. */
export function listAllocations(
  facade: AllocationFacade,
): UnaryHandler<ListAllocationsRequest__Output, ListAllocationsResponse> {
  return async ({ cgroupPaths }) => {
    const paths = checkPaths(cgroupPaths, 'ListAllocationsRequest.cgroup_paths', limits.maxCgroups);
    if (!facade.ok) return { allocations: [], held: [], enabled: false, disabledReason: encodeError(facade.error) };
    const { value: service } = facade;
    return { allocations: service.list(paths).map(encodeRecord), held: [...service.held], enabled: true };
  };
}

function encodeRecord({ path, problem, ...record }: AllocationRecord): WireRecord {
  return { ...record, cgroupPath: path, ...(problem === undefined ? {} : { problem: encodeError(problem) }) };
}
