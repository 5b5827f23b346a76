import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { load, problemsOf } from '../../../kit/configurations.ts';

/** What configurations of the storages that send and serve may say, and what they are told otherwise. */

const definitions = builtinComponents();
const configOf = (storage: string): string =>
  `runner: !MeasurementRunner\n  node: !StaticNode {tasks: []}\n  metrics_storage: ${storage}\n`;

const accepted: readonly string[] = [
  '!KafkaStorage {topic: wca}',
  '!KafkaStorage {topic: wca, brokers_ips: ["127.0.0.1:9092", "[::1]:9092", "kafka.example:9093"], max_timeout_in_seconds: 5}',
  '!KafkaStorage {topic: wca, extra_config: {acks: "1", bootstrap.servers: "x:1"}, ssl: !SSL {server_verify: false}}',
  '!HTTPStorage {}',
  '!HTTPStorage {http_endpoint: "https://127.0.0.1:8000/in", ssl: !SSL {}, timeout_seconds: 2.5}',
  '!PrometheusRemoteWriteStorage {url: "http://127.0.0.1:9090/api/v1/write"}',
  '!PrometheusRemoteWriteStorage {url: "https://h/w", bearer_token_file: /token, headers: {X-Scope-OrgID: a}, external_labels: {rack: r1}}',
  '!PrometheusStorage {username: u, password_file: /dev/null}',
  '!FilterStorage {storages: [!KafkaStorage {topic: a}, !HTTPStorage {}]}',
];
for (const storage of accepted) {
  test(`accepted: ${storage}`, () => {
    load(configOf(storage), { definitions });
  });
}

const rw = 'url: "http://h/w"';
const refused: readonly (readonly [string, RegExp])[] = [
  ['!KafkaStorage {}', /metrics_storage\.topic: missing, !KafkaStorage needs it/],
  ['!KafkaStorage {topic: a, max_timeout_in_seconds: 6}', /max_timeout_in_seconds.*too large/],
  ['!KafkaStorage {topic: a, brokers_ips: [localhost]}', /brokers_ips\[0\].*not host:port/],
  ['!KafkaStorage {topic: a, brokers_ips: []}', /brokers_ips: no broker/],
  ['!KafkaStorage {topic: "a b"}', /topic: "a b" is no name of a topic/],
  ['!KafkaStorage {topic: a, extra_config: {linger.ms: "5"}}', /extra_config linger\.ms: not supported/],
  ['!KafkaStorage {topic: a, extra_config: {acks: 1}}', /extra_config\.acks.*string/],
  ['!KafkaStorage {topic: a, ssl: true}', /ssl.*!SSL/],
  ['!HTTPStorage {http_endpoint: "ftp://h"}', /scheme ftp is not supported/],
  ['!PrometheusRemoteWriteStorage {}', /url: missing/],
  [`!PrometheusRemoteWriteStorage {${rw}, username: u}`, /password_file: missing.*go together/],
  [`!PrometheusRemoteWriteStorage {${rw}, username: "u:", password_file: /p}`, /username: with a colon/],
  [`!PrometheusRemoteWriteStorage {${rw}, username: u, password_file: /p, bearer_token_file: /t}`, /give one of them/],
  [`!PrometheusRemoteWriteStorage {${rw}, headers: {Content-Type: x}}`, /Content-Type is set by the storage/],
  [`!PrometheusRemoteWriteStorage {${rw}, headers: {a: "x\\ny"}}`, /the value of a is not ASCII/],
  [`!PrometheusRemoteWriteStorage {${rw}, external_labels: {__name__: x}}`, /"__name__" is no name of a label/],
  ['!PrometheusStorage {tls_cert_path: /dev/null}', /tls_key_path: missing.*go together/],
  ['!PrometheusStorage {tls_client_ca_path: /dev/null}', /tls_cert_path: missing/],
  ['!PrometheusStorage {username: u}', /password_file: missing/],
];
for (const [storage, problem] of refused) {
  test(`refused: ${storage}`, () => assert.match(problemsOf(configOf(storage), { definitions }), problem));
}
