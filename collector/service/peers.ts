/** Who is at the other end of a connection, as the kernel says (SO_PEERCRED): not something a client can claim. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a peer may do. Whoever the socket's mode lets in may read; operators may change what tasks get. */
export type Role = 'observer' | 'operator';

/** `uid 998, pid 4711`. */
export function formatPeer({ uid, pid }: Peer): string {
  return `uid ${uid}, pid ${pid}`;
}

/**
 * The peers of the open connections, by the key that a connection carries into each of its calls in place of a network
 * address.
 */
export class PeerRegistry {
  readonly #operators: ReadonlySet<number>;
  readonly #peers = new Map<string, Peer>();
  #next = 1;

  /** `operators`: their uids. */
  constructor(operators: ReadonlySet<number> = new Set()) {
    this.#operators = operators;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Connections of one user. */
  countOf(uid: number): number {
    return [...this.#peers.values()].filter((peer) => peer.uid === uid).length;
  }

  add(peer: Peer): string {
    const key = `wca-peer-${this.#next}`;
    this.#next += 1;
    this.#peers.set(key, peer);
    return key;
  }

  remove(key: string): void {
    this.#peers.delete(key);
  }

  /** undefined for a call that did not come through an authenticated connection. */
  find(key: string): Peer | undefined {
    return this.#peers.get(key);
  }

  hasRole(peer: Peer, role: Role): boolean {
    return role === 'observer' || this.#operators.has(peer.uid);
  }
}
