import { WcaError } from '../../../shared/errors/wca-error.ts';
import { config, defineComponent } from '../../config/component.ts';
import { optional, required, withDefault } from '../../config/parameters.ts';
import { int, map, numeric, path, str, url } from '../../config/types.ts';
import { ssl } from '../../net/ssl.ts';
import type { Credentials } from './credentials.ts';
import { RemoteWriteStorage } from './remote-write-storage.ts';

/** Headers that the protocol or the storage itself sets. */
const ownHeaders = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-prometheus-remote-write-version',
]);

/** `!PrometheusRemoteWriteStorage`: new, not in the original. */
export const prometheusRemoteWriteStorage = defineComponent({
  tag: 'PrometheusRemoteWriteStorage',
  kind: 'storage',
  since: 'wca',
  doc: 'Sends metrics to a Prometheus remote-write receiver (protocol 1.0: Prometheus, Mimir, Thanos, VictoriaMetrics, …). Batches wait in a bounded buffer while it cannot be reached or answers 5xx or 429.',
  parameters: {
    url: required(url(), { doc: 'Of the receiver; for Prometheus http://HOST:9090/api/v1/write.' }),
    ssl: optional(config(ssl), { doc: 'TLS for https.' }),
    username: optional(str(), { doc: 'User of HTTP basic authentication; with password_file.' }),
    password_file: optional(path({ absolute: true }), { doc: 'File with its password; read for each request.' }),
    bearer_token_file: optional(path({ absolute: true }), {
      doc: 'File with a token that is sent instead of user and password; read for each request.',
    }),
    headers: withDefault(map(str()), new Map(), { doc: 'Further headers of requests: {X-Scope-OrgID: tenant1}.' }),
    external_labels: withDefault(map(str()), new Map(), {
      doc: 'Labels of all series that have none of that name.',
    }),
    timeout_seconds: withDefault(numeric(0.1, 300), 10, { doc: 'A request is given up after this.', unit: 'seconds' }),
    max_samples_per_request: withDefault(int({ min: 1, max: 100_000 }), 5_000, {
      doc: 'A batch with more becomes several requests.',
    }),
    buffer_bytes: withDefault(int({ min: 65_536, max: 2 ** 30 }), 32 * 1024 ** 2, {
      doc: 'What waits is no larger, compressed; the oldest batches are given up first.',
      unit: 'bytes',
    }),
    max_age_seconds: withDefault(numeric(1, 86_400), 3_600, {
      doc: 'A batch that has waited this long is given up.',
      unit: 'seconds',
    }),
  },
  example: '!PrometheusRemoteWriteStorage {url: "http://127.0.0.1:9090/api/v1/write"}',
  create(args, { clock }) {
    return new RemoteWriteStorage({
      url: args.url,
      ssl: args.ssl,
      credentials: chooseCredentials(args.username, args.password_file, args.bearer_token_file),
      headers: checkHeaders(args.headers),
      externalLabels: checkLabels(args.external_labels),
      timeoutMs: args.timeout_seconds * 1000,
      maxSamples: args.max_samples_per_request,
      bufferBytes: args.buffer_bytes,
      maxAgeMs: args.max_age_seconds * 1000,
      retry: { firstMs: 200, longestMs: 30_000 },
      clock,
      random: Math.random,
    });
  },
});

function chooseCredentials(username?: string, passwordFile?: string, bearerTokenFile?: string): Credentials {
  if ((username === undefined) !== (passwordFile === undefined)) {
    const missing = username === undefined ? 'username' : 'password_file';
    throw wrong(missing, 'missing', 'username and password_file go together');
  }
  if (username !== undefined && bearerTokenFile !== undefined) {
    throw wrong('bearer_token_file', 'given beside username', 'give one of them');
  }
  if (username?.includes(':')) throw wrong('username', 'with a colon', 'HTTP has no way to send that');
  return { username, passwordFile, bearerTokenFile };
}

function checkHeaders(headers: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  for (const [name, value] of headers) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw wrong('headers', `${JSON.stringify(name)} is no name`);
    if (ownHeaders.has(name.toLowerCase())) throw wrong('headers', `${name} is set by the storage`, 'leave it out');
    if (!/^[\t\x20-\x7e]*$/.test(value)) throw wrong('headers', `the value of ${name} is not ASCII`);
  }
  return Object.fromEntries(headers);
}

function checkLabels(labels: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  for (const name of labels.keys()) {
    if (!/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw wrong('external_labels', `${JSON.stringify(name)} is no name of a label`, 'letters, digits and _');
    }
  }
  return Object.fromEntries(labels);
}

function wrong(parameter: string, message: string, remedy?: string): WcaError {
  const subject = `PrometheusRemoteWriteStorage ${parameter}`;
  return new WcaError('INVALID_CONFIG', { subject, message, ...(remedy === undefined ? {} : { remedy }) });
}
