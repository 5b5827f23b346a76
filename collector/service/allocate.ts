import type { TargetResult } from '../../shared/allocation/results.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { AllocateRequest, RequestedTarget } from '../../shared/rpc/allocate-request-codec.ts';
import { encodeTargetResult } from '../../shared/rpc/allocation-codec.ts';
import type { AllocateResponse } from '../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { checkVersion } from '../../shared/rpc/version.ts';
import type { TargetWish } from '../apply/allocation-service.ts';
import {
  type AllocationFacade,
  actorOf,
  bad,
  checkLease,
  checkRequestId,
  faultOfPath,
  requireAllocation,
} from './allocation-requests.ts';
import type { UnaryHandler } from './calls.ts';

/** Allocate. A target that cannot be one is told in its result, the others go on. */
export function allocate(facade: AllocationFacade): UnaryHandler<AllocateRequest, AllocateResponse> {
  return async (request, { peer }) => {
    if (request.client !== undefined) checkVersion(request.client, 'AllocateRequest.client');
    const service = requireAllocation(facade);
    const { dryRun, reassert, targets } = request;
    const requestId = checkRequestId(request.requestId, 'AllocateRequest.request_id');
    const lease = leaseOf(request);
    const ids = new Set(targets.map(({ target }) => target.id));
    if (ids.size < targets.length) throw bad('AllocateRequest.targets', 'two targets have the same id');
    const faults = targets.map(faultOf);
    const wishes = targets.flatMap((target, i) => (faults[i] === undefined ? [wishOf(target)] : []));
    const results = await service.allocate({
      actor: actorOf(peer),
      requestId,
      dryRun,
      lease,
      reassert,
      targets: wishes,
    });
    return { results: inOrder(targets, faults, results).map(encodeTargetResult) };
  };
}

function leaseOf({
  leaseId,
  leaseTtlMs,
}: AllocateRequest): { readonly id: string; readonly ttlMs: number } | undefined {
  if (leaseId !== '') return checkLease(leaseId, leaseTtlMs, 'AllocateRequest');
  if (leaseTtlMs === 0) return undefined;
  throw bad('AllocateRequest.lease_ttl_ms', 'there is no lease without lease_id');
}

function faultOf({ target }: RequestedTarget): WcaError | undefined {
  const idBytes = Buffer.byteLength(target.id);
  if (idBytes === 0 || idBytes > limits.maxIdBytes) {
    return bad('target id', `an id has 1 to ${limits.maxIdBytes} bytes, got ${idBytes}`);
  }
  return [target.cgroupPath, ...target.childCgroupPaths].map(faultOfPath).find((fault) => fault !== undefined);
}

function wishOf({ target, identity, values }: RequestedTarget): TargetWish {
  const children = [...new Set(target.childCgroupPaths)];
  return { target: { id: target.id, path: target.cgroupPath, children }, identity, values };
}

/** The results of those that were tried, with those that were not in their places. */
function inOrder(
  targets: readonly RequestedTarget[],
  faults: readonly (WcaError | undefined)[],
  results: readonly TargetResult[],
): readonly TargetResult[] {
  let next = 0;
  return targets.map(({ target }, i) => {
    const error = faults[i];
    if (error !== undefined) return { targetId: target.id.slice(0, limits.maxIdBytes), error, values: [] };
    const result = results[next];
    next += 1;
    if (result === undefined) throw new Error('a target has no result');
    return result;
  });
}
