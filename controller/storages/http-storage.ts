import { WcaError } from '../../shared/errors/wca-error.ts';
import { config, defineComponent } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { numeric, url } from '../config/types.ts';
import { linkAbort } from '../model/linked-abort.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import { HttpClient } from '../net/http-client.ts';
import { type Ssl, ssl } from '../net/ssl.ts';
import { explainStatus } from './http-status.ts';
import { formatMetricValues } from './metric-values.ts';
import type { Storage } from './storage.ts';

/** An answer is of no interest but for its status and, in an error, a few words. */
const maxAnswerBytes = 64 * 1024;

export interface HttpStorageOptions {
  readonly endpoint: URL;
  readonly ssl: Ssl | undefined;
  /** For a whole request. */
  readonly timeoutMs: number;
}

/**
 * Posts each batch as a JSON object of names and values, as the original's example does, but fails where it is not
 * accepted. Nothing is kept: the next batch is the next attempt.
 */
export class HttpStorage implements Storage {
  readonly #options: HttpStorageOptions;
  readonly #client: HttpClient;

  constructor(options: HttpStorageOptions) {
    this.#options = options;
    const { ssl: tls, timeoutMs } = options;
    this.#client = new HttpClient({ ssl: tls, timeoutMs, maxBodyBytes: maxAnswerBytes });
  }

  describe(): string {
    const { origin, pathname } = this.#options.endpoint;
    return `HTTPStorage ${origin}${pathname}`;
  }

  async store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    const { endpoint, timeoutMs } = this.#options;
    const limit = linkAbort(signal);
    const timer = setTimeout(limit.abort, timeoutMs);
    try {
      const body = formatMetricValues(batch);
      const headers = { 'content-type': 'application/json' };
      const { status, text } = await this.#client.ask(endpoint, { method: 'POST', headers, body }, limit.signal);
      if (status < 200 || status > 299) throw explainStatus(this.describe(), status, text);
    } catch (thrown) {
      if (!limit.signal.aborted || signal.aborted) throw thrown;
      const message = `no answer within ${timeoutMs / 1000} s`;
      throw new WcaError('STORAGE_FAILED', { subject: this.describe(), message, cause: thrown });
    } finally {
      clearTimeout(timer);
      limit.unlink();
    }
  }

  stop(): Promise<void> {
    return this.#client.close();
  }
}

/** `!HTTPStorage`: the original's example component (spec config §3.6), built in. */
export const httpStorage = defineComponent({
  tag: 'HTTPStorage',
  kind: 'storage',
  since: 'seed',
  doc: 'Posts each batch as a JSON object of metric names and values. Labels are left out: of several series of a metric the last counts.',
  parameters: {
    http_endpoint: withDefault(url(), new URL('http://127.0.0.1:8000'), {
      doc: 'Where to post.',
      defaultDoc: 'http://127.0.0.1:8000',
    }),
    ssl: optional(config(ssl), { doc: 'TLS for https.' }),
    timeout_seconds: withDefault(numeric(0.1, 60), 1, { doc: 'A request is given up after this.', unit: 'seconds' }),
  },
  example: '!HTTPStorage {http_endpoint: "http://127.0.0.1:8000"}',
  create: ({ http_endpoint: endpoint, ssl: tls, timeout_seconds }) =>
    new HttpStorage({ endpoint, ssl: tls, timeoutMs: timeout_seconds * 1000 }),
});
