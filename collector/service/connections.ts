import type { Server as NetServer, Socket } from 'node:net';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { type LocalPeer, type Peer, type PeerRegistry, principalOf } from './peers.ts';
import { namesInCertificate } from './subject-names.ts';

const maxConnections = 64;
const maxConnectionsOfPrincipal = 32;
/** Time for a client to begin to speak HTTP/2: its preface is 24 bytes, its first frame at least 9. */
const handshakeMs = 5_000;
const handshakeBytes = 33;
/**
 * A living client answers a ping every `keepaliveMs`. One that is silent for so long is gone, or its session has stopped
 * reading: Node leaves it so when nghttp2 has had enough of a flood of resets, and never sees the end of the connection.
 */
const silenceMs = 45_000;
export const keepaliveMs = 15_000;

export interface ConnectionOptions {
  readonly peers: PeerRegistry;
  /** SO_PEERCRED of a descriptor; undefined when the kernel does not say. */
  readonly readPeer: (fd: number) => Omit<LocalPeer, 'kind'> | undefined;
  /** Gives an authenticated connection to gRPC. */
  readonly inject: (socket: Socket) => void;
  readonly onRefused: (error: WcaError) => void;
}

/** Admits connections of a Unix socket: who it is is asked of the kernel before a byte of the client is looked at. */
export function acceptConnections(server: NetServer, options: ConnectionOptions): void {
  server.on('connection', (socket: Socket) => {
    // A client that resets its connection is no trouble of ours.
    socket.on('error', () => socket.destroy());
    const fd = descriptorOf(socket);
    const found = fd === undefined ? undefined : options.readPeer(fd);
    const peer = found === undefined ? undefined : ({ kind: 'local', ...found } as const);
    admit(socket, peer ?? denied('the kernel does not say who is at its other end'), options);
  });
}

/** Admits connections whose certificate an authority has signed, when a name in it has a role. */
export function acceptTlsConnections(server: TlsServer, options: ConnectionOptions): void {
  // Before the handshake is over: half-open ones count as well.
  server.on('connection', (socket: Socket) => socket.on('error', () => socket.destroy()));
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    socket.destroy();
    options.onRefused(denied(`from ${addressOf(socket)}: ${error.message}`));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    const names = namesInCertificate(socket.getPeerCertificate().subjectaltname ?? '');
    const identity = socket.authorized ? options.peers.chooseIdentity(names) : undefined;
    const address = addressOf(socket);
    if (identity !== undefined) admit(socket, { kind: 'remote', identity, address }, options);
    else admit(socket, denied(`from ${address}: its certificate ${faultOf(socket, names)}`), options);
  });
}

/** OpenSSL's word for what is wrong with the certificate, or that its names have no role. */
function faultOf(socket: TLSSocket, names: readonly string[]): string {
  if (!socket.authorized) return `is not accepted: ${String(socket.authorizationError)}`;
  return `has ${names.length === 0 ? 'no name' : names.slice(0, 4).join(', ')}, which has no role here`;
}

function addressOf(socket: Socket): string {
  return socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'an unknown address';
}

function denied(message: string): WcaError {
  return new WcaError('PEER_DENIED', { subject: 'connection', message });
}

function admit(socket: Socket, peer: Peer | WcaError, { peers, inject, onRefused }: ConnectionOptions): void {
  const refusal = peer instanceof WcaError ? peer : findExcess(peer, peers);
  if (refusal !== undefined || peer instanceof WcaError) {
    socket.destroy();
    if (refusal !== undefined) onRefused(refusal);
    return;
  }
  const key = peers.add(peer);
  const timer = setTimeout(() => {
    if (socket.bytesRead < handshakeBytes) socket.destroy();
  }, handshakeMs);
  timer.unref();
  let heard = 0;
  const watch = setInterval(() => {
    if (socket.bytesRead === heard) socket.destroy();
    heard = socket.bytesRead;
  }, silenceMs);
  watch.unref();
  socket.once('close', () => {
    clearTimeout(timer);
    clearInterval(watch);
    peers.remove(key);
  });
  // grpc-js shows this to handlers as `call.getPeer()`. Clients have no way to set it.
  Object.defineProperty(socket, 'remoteAddress', { value: key });
  Object.defineProperty(socket, 'remotePort', { value: undefined });
  inject(socket);
}

function findExcess(peer: Peer, peers: PeerRegistry): WcaError | undefined {
  const subject = 'connection';
  if (peers.size >= maxConnections) {
    return new WcaError('LIMIT_REACHED', { subject, message: `${maxConnections} connections are open already` });
  }
  const principal = principalOf(peer);
  if (peers.countOf(principal) < maxConnectionsOfPrincipal) return undefined;
  const message = `${principal} has ${maxConnectionsOfPrincipal} connections open already`;
  return new WcaError('LIMIT_REACHED', { subject, message });
}

/** Node keeps the descriptor of a socket to itself; where it stops telling, nobody is admitted. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = '_handle' in socket ? socket._handle : undefined;
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
}
