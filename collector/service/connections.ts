import type { Server as NetServer, Socket } from 'node:net';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Peer, PeerRegistry } from './peers.ts';

const maxConnections = 64;
const maxConnectionsOfUser = 32;
/** Time for a client to begin to speak HTTP/2: its preface is 24 bytes, its first frame at least 9. */
const handshakeMs = 5_000;
const handshakeBytes = 33;

export interface ConnectionOptions {
  readonly peers: PeerRegistry;
  /** SO_PEERCRED of a descriptor; undefined when the kernel does not say. */
  readonly readPeer: (fd: number) => Peer | undefined;
  /** Gives an authenticated connection to gRPC. */
  readonly inject: (socket: Socket) => void;
  readonly onRefused: (error: WcaError) => void;
}

/** Admits connections: who it is is asked of the kernel before a byte of the client is looked at. */
export function acceptConnections(server: NetServer, options: ConnectionOptions): void {
  server.on('connection', (socket: Socket) => {
    // A client that resets its connection is no trouble of ours.
    socket.on('error', () => socket.destroy());
    const refusal = admit(socket, options);
    if (refusal === undefined) return;
    socket.destroy();
    options.onRefused(refusal);
  });
}

function admit(socket: Socket, { peers, readPeer, inject }: ConnectionOptions): WcaError | undefined {
  const subject = 'connection';
  const fd = descriptorOf(socket);
  const peer = fd === undefined ? undefined : readPeer(fd);
  if (peer === undefined) {
    return new WcaError('PEER_DENIED', { subject, message: 'the kernel does not say who is at its other end' });
  }
  if (peers.size >= maxConnections) {
    return new WcaError('LIMIT_REACHED', { subject, message: `${maxConnections} connections are open already` });
  }
  if (peers.countOf(peer.uid) >= maxConnectionsOfUser) {
    const message = `uid ${peer.uid} has ${maxConnectionsOfUser} connections open already`;
    return new WcaError('LIMIT_REACHED', { subject, message });
  }
  const key = peers.add(peer);
  const timer = setTimeout(() => {
    if (socket.bytesRead < handshakeBytes) socket.destroy();
  }, handshakeMs);
  timer.unref();
  socket.once('close', () => {
    clearTimeout(timer);
    peers.remove(key);
  });
  // grpc-js shows this to handlers as `call.getPeer()`. Clients have no way to set it: a Unix socket has no address.
  Object.defineProperty(socket, 'remoteAddress', { value: key });
  inject(socket);
  return undefined;
}

/** Node keeps the descriptor of a socket to itself; where it stops telling, nobody is admitted. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
