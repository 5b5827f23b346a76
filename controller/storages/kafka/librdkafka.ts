import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { SslFiles } from '../../net/ssl.ts';
import type { RetryPolicy } from '../retry-policy.ts';

/**
 * Properties of librdkafka (its CONFIGURATION.md) that mean something here: an existing `extra_config` keeps working.
 * Any other is refused by name, since a setting that does nothing would be worse.
 */

/** Old spelling → property. */
export const oldProperties: Readonly<Record<string, string>> = {
  'request.required.acks': 'acks',
  'compression.codec': 'compression.type',
  'delivery.timeout.ms': 'message.timeout.ms',
  'sasl.mechanisms': 'sasl.mechanism',
  'topic.metadata.refresh.interval.ms': 'metadata.max.age.ms',
};

/** Accepted without effect, as in the original: brokers_ips and TLS 1.2 are what counts. */
export const ignoredProperties: readonly string[] = [
  'bootstrap.servers',
  'metadata.broker.list',
  'ssl.enabled.protocols',
];

/** The properties with an effect. */
export const properties = [
  'acks',
  'allow.auto.create.topics',
  'client.id',
  'compression.type',
  'enable.ssl.certificate.verification',
  'message.max.bytes',
  'message.timeout.ms',
  'metadata.max.age.ms',
  'queue.buffering.max.kbytes',
  'request.timeout.ms',
  'retry.backoff.max.ms',
  'retry.backoff.ms',
  'sasl.mechanism',
  'sasl.password',
  'sasl.username',
  'security.protocol',
  'socket.connection.setup.timeout.ms',
  'socket.timeout.ms',
  'ssl.ca.location',
  'ssl.certificate.location',
  'ssl.cipher.suites',
  'ssl.endpoint.identification.algorithm',
  'ssl.key.location',
  'ssl.key.password',
] as const;

const acks = { all: -1, '-1': -1, '0': 0, '1': 1 } as const;

type Property = (typeof properties)[number];

export interface Sasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** TLS settings that the SSL component does not have. */
export interface TlsExtras {
  readonly passphrase: string | undefined;
  /** False: a certificate for any host will do. */
  readonly checkHost: boolean;
  /** OpenSSL's names of suites of TLS 1.2, separated by colons. */
  readonly suites: string | undefined;
}

/** What a producer is made with. */
export interface KafkaSettings {
  readonly clientId: string;
  /** −1: of all replicas in sync. */
  readonly acks: -1 | 0 | 1;
  readonly compression: 'none' | 'gzip' | 'snappy';
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long the broker may wait for replicas. */
  readonly ackTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly createTopics: boolean;
  /** A message with its overhead is no larger. */
  readonly maxMessageBytes: number;
  readonly bufferBytes: number;
  /** What has waited longer is given up. */
  readonly maxAgeMs: number;
  readonly retry: RetryPolicy;
  /** Whom to trust on a TLS connection; undefined: no TLS by these settings. */
  readonly tls: SslFiles | undefined;
  readonly tlsExtras: TlsExtras;
  readonly sasl: Sasl | undefined;
}

/** The settings that `extra_config` asks for. Throws INVALID_CONFIG that names the property and what is accepted. */
export function parseLibrdkafka(given: ReadonlyMap<string, string>): KafkaSettings {
  const values = new Values(given);
  const protocols = ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'] as const;
  const protocol = values.choice('security.protocol', protocols, 'plaintext');
  const sasl = parseSasl(values);
  if (protocol.startsWith('sasl') && sasl === undefined) {
    throw wrong('security.protocol', `${protocol} without sasl.username and sasl.password`, 'give both');
  }
  const firstMs = values.number('retry.backoff.ms', { min: 1, max: 300_000, absent: 200 });
  const longestMs = values.number('retry.backoff.max.ms', { min: 1, max: 300_000, absent: 15_000 });
  const maxAgeMs = values.number('message.timeout.ms', { min: 0, max: 2 ** 31 - 1, absent: 300_000 });
  return {
    clientId: values.text('client.id') ?? 'wca',
    acks: acks[values.choice('acks', ['all', '-1', '0', '1'], 'all')],
    compression: values.choice('compression.type', ['none', 'gzip', 'snappy'], 'none'),
    connectTimeoutMs: values.number('socket.connection.setup.timeout.ms', { min: 100, max: 300_000, absent: 3_000 }),
    requestTimeoutMs: values.number('socket.timeout.ms', { min: 100, max: 300_000, absent: 15_000 }),
    ackTimeoutMs: values.number('request.timeout.ms', { min: 1, max: 900_000, absent: 10_000 }),
    metadataMaxAgeMs: values.number('metadata.max.age.ms', { min: 1_000, max: 86_400_000, absent: 300_000 }),
    createTopics: values.choice('allow.auto.create.topics', ['true', 'false'], 'true') === 'true',
    maxMessageBytes: values.number('message.max.bytes', { min: 4_096, max: 1_000_000_000, absent: 1_000_000 }),
    bufferBytes: values.number('queue.buffering.max.kbytes', { min: 64, max: 1024 ** 2, absent: 32_768 }) * 1024,
    maxAgeMs: maxAgeMs === 0 ? Number.POSITIVE_INFINITY : maxAgeMs,
    retry: { firstMs, longestMs: Math.max(firstMs, longestMs) },
    tls: protocol.endsWith('ssl') ? parseFiles(values) : undefined,
    tlsExtras: parseTlsExtras(values),
    sasl,
  };
}

function parseTlsExtras(values: Values): TlsExtras {
  return {
    passphrase: values.text('ssl.key.password'),
    checkHost: values.choice('ssl.endpoint.identification.algorithm', ['https', 'none'], 'https') === 'https',
    suites: values.text('ssl.cipher.suites'),
  };
}

function parseFiles(values: Values): SslFiles {
  return {
    verify: values.choice('enable.ssl.certificate.verification', ['true', 'false'], 'true') === 'true',
    caPath: values.text('ssl.ca.location'),
    certPath: values.text('ssl.certificate.location'),
    keyPath: values.text('ssl.key.location'),
  };
}

function parseSasl(values: Values): Sasl | undefined {
  const mechanism = values.choice('sasl.mechanism', ['plain', 'scram-sha-256', 'scram-sha-512'], 'plain');
  const username = values.text('sasl.username');
  const password = values.text('sasl.password');
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { mechanism, username, password };
  throw wrong(username === undefined ? 'sasl.username' : 'sasl.password', 'missing', 'give both or none');
}

/** What was given, by present names. */
class Values {
  readonly #values = new Map<string, string>();

  constructor(given: ReadonlyMap<string, string>) {
    for (const [name, value] of given) {
      if (ignoredProperties.includes(name)) continue;
      const property = oldProperties[name] ?? name;
      if (!properties.some((known) => known === property)) {
        throw wrong(
          name,
          'not supported',
          `what is: ${[...properties, ...Object.keys(oldProperties)].sort().join(', ')}`,
        );
      }
      if (this.#values.has(property)) throw wrong(name, `the same property as ${property}`, 'give one of them');
      this.#values.set(property, value);
    }
  }

  text(name: Property): string | undefined {
    const value = this.#values.get(name);
    if (value === '') throw wrong(name, 'empty', 'leave it out');
    return value;
  }

  number(name: Property, { min, max, absent }: Record<'min' | 'max' | 'absent', number>): number {
    const value = this.#values.get(name);
    if (value === undefined) return absent;
    const number = /^[0-9]{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw wrong(name, `got ${JSON.stringify(value)}`, `a whole number from ${min} to ${max}`);
  }

  /** Letters of any case, as in librdkafka. */
  choice<const T extends string>(name: Property, allowed: readonly T[], absent: NoInfer<T>): T {
    const value = this.#values.get(name);
    if (value === undefined) return absent;
    const found = allowed.find((choice) => choice === value.toLowerCase());
    if (found !== undefined) return found;
    const shown = name === 'sasl.password' ? 'something else' : JSON.stringify(value);
    throw wrong(name, `got ${shown}`, `one of ${allowed.join(', ')}`);
  }
}

function wrong(name: string, message: string, remedy: string): WcaError {
  return new WcaError('INVALID_CONFIG', { subject: `KafkaStorage extra_config ${name}`, message, remedy });
}
