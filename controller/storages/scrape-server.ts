import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { isIPv6 } from 'node:net';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import type { ServerCertificate } from '../../shared/tls/server-certificate.ts';
import type { ExpositionFormat } from './exposition.ts';
import { acceptsGzip, chooseFormat, contentTypes } from './negotiate.ts';
import type { BasicAuth } from './scrape-auth.ts';
import type { LentText } from './text-cache.ts';

/** Bounds on what clients can make the server hold. */
const bounds = {
  maxConnections: 64,
  maxHeaderBytes: 8 * 1024,
  maxHeaders: 64,
  /** For a whole request to arrive. */
  requestTimeoutMs: 5_000,
  /** Without any byte read or written. */
  idleTimeoutMs: 30_000,
} as const;

export interface ScrapeServerOptions {
  /** IP literal. */
  readonly ip: string;
  /** 0: any free one. */
  readonly port: number;
  /** With a leading slash. */
  readonly path: string;
  /** Whether clients that accept gzip get it. */
  readonly gzip: boolean;
  /** undefined: plain HTTP. */
  readonly tls: ServerCertificate | undefined;
  /** undefined: anybody may ask. */
  readonly auth: BasicAuth | undefined;
  /** The text to serve, lent until it is sent; undefined while there is none. Called once a scrape. */
  readonly render: (format: ExpositionFormat, gzip: boolean) => Promise<LentText | undefined>;
}

/** HTTP endpoint for Prometheus: GET and HEAD of one path, and a page at `/` that says where it is. */
export class ScrapeServer {
  readonly #options: ScrapeServerOptions;
  #server: Server | TlsServer | undefined;
  #listening: Promise<void> | undefined;

  constructor(options: ScrapeServerOptions) {
    this.#options = options;
  }

  /** `http://127.0.0.1:9152/metrics`, with the real port once the server listens. */
  get url(): string {
    const { ip, port, path, tls } = this.#options;
    const bound = this.#server?.address();
    const real = typeof bound === 'object' && bound !== null ? bound.port : port;
    return `${tls === undefined ? 'http' : 'https'}://${isIPv6(ip) ? `[${ip}]` : ip}:${real}${path}`;
  }

  /** Listens; safe to call twice. Rejects with INVALID_CONFIG naming address and remedy. */
  start(): Promise<void> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /** Frees the port and closes all connections, idle or not. Safe to call twice and before start. */
  async stop(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    const server = this.#server;
    this.#server = undefined;
    this.#listening = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    const { ip, port, auth } = this.#options;
    auth?.load();
    const server = this.#makeServer();
    server.maxConnections = bounds.maxConnections;
    server.maxHeadersCount = bounds.maxHeaders;
    server.timeout = bounds.idleTimeoutMs;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (thrown) => reject(listenError(`${ip}:${port}`, thrown)));
      server.listen(port, ip, resolve);
    });
    // From now on errors are those of single connections that could not be accepted: the client tries again.
    server.on('error', () => {});
    this.#server = server;
  }

  #makeServer(): Server | TlsServer {
    const { tls } = this.#options;
    const { maxHeaderBytes, requestTimeoutMs, idleTimeoutMs } = bounds;
    const options = {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: maxHeaderBytes,
    };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#answer(request, response);
    };
    if (tls === undefined) return createServer(options, answer);
    const requestCert = tls.wantsClientCertificate;
    const clients = { requestCert, rejectUnauthorized: requestCert, handshakeTimeout: requestTimeoutMs };
    const server = createTlsServer({ ...options, ...tls.load(), ...clients }, answer);
    server.prependListener('connection', () => {
      const changed = tls.reload();
      if (changed !== undefined && !(changed instanceof WcaError)) server.setSecureContext(changed);
    });
    return server;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '').split('?', 1)[0];
      const { auth } = this.#options;
      if (auth !== undefined && !auth.allows(request.headers.authorization)) {
        sendText(response, 401, 'user and password are needed\n', {
          'www-authenticate': 'Basic realm="wca", charset="UTF-8"',
        });
      } else if (request.method !== 'GET' && request.method !== 'HEAD') {
        sendText(response, 405, 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      } else if (path === this.#options.path) await this.#sendMetrics(request, response);
      else if (path === '/') sendPage(response, this.#options.path);
      else sendText(response, 404, `metrics are at ${this.#options.path}\n`);
    } catch {
      // What is sent is made before the first byte leaves, so the answer can still be this one.
      if (!response.headersSent) sendText(response, 500, 'the metrics could not be written\n');
    }
  }

  async #sendMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { accept, 'accept-encoding': acceptEncoding } = request.headers;
    const format = chooseFormat(accept);
    const gzip = this.#options.gzip && acceptsGzip(String(acceptEncoding ?? ''));
    const text = await this.#options.render(format, gzip);
    if (text === undefined)
      return sendText(response, 503, 'no measurement yet, or none for too long\n', { 'retry-after': '1' });
    // Emitted when the last byte is handed to the kernel, or when the client went away; by then it may have gone.
    if (response.closed || response.destroyed) return text.done();
    response.once('close', text.done);
    const { body } = text;
    response.writeHead(200, {
      'content-type': contentTypes[format],
      'content-length': body.length,
      vary: 'Accept, Accept-Encoding',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(body);
  }
}

function sendText(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(text);
}

function sendPage(response: ServerResponse, path: string): void {
  const page = `<!doctype html><title>WCA</title><p>Workload Collocation Agent: <a href="${path}">metrics</a></p>\n`;
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(page);
}

function listenError(address: string, thrown: Error): WcaError {
  const errno = errnoName(thrown);
  const known: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
    EADDRINUSE: ['the port is in use', 'choose another port, or 0 for any free one'],
    EACCES: ['the port may not be used', 'choose a port above 1023'],
    EADDRNOTAVAIL: ['no network interface has this address', 'choose an address of this host, or 127.0.0.1'],
  };
  const [message, remedy] = known[errno ?? ''] ?? [thrown.message, 'check ip and port'];
  return new WcaError('INVALID_CONFIG', {
    subject: `PrometheusStorage ${address}`,
    message,
    remedy,
    cause: thrown,
    ...(errno === undefined ? {} : { errno }),
  });
}
