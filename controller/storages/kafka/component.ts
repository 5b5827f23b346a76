import { WcaError } from '../../../shared/errors/wca-error.ts';
import { config, defineComponent } from '../../config/component.ts';
import { optional, required, withDefault } from '../../config/parameters.ts';
import { ipPort, list, map, numeric, str } from '../../config/types.ts';
import { Ssl, ssl } from '../../net/ssl.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { KafkaStorage } from './kafka-storage.ts';
import { parseLibrdkafka } from './librdkafka.ts';

/** `!KafkaStorage` (spec config §3.6, §5.5). */
export const kafkaStorage = defineComponent({
  tag: 'KafkaStorage',
  kind: 'storage',
  since: 'seed',
  doc: 'Sends metrics to a Kafka topic in the Prometheus text format: a batch is one message, or several that are cut between metrics when it is larger than a message may be. Batches wait in a bounded buffer while no broker can be reached.',
  parameters: {
    topic: required(str(), { doc: 'Topic of all messages.' }),
    brokers_ips: withDefault(list(ipPort()), [{ host: '127.0.0.1', port: 9092 }], {
      doc: 'Brokers to begin with; the others are learnt from them.',
      defaultDoc: '["127.0.0.1:9092"]',
    }),
    max_timeout_in_seconds: withDefault(numeric(0, 5), 0.5, {
      doc: 'How long an iteration waits for the delivery of its batch while all goes well; then the batch stays in the buffer. Also how long is left to the buffer when the controller stops.',
      unit: 'seconds',
    }),
    extra_config: optional(map(str()), {
      doc: 'Properties of librdkafka, their values as strings; see docs/storages.md for those that mean something here. Others are refused.',
    }),
    ssl: optional(config(ssl), { doc: 'TLS for all brokers; counts more than the ssl.* of extra_config.' }),
  },
  example: '!KafkaStorage {topic: wca_metrics, brokers_ips: ["10.0.0.1:9092"], extra_config: {compression.type: gzip}}',
  create({ topic, brokers_ips, max_timeout_in_seconds, extra_config, ssl: given }, { clock, logger }) {
    if (brokers_ips.length === 0) throw wrong('brokers_ips', 'no broker', 'name at least one');
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic) || /^\.\.?$/.test(topic)) {
      const remedy = 'up to 249 letters, digits, . _ -';
      throw wrong('topic', `${JSON.stringify(topic)} is no name of a topic`, remedy);
    }
    const settings = parseLibrdkafka(extra_config ?? new Map());
    const tls = given ?? (settings.tls === undefined ? undefined : new Ssl(settings.tls));
    return new KafkaStorage({
      brokers: brokers_ips.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`),
      topic,
      maxWaitMs: max_timeout_in_seconds * 1000,
      settings,
      connect: () =>
        KafkaProducer.make({ brokers: brokers_ips, settings, ssl: tls, logger: logger('wca.storages.kafka') }),
      clock,
      random: Math.random,
    });
  },
});

function wrong(parameter: string, message: string, remedy: string): WcaError {
  return new WcaError('INVALID_CONFIG', { subject: `KafkaStorage ${parameter}`, message, remedy });
}
