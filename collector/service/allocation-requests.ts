import { isPrintableId } from '../../shared/allocation/check-value.ts';
import { type Reading, WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Actor, AllocationService } from '../apply/allocation-service.ts';
import { checkCgroupPath } from '../kernel/cgroup/path.ts';
import { formatPeer, type Peer, principalOf } from './peers.ts';

/** What the rpcs of allocation have in common: who asks, and the bounds of what is asked. */

/** What allocates, or why this collector does not. */
export type AllocationFacade = Reading<AllocationService>;

/** Throws the reason where this collector does not allocate. */
export function requireAllocation(facade: AllocationFacade): AllocationService {
  if (facade.ok) return facade.value;
  throw facade.error;
}

export function actorOf(peer: Peer): Actor {
  return { name: formatPeer(peer), principal: principalOf(peer), pid: peer.kind === 'local' ? peer.pid : undefined };
}

/** Throws INVALID_ARGUMENT. */
export function checkLease(
  id: string,
  ttlMs: number,
  message: string,
): { readonly id: string; readonly ttlMs: number } {
  if (!isPrintableId(id)) {
    throw bad(
      `${message}.lease_id`,
      `a lease is named by 1 to ${limits.maxLeaseIdBytes} printable characters without blanks`,
    );
  }
  if (ttlMs >= limits.minLeaseMs && ttlMs <= limits.maxLeaseMs) return { id, ttlMs };
  throw bad(`${message}: time to live`, `must be ${limits.minLeaseMs} to ${limits.maxLeaseMs} ms, got ${ttlMs}`);
}

/** Throws INVALID_ARGUMENT; it may be empty. */
export function checkRequestId(id: string, subject: string): string {
  if (id === '' || isPrintableId(id)) return id;
  throw bad(subject, `has at most ${limits.maxLeaseIdBytes} printable characters without blanks`);
}

/** undefined for the path of a cgroup. */
export function faultOfPath(path: string): WcaError | undefined {
  const checked = checkCgroupPath(path);
  return checked.ok ? undefined : checked.error;
}

/** Throws INVALID_ARGUMENT, LIMIT_REACHED. */
export function checkPaths(paths: readonly string[], subject: string, bound: number): readonly string[] {
  if (paths.length > bound) {
    throw new WcaError('LIMIT_REACHED', { subject, message: `${paths.length} paths, at most ${bound}` });
  }
  const fault = paths.map(faultOfPath).find((found) => found !== undefined);
  if (fault !== undefined) throw fault;
  return [...new Set(paths)];
}

export function bad(subject: string, message: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject, message });
}
