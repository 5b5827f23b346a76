import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLibrdkafka, properties } from '../../../../../controller/storages/kafka/librdkafka.ts';

const parse = (given: Readonly<Record<string, string>>) => parseLibrdkafka(new Map(Object.entries(given)));

test('nothing given: no TLS, no user, acknowledged by all replicas, a message below the limit of a broker', () => {
  const settings = parse({});
  const { acks, compression, tls, sasl, maxMessageBytes, createTopics, clientId } = settings;
  assert.deepEqual(
    { acks, compression, tls, sasl, maxMessageBytes, createTopics, clientId },
    {
      acks: -1,
      compression: 'none',
      tls: undefined,
      sasl: undefined,
      maxMessageBytes: 1_000_000,
      createTopics: true,
      clientId: 'wca',
    },
  );
});

test('properties of librdkafka become settings, in old spellings as well', () => {
  assert.equal(parse({ 'request.required.acks': '1' }).acks, 1);
  assert.equal(parse({ acks: 'ALL' }).acks, -1);
  assert.equal(parse({ 'compression.codec': 'gzip' }).compression, 'gzip');
  assert.equal(parse({ 'queue.buffering.max.kbytes': '2048' }).bufferBytes, 2 * 1024 ** 2);
  assert.equal(parse({ 'message.timeout.ms': '0' }).maxAgeMs, Number.POSITIVE_INFINITY);
  assert.equal(parse({ 'delivery.timeout.ms': '5000' }).maxAgeMs, 5000);
  assert.deepEqual(parse({ 'retry.backoff.ms': '20000' }).retry, { firstMs: 20_000, longestMs: 20_000 });
  assert.deepEqual(parse({ 'sasl.mechanisms': 'SCRAM-SHA-512', 'sasl.username': 'u', 'sasl.password': 'p' }).sasl, {
    mechanism: 'scram-sha-512',
    username: 'u',
    password: 'p',
  });
  assert.deepEqual(parse({ 'security.protocol': 'SSL', 'ssl.ca.location': '/ca', 'ssl.key.location': '/key' }).tls, {
    verify: true,
    caPath: '/ca',
    certPath: undefined,
    keyPath: '/key',
  });
});

test('what the original sets itself is accepted without effect', () => {
  assert.deepEqual(parse({ 'bootstrap.servers': 'x:1', 'ssl.enabled.protocols': 'TLSv1' }), parse({}));
});

const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{ 'linger.ms': '5' }, /extra_config linger\.ms: not supported \(what is: acks, /],
  [{ acks: '2' }, /extra_config acks: got "2" \(one of all, -1, 0, 1\)/],
  [{ acks: '1', 'request.required.acks': '1' }, /request\.required\.acks: the same property as acks/],
  [{ 'compression.type': 'lz4' }, /compression\.type: got "lz4" \(one of none, gzip, snappy\)/],
  [{ 'message.max.bytes': '1e6' }, /message\.max\.bytes: got "1e6" \(a whole number from 4096 to 1000000000\)/],
  [{ 'message.max.bytes': '4095' }, /from 4096/],
  [{ 'socket.timeout.ms': '-5' }, /whole number/],
  [{ 'socket.timeout.ms': '99999999999999999999' }, /whole number/],
  [{ 'client.id': '' }, /client\.id: empty/],
  [{ 'security.protocol': 'sasl_ssl' }, /sasl_ssl without sasl\.username/],
  [{ 'sasl.username': 'u' }, /sasl\.password: missing/],
  [{ 'sasl.mechanism': 'GSSAPI' }, /one of plain, scram-sha-256, scram-sha-512/],
];
for (const [given, message] of wrong) {
  test(`${JSON.stringify(given)} is refused by name`, () => {
    assert.throws(
      () => parse(given),
      (thrown) =>
        thrown instanceof Error &&
        'toText' in thrown &&
        message.test(String(Reflect.apply(Object(thrown.toText), thrown, []))),
    );
  });
}

test('an error never shows a password', () => {
  assert.throws(
    () => parse({ 'sasl.password': 'geheim' }),
    (thrown) => !JSON.stringify(thrown).includes('geheim') && !String(thrown).includes('geheim'),
  );
});

test('the list of properties is sorted, each once', () => {
  assert.deepEqual([...new Set(properties)].sort(), [...properties]);
});
