import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { limits } from '../../shared/rpc/limits.ts';
import { listenOnUnixSocket, parseUnixAddress } from '../../shared/rpc/unix-listener.ts';

const maxConnections = 32;
/** Requests are names of metrics and components. */
const maxRequestBytes = 64 * 1024;

/** The controller's own socket, for wca-ctl. Who may connect is decided by the socket's mode: its owner and group. */
export class AdminServer {
  readonly #grpc: Server;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();

  constructor(definition: ServiceDefinition, handlers: UntypedServiceImplementation) {
    this.#grpc = new Server({
      'grpc.max_receive_message_length': maxRequestBytes,
      'grpc.max_send_message_length': limits.maxSnapshotBytes,
      'grpc.max_concurrent_streams': 32,
      'grpc.enable_channelz': 0,
    });
    this.#grpc.addService(definition, handlers);
    const injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = createServer((socket: Socket) => {
      socket.on('error', () => socket.destroy());
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      injector.injectConnection(socket);
    });
    this.#listener.maxConnections = maxConnections;
  }

  /** Throws a WcaError that says why it cannot listen. */
  async start(address: string): Promise<void> {
    await listenOnUnixSocket(this.#listener, { path: parseUnixAddress(address), mode: 0o660 });
  }

  /** Ends all calls; safe to call before start and twice. */
  stop(): void {
    if (this.#listener.listening) this.#listener.close();
    this.#grpc.forceShutdown();
    // Without channelz grpc-js does not know its connections.
    for (const socket of this.#sockets) socket.destroy();
  }
}
