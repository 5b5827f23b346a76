import type { handleUnaryCall, ServerErrorResponse, status } from '@grpc/grpc-js';
import { toStatus } from '../../shared/errors/grpc-status.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { formatPeer, type Peer, type PeerRegistry, type Role } from './peers.ts';
import type { TroubleLog } from './trouble-log.ts';

export interface CallContext {
  readonly peer: Peer;
}

/** The part of a streaming call that guarding it needs. */
export interface StreamCall {
  getPeer(): string;
  getPath(): string;
  emit(event: 'error', status: ServerErrorResponse): boolean;
}

/** Thrown where a standard protocol (health) prescribes a status that no error code of WCA has. */
export class PlainStatus extends Error {
  readonly code: status;

  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

export type UnaryHandler<Request, Reply> = (request: Request, context: CallContext) => Promise<Reply>;

/** What every call needs before its handler runs and after it failed. */
export class CallGuard {
  readonly #peers: PeerRegistry;
  readonly #troubles: TroubleLog;

  constructor(peers: PeerRegistry, troubles: TroubleLog) {
    this.#peers = peers;
    this.#troubles = troubles;
  }

  /** Who calls; throws PEER_DENIED for a peer without the role. */
  admit(call: { getPeer(): string; getPath(): string }, role: Role): CallContext {
    const peer = this.#peers.find(call.getPeer());
    if (peer !== undefined && this.#peers.hasRole(peer, role)) return { peer };
    throw new WcaError('PEER_DENIED', {
      subject: call.getPath(),
      message: `${peer === undefined ? 'an unidentified peer' : formatPeer(peer)} is not ${role}`,
      ...(role === 'operator'
        ? { remedy: 'root may; others when the collector is started with --operator USER or --operator tls:NAME' }
        : {}),
    });
  }

  /** The status of a failed call. What is not a WcaError is logged under an incident id and not told to the peer. */
  statusOf(thrown: unknown, source: string): ServerErrorResponse {
    if (thrown instanceof PlainStatus) return { name: 'Error', message: thrown.message, code: thrown.code };
    if (thrown instanceof WcaError) this.#troubles.count(thrown, source);
    const status = toStatus(thrown, (incident, cause) => this.#troubles.bug(cause, { source, incident }));
    return { ...status, name: 'Error', message: status.details };
  }

  /** The only way in which unary handlers are called. */
  unary<Request, Reply>(role: Role, handler: UnaryHandler<Request, Reply>): handleUnaryCall<Request, Reply> {
    return (call, callback) => {
      const source = call.getPath();
      const answer = async (): Promise<Reply> => handler(call.request, this.admit(call, role));
      answer().then(
        (reply) => callback(null, reply),
        (thrown: unknown) => callback(this.statusOf(thrown, source)),
      );
    };
  }

  /** The only way in which streaming handlers are called. */
  stream<Call extends StreamCall>(role: Role, run: (call: Call, context: CallContext) => void): (call: Call) => void {
    return (call) => {
      try {
        run(call, this.admit(call, role));
      } catch (thrown) {
        this.fail(call, thrown);
      }
    };
  }

  /** Ends a stream with the status of an error. */
  fail(call: StreamCall, thrown: unknown): void {
    call.emit('error', this.statusOf(thrown, call.getPath()));
  }
}
