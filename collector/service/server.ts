import { createServer, type Server as NetServer } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { StreamCall } from './calls.ts';
import { acceptConnections, acceptTlsConnections, type ConnectionOptions, keepaliveMs } from './connections.ts';
import type { Health } from './health.ts';
import { type ListenOptions, listen } from './listener.ts';
import type { ServedRpc } from './rpc-table.ts';
import { listenTls, makeTlsServer, type TlsListenOptions } from './tls-listener.ts';

/** Calls of one connection at a time. */
const maxConcurrentCalls = 32;
/** Time for the last statuses to reach their clients. */
const farewellMs = 300;

export interface ServiceOptions {
  readonly rpcs: readonly ServedRpc[];
  readonly connections: Omit<ConnectionOptions, 'inject'>;
  /** Where clients of other hosts connect, beside the Unix socket; undefined: nowhere. */
  readonly tls: TlsListenOptions | undefined;
  readonly health: Health;
  readonly streams: ReadonlySet<StreamCall>;
  /** Ends a stream with the status of an error. */
  readonly failStream: (call: StreamCall, error: WcaError) => void;
}

/** The gRPC server behind a listener of our own, so that each connection is authenticated before gRPC sees it. */
export class CollectorService {
  readonly #options: ServiceOptions;
  readonly #grpc: Server;
  readonly #listener: NetServer;
  #tlsServer: TlsServer | undefined;
  readonly #connections: ConnectionOptions;
  #listening: readonly string[] = [];
  #draining = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#grpc = new Server({
      'grpc.max_receive_message_length': limits.maxMessageBytes,
      'grpc.max_send_message_length': limits.maxSnapshotBytes,
      'grpc.max_concurrent_streams': maxConcurrentCalls,
      'grpc.enable_channelz': 0,
      'grpc.keepalive_time_ms': keepaliveMs,
      'grpc.keepalive_timeout_ms': keepaliveMs,
      'grpc-node.flow_control_window': 4 * 1024 * 1024,
    });
    for (const { definition, handlers } of options.rpcs) this.#grpc.addService(definition, handlers);
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = createServer();
    this.#connections = { ...options.connections, inject: (socket) => injector.injectConnection(socket) };
    acceptConnections(this.#listener, this.#connections);
  }

  /** `unix:/run/wca/collector.sock`. */
  get listening(): readonly string[] {
    return this.#listening;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Throws a WcaError that says why it cannot listen. */
  async start(options: ListenOptions, activatedFd: number | undefined): Promise<void> {
    this.#listening = [await listen(this.#listener, options, activatedFd)];
    const { tls } = this.#options;
    if (tls === undefined) return;
    this.#tlsServer = makeTlsServer(tls);
    acceptTlsConnections(this.#tlsServer, this.#connections);
    this.#listening = [...this.#listening, await listenTls(this.#tlsServer, tls)];
  }

  /** Takes no more connections, tells everybody, ends all streams. Idempotent; done within half a second. */
  async stop(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    const { health, streams, failStream } = this.#options;
    health.drain();
    // Closing the listener unlinks the socket, unless systemd owns it.
    this.#listener.close();
    this.#tlsServer?.close();
    const stopping = new WcaError('UNAVAILABLE', { subject: 'collector', message: 'the collector is stopping' });
    for (const call of [...streams]) failStream(call, stopping);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, farewellMs);
      this.#grpc.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#grpc.forceShutdown();
  }
}
