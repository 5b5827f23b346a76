import type { KafkaConfig, LogEntry, Producer, SASLOptions } from 'kafkajs';
import type { Logger } from 'pino';
import { compress, uncompress } from 'snappyjs';
import type { IpPort } from '../../config/types.ts';
import type { Ssl } from '../../net/ssl.ts';
import type { KafkaSettings, Sasl } from './librdkafka.ts';
import { Sockets } from './sockets.ts';

export interface KafkaProducerOptions {
  readonly brokers: readonly IpPort[];
  readonly settings: KafkaSettings;
  /** undefined: no TLS. */
  readonly ssl: Ssl | undefined;
  readonly logger: Logger;
}

/**
 * One connection to a Kafka cluster, for as long as it works: after a failure it is thrown away and another one made,
 * which reads certificates anew and knows nothing of brokers that are gone.
 */
export class KafkaProducer {
  readonly #settings: KafkaSettings;
  readonly #producer: Producer;
  readonly #compression: number;
  readonly #sockets: Sockets;
  #connected: Promise<void> | undefined;

  private constructor(parts: {
    readonly settings: KafkaSettings;
    readonly producer: Producer;
    readonly compression: number;
    readonly sockets: Sockets;
  }) {
    this.#settings = parts.settings;
    this.#producer = parts.producer;
    this.#compression = parts.compression;
    this.#sockets = parts.sockets;
  }

  /** Loads kafkajs and the certificates; connects to nothing. Throws PERMISSION for a file that cannot be read. */
  static async make(options: KafkaProducerOptions): Promise<KafkaProducer> {
    // Loaded where it is used: it takes 50 ms and 11 MB.
    const kafkajs = (await import('kafkajs')).default;
    const { settings } = options;
    const types = { none: 0, gzip: 1, snappy: 2 } as const;
    if (settings.compression === 'snappy') {
      kafkajs.CompressionCodecs[2] = () => ({
        compress: async ({ buffer }: { readonly buffer: Buffer }) => Buffer.from(compress(buffer)),
        decompress: async (buffer: Buffer) => Buffer.from(uncompress(buffer)),
      });
    }
    const sockets = new Sockets({
      tls: options.ssl === undefined ? undefined : { ...options.ssl.load(), ...settings.tlsExtras },
      authenticates: settings.sasl !== undefined,
      hosts: new Map(options.brokers.map(({ host }, index) => [aliasOf(host, index), host])),
    });
    const kafka = new kafkajs.Kafka(kafkaConfig(options, sockets));
    const producer = kafka.producer({
      allowAutoTopicCreation: settings.createTopics,
      metadataMaxAge: settings.metadataMaxAgeMs,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    return new KafkaProducer({ settings, producer, compression: types[settings.compression], sockets });
  }

  /** One message without key or headers. Rejects with what kafkajs throws. */
  async send(topic: string, value: Buffer): Promise<void> {
    this.#connected ??= this.#producer.connect();
    await this.#connected;
    const { acks, ackTimeoutMs: timeout } = this.#settings;
    await this.#producer.send({ topic, acks, timeout, compression: this.#compression, messages: [{ value }] });
  }

  /** Closes all connections at once. What was on its way rejects, now or at its timeout. */
  close(): void {
    void this.#producer.disconnect().catch(() => undefined);
    this.#sockets.destroy();
  }
}

/** kafkajs takes `host:port` apart at the first colon: it gets another name for an IPv6 address. */
function aliasOf(host: string, index: number): string {
  return host.includes(':') ? `ipv6-broker-${index}` : host;
}

function kafkaConfig({ brokers, settings, logger }: KafkaProducerOptions, sockets: Sockets): KafkaConfig {
  const { sasl } = settings;
  return {
    brokers: brokers.map(({ host, port }, index) => `${aliasOf(host, index)}:${port}`),
    clientId: settings.clientId,
    connectionTimeout: settings.connectTimeoutMs,
    authenticationTimeout: settings.requestTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 },
    socketFactory: (wish) => sockets.open(wish),
    // kafkajs tells each failed attempt; the storage tells the trouble once.
    logCreator: () => (entry: LogEntry) => {
      const { message, timestamp: _, ...facts } = entry.log;
      logger.debug({ ...facts, namespace: entry.namespace }, message);
    },
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
  };
}

/** kafkajs has a type of its own for each mechanism. */
function saslOptions({ mechanism, username, password }: Sasl): SASLOptions {
  switch (mechanism) {
    case 'plain':
      return { mechanism, username, password };
    case 'scram-sha-256':
      return { mechanism, username, password };
    case 'scram-sha-512':
      return { mechanism, username, password };
  }
}
