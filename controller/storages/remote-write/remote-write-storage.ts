import { toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';
import { linkAbort } from '../../model/linked-abort.ts';
import type { MetricBatch } from '../../model/metric-batch.ts';
import { HttpClient } from '../../net/http-client.ts';
import type { Ssl } from '../../net/ssl.ts';
import { type Delivered, DeliveryQueue } from '../delivery-queue.ts';
import { explainStatus } from '../http-status.ts';
import { parseRetryAfter, type RetryPolicy } from '../retry-policy.ts';
import type { Backlog, Storage } from '../storage.ts';
import { storeThrough } from '../store-through.ts';
import { type Credentials, readAuthorization } from './credentials.ts';
import { compressSnappy } from './snappy.ts';
import { WriteRequestEncoder, type WriteRequestOptions } from './write-request.ts';

const maxAnswerBytes = 64 * 1024;
/** How long an iteration, and the stop of the controller, wait for a delivery. */
const maxWaitMs = 500;

export interface RemoteWriteOptions extends WriteRequestOptions {
  readonly url: URL;
  readonly ssl: Ssl | undefined;
  readonly credentials: Credentials;
  readonly headers: Readonly<Record<string, string>>;
  /** For a whole request. */
  readonly timeoutMs: number;
  readonly bufferBytes: number;
  /** What has waited longer is given up. */
  readonly maxAgeMs: number;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly random: () => number;
}

/** A batch as requests; those already delivered are taken out. */
interface Requests {
  readonly bytes: number;
  readonly bodies: Uint8Array[];
}

/**
 * Sends batches to a Prometheus remote-write receiver (protocol 1.0), in their order. While the receiver cannot be
 * reached, or answers 5xx or 429, they wait in a bounded buffer; what it refuses (other 4xx) is given up and counted.
 */
export class RemoteWriteStorage implements Storage {
  readonly #options: RemoteWriteOptions;
  readonly #client: HttpClient;
  readonly #encoder: WriteRequestEncoder;
  readonly #queue: DeliveryQueue<Requests>;

  constructor(options: RemoteWriteOptions) {
    this.#options = options;
    const { ssl, timeoutMs, bufferBytes, maxAgeMs, retry, clock, random } = options;
    this.#client = new HttpClient({ ssl, timeoutMs, maxBodyBytes: maxAnswerBytes });
    this.#encoder = new WriteRequestEncoder(options);
    this.#queue = new DeliveryQueue({
      subject: this.describe(),
      send: this.#send.bind(this),
      maxBytes: bufferBytes,
      maxAgeMs,
      retry,
      clock,
      random,
    });
  }

  describe(): string {
    const { origin, pathname } = this.#options.url;
    return `PrometheusRemoteWriteStorage ${origin}${pathname}`;
  }

  /** Resolves when the batch is delivered, or when it waits in the buffer. */
  async store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    const bodies = this.#encoder.encode(batch).map(compressSnappy);
    if (bodies.length === 0) return;
    const bytes = bodies.reduce((sum, { length }) => sum + length, 0);
    await storeThrough(this.#queue, { bytes, bodies }, { maxWaitMs, clock: this.#options.clock, signal });
  }

  backlog(): Backlog {
    return this.#queue.backlog;
  }

  async stop(): Promise<void> {
    await this.#queue.stop(maxWaitMs);
    await this.#client.close();
  }

  /** The requests of a batch one by one. One that is refused keeps the others from nothing. */
  async #send({ bodies }: Requests, signal: AbortSignal): Promise<Delivered> {
    let refused: Delivered | undefined;
    for (let body = bodies[0]; body !== undefined; body = bodies[0]) {
      const outcome = await this.#post(body, signal);
      if (outcome.kind === 'failed') return outcome;
      if (outcome.kind === 'refused') refused = outcome;
      bodies.shift();
    }
    return refused ?? { kind: 'delivered' };
  }

  async #post(body: Uint8Array, signal: AbortSignal): Promise<Delivered> {
    const { url, timeoutMs, clock } = this.#options;
    const limit = linkAbort(signal);
    const timer = setTimeout(limit.abort, timeoutMs);
    try {
      const headers = this.#headers();
      const { status, text, retryAfter } = await this.#client.ask(url, { method: 'POST', headers, body }, limit.signal);
      if (status >= 200 && status < 300) return { kind: 'delivered' };
      const error = explainStatus(this.describe(), status, text);
      if (!isTemporary(status)) return { kind: 'refused', error };
      return {
        kind: 'failed',
        error,
        retryAfterMs: parseRetryAfter(retryAfter, Number(clock.realtimeNs() / 1_000_000n)),
      };
    } catch (thrown) {
      if (!limit.signal.aborted)
        return { kind: 'failed', error: toWcaError(thrown, this.describe(), 'STORAGE_FAILED') };
      const message = `no answer within ${timeoutMs / 1000} s`;
      return { kind: 'failed', error: new WcaError('STORAGE_FAILED', { subject: this.describe(), message }) };
    } finally {
      clearTimeout(timer);
      limit.unlink();
    }
  }

  #headers(): Record<string, string> {
    return {
      ...this.#options.headers,
      ...readAuthorization(this.#options.credentials),
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'wca',
    };
  }
}

/** The specification of the protocol: 5xx and 429 may be tried again, anything else must not. */
function isTemporary(status: number): boolean {
  return status >= 500 || status === 429;
}
