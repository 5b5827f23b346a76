import { Agent, request } from 'undici';
import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';
import type { Ssl, TlsMaterial } from './ssl.ts';

export interface HttpClientOptions {
  /** undefined: the system's authorities, no client certificate. */
  readonly ssl: Ssl | undefined;
  /** For connecting, for the head of an answer, and between two pieces of its body. */
  readonly timeoutMs: number;
  /** More than this is refused, however it is sent. */
  readonly maxBodyBytes: number;
}

/** What an answer is when it is one. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** Of the header: seconds or a date (RFC 9110 §10.2.3). */
  readonly retryAfter: string | undefined;
}

export interface HttpQuestion {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * HTTP with bounds on time and size. Redirects are not followed. Connections are kept; when a certificate file has
 * changed, new ones are made with the new one.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  #agent: { readonly agent: Agent; readonly material: string } | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Any status is an answer. Throws UNAVAILABLE that names the URL (without user and query) and the cause. */
  async ask(url: URL, { method, headers = {}, body }: HttpQuestion, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      const answer = await request(url, {
        method,
        headers: { ...headers },
        ...(body === undefined ? {} : { body }),
        dispatcher: this.#dispatcher(),
        signal,
      });
      const [retryAfter] = [answer.headers['retry-after']].flat();
      return { status: answer.statusCode, text: await this.#readBody(answer.body), retryAfter };
    } catch (thrown) {
      throw explain(nameOf(url), thrown);
    }
  }

  async close(): Promise<void> {
    await this.#agent?.agent.destroy();
    this.#agent = undefined;
  }

  async #readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > this.#options.maxBodyBytes) {
        throw new Error(`the answer is larger than ${this.#options.maxBodyBytes} bytes`);
      }
      pieces.push(piece);
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  #dispatcher(): Agent {
    const { ssl, timeoutMs } = this.#options;
    const tls = ssl?.load();
    const material = JSON.stringify(tls ?? null);
    if (this.#agent?.material === material) return this.#agent.agent;
    void this.#agent?.agent.close().catch(() => undefined);
    const agent = new Agent({
      connect: { timeout: timeoutMs, ...tlsOptions(tls) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connections: 2,
      maxResponseSize: this.#options.maxBodyBytes,
    });
    this.#agent = { agent, material };
    return agent;
  }
}

function tlsOptions(tls: TlsMaterial | undefined): Readonly<Record<string, string | boolean>> {
  if (tls === undefined) return { minVersion: 'TLSv1.2', ciphers: 'DEFAULT@SECLEVEL=2' };
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}

function nameOf({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}

/** Codes of OpenSSL and undici, in words. */
const reasons: Readonly<Record<string, readonly [message: string, remedy?: string]>> = {
  ECONNREFUSED: ['nobody listens there'],
  ENOTFOUND: ['there is no such host'],
  UND_ERR_CONNECT_TIMEOUT: ['no connection in time'],
  UND_ERR_HEADERS_TIMEOUT: ['no answer in time'],
  UND_ERR_BODY_TIMEOUT: ['the answer stopped in the middle'],
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ['the answer is too large'],
  CERT_HAS_EXPIRED: ['the certificate of the server has expired'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['the certificate of the server is for another host'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['the certificate of the server is signed by itself', 'give it as ssl.server_verify'],
  SELF_SIGNED_CERT_IN_CHAIN: ['the authority of the server is not known', 'give it as ssl.server_verify'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['the authority of the server is not known', 'give it as ssl.server_verify'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['the authority of the server is not known', 'give it as ssl.server_verify'],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ['the server wants a client certificate', 'give ssl.client_cert_path'],
};

function explain(subject: string, thrown: unknown): WcaError {
  if (thrown instanceof WcaError) return thrown;
  const errno = errnoName(thrown);
  const code = errno ?? codeOf(thrown);
  const [message, remedy] = reasons[code] ?? [thrown instanceof Error ? thrown.message : String(thrown)];
  return new WcaError('UNAVAILABLE', {
    subject,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    ...(errno === undefined ? {} : { errno }),
  });
}
