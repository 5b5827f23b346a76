import type { ServerWritableStream } from '@grpc/grpc-js';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { encodeError } from '../../shared/rpc/error-codec.ts';
import type { AuditRecord as WireRecord } from '../../shared/rpc/gen/wca/v1/AuditRecord.ts';
import type { WatchAuditRequest__Output } from '../../shared/rpc/gen/wca/v1/WatchAuditRequest.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { AllocationService, AuditRecord } from '../apply/allocation-service.ts';
import { type AllocationFacade, requireAllocation } from './allocation-requests.ts';
import type { StreamCall } from './calls.ts';

/** The request as bytes: see requests.ts. */
export type AuditCall = ServerWritableStream<Buffer, WireRecord>;

export interface AuditFacade {
  readonly allocation: AllocationFacade;
  readonly decode: (bytes: Buffer) => WatchAuditRequest__Output;
  /** Streams in progress, ended when the collector stops. */
  readonly streams: Set<StreamCall>;
}

/**
 * WatchAudit: what is remembered, then what comes. Nothing is queued for a client that reads slowly: it gets what is still
 * remembered when it reads again, and a gap in the sequence where that is not all.
 */
export function watchAudit(call: AuditCall, { allocation, decode, streams }: AuditFacade): void {
  const service = requireAllocation(allocation);
  const { follow } = decode(call.request);
  if (streams.size >= 2 * limits.maxSubscribers) {
    throw new WcaError('LIMIT_REACHED', { subject: 'WatchAudit', message: 'too many streams are open already' });
  }
  const feed = new AuditFeed(call, service, follow);
  const unsubscribe = service.onAudit(() => feed.schedule());
  const leave = (): void => {
    unsubscribe();
    feed.close();
    streams.delete(call);
  };
  streams.add(call);
  for (const end of ['cancelled', 'error', 'close', 'finish']) call.on(end, leave);
  call.on('drain', () => feed.resume());
  feed.flush();
}

class AuditFeed {
  readonly #call: AuditCall;
  readonly #service: AllocationService;
  readonly #follow: boolean;
  #sent = -1;
  #isFull = false;
  #isScheduled = false;
  #ended = false;

  constructor(call: AuditCall, service: AllocationService, follow: boolean) {
    this.#call = call;
    this.#service = service;
    this.#follow = follow;
  }

  /** Soon, once for all writes of a transaction. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** No more is written. */
  close(): void {
    this.#ended = true;
  }

  /** Writes what was not sent yet, as long as the stream takes it. */
  flush(): void {
    if (this.#isFull || this.#ended) return;
    for (const record of this.#service.audit) {
      if (record.sequence <= this.#sent) continue;
      this.#sent = record.sequence;
      this.#isFull = !this.#call.write(encodeRecord(record));
      if (this.#isFull) return;
    }
    if (this.#follow) return;
    this.#ended = true;
    this.#call.end();
  }

  resume(): void {
    this.#isFull = false;
    this.flush();
  }
}

function encodeRecord({ path, type, error, realtimeNs, ...record }: AuditRecord): WireRecord {
  return {
    ...record,
    realtimeNs: realtimeNs.toString(),
    cgroupPath: path,
    type: type ?? '',
    ...(error === undefined ? {} : { error: encodeError(error) }),
  };
}
