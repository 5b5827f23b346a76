import { constants } from 'node:crypto';
import { createServer, type Server as TlsServer } from 'node:tls';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import type { ServerCertificate } from '../../shared/tls/server-certificate.ts';

const handshakeTimeoutMs = 5_000;
/** Half-open ones included; more are closed as they come. */
const maxSockets = 128;
/** Changed files are looked for with a new connection, but not with each of a flood. */
const lookMs = 1_000;
/** A resumed session would not show its certificate again. */
const secureOptions = constants.SSL_OP_NO_TICKET;

export interface TlsListenOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: ServerCertificate;
  /** undefined: the changed files are in force; else the old ones stay. */
  readonly onReloaded: (error: WcaError | undefined) => void;
}

/**
 * A server that asks every client for a certificate of the authority it trusts, TLS 1.2 or newer. Changed files hold
 * for new connections. Throws INVALID_CONFIG for files that are wrong.
 */
export function makeTlsServer({ certificate, onReloaded }: TlsListenOptions): TlsServer {
  const server = createServer({
    ...certificate.load(),
    secureOptions,
    requestCert: true,
    // Who connects decides on `authorized`: refused here, the reason would be lost.
    rejectUnauthorized: false,
    handshakeTimeout: handshakeTimeoutMs,
    ALPNProtocols: ['h2'],
  });
  server.maxConnections = maxSockets;
  let lookedMs = performance.now();
  server.prependListener('connection', () => {
    if (performance.now() - lookedMs < lookMs) return;
    lookedMs = performance.now();
    const changed = certificate.reload();
    if (changed === undefined) return;
    if (!(changed instanceof WcaError)) server.setSecureContext({ ...changed, secureOptions });
    onReloaded(changed instanceof WcaError ? changed : undefined);
  });
  return server;
}

/** Resolves with the address for GetStatus.listening. Throws a WcaError that says why it cannot listen. */
export async function listenTls(server: TlsServer, { host, port }: TlsListenOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown) => reject(explain(`tls ${host}:${port}`, thrown)));
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
  // From now on errors are those of single connections that could not be accepted: the client tries again.
  server.on('error', () => {});
  const address = server.address();
  const real = typeof address === 'object' && address !== null ? address.port : port;
  return `tls:${host.includes(':') ? `[${host}]` : host}:${real}`;
}

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there: choose another port',
  EADDRNOTAVAIL: 'this host has no such address',
  EACCES: 'choose a port from 1024 on',
};

function explain(subject: string, thrown: unknown): WcaError {
  const errno = errnoName(thrown) ?? 'UNKNOWN';
  const remedy = remedies[errno];
  const facts = { subject, errno, message: `cannot listen: ${errno}`, cause: thrown };
  return new WcaError('UNAVAILABLE', remedy === undefined ? facts : { ...facts, remedy });
}
