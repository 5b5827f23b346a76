/** Who is at the other end of a connection: what the kernel says of a Unix socket, the certificate of a TLS client. */
export type Peer = LocalPeer | RemotePeer;

/** SO_PEERCRED: not something a client can claim. */
export interface LocalPeer {
  readonly kind: 'local';
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export interface RemotePeer {
  readonly kind: 'remote';
  /** The name in its certificate that has a role: `controller1.example`, `spiffe://example/wca`. */
  readonly identity: string;
  /** Where it connects from, for people: `10.0.0.5`. */
  readonly address: string;
}

/** What a peer may do. Observers read; operators may change what tasks get as well. */
export type Role = 'observer' | 'operator';

/** What several connections of one peer share: `uid 998`, `tls controller1.example`. */
export function principalOf(peer: Peer): string {
  return peer.kind === 'local' ? `uid ${peer.uid}` : `tls ${peer.identity}`;
}

/** `uid 998, pid 4711`, `controller1.example at 10.0.0.5`. */
export function formatPeer(peer: Peer): string {
  return peer.kind === 'local' ? `uid ${peer.uid}, pid ${peer.pid}` : `${peer.identity} at ${peer.address}`;
}

/** Who has which role, as the operator of the host says. */
export interface Roles {
  /** Users of this host that are operators. Whom the socket's mode lets in is an observer. */
  readonly operatorUids: ReadonlySet<number>;
  /** Names in certificates. Another one has no role and is not let in. */
  readonly remote: ReadonlyMap<string, Role>;
}

export const noRoles: Roles = { operatorUids: new Set(), remote: new Map() };

/** The peers of the open connections, by the key that a connection carries into its calls in place of an address. */
export class PeerRegistry {
  readonly #roles: Roles;
  readonly #peers = new Map<string, Peer>();
  #next = 1;

  constructor(roles: Roles = noRoles) {
    this.#roles = roles;
  }

  get size(): number {
    return this.#peers.size;
  }

  /** Connections of one principal. */
  countOf(principal: string): number {
    return [...this.#peers.values()].filter((peer) => principalOf(peer) === principal).length;
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
    const own = this.#roleOf(peer);
    return own === 'operator' || (own === 'observer' && role === 'observer');
  }

  /** Of the names of a certificate the one with the greatest role; undefined when none has a role. */
  chooseIdentity(names: readonly string[]): string | undefined {
    const known = names.filter((name) => this.#roles.remote.has(name));
    return known.find((name) => this.#roles.remote.get(name) === 'operator') ?? known[0];
  }

  #roleOf(peer: Peer): Role | undefined {
    if (peer.kind === 'remote') return this.#roles.remote.get(peer.identity);
    return this.#roles.operatorUids.has(peer.uid) ? 'operator' : 'observer';
  }
}
