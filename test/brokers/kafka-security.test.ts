import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import type { IpPort } from '../../controller/config/types.ts';
import { Ssl, type SslFiles } from '../../controller/net/ssl.ts';
import { explainKafka } from '../../controller/storages/kafka/kafka-error.ts';
import { KafkaProducer } from '../../controller/storages/kafka/kafka-producer.ts';
import { parseLibrdkafka } from '../../controller/storages/kafka/librdkafka.ts';
import { type Certificate, TestAuthority } from '../kit/certificates.ts';
import { KafkaBroker, skipWithoutKafka } from '../kit/kafka-broker.ts';

/** A real Kafka broker that wants TLS with client certificates, and users with passwords (SASL over TLS). */

const skip = skipWithoutKafka() || (TestAuthority.isPossible() ? false : 'openssl is not installed');
let broker: KafkaBroker;
let authority: TestAuthority;
let client: Certificate;

function keyStore({ certPath, keyPath }: Certificate): string {
  const store = `${certPath}.p12`;
  const parts = ['-in', certPath, '-inkey', keyPath, '-out', store, '-passout', 'pass:password'];
  execFileSync('openssl', ['pkcs12', '-export', ...parts], { stdio: 'ignore' });
  return store;
}

before(async () => {
  if (skip !== false) return;
  authority = new TestAuthority();
  client = authority.issue('wca');
  const jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  broker = await KafkaBroker.create({
    protocol: 'SASL_SSL',
    scramUser: { name: 'wca', password: 'pässword' },
    properties: {
      'ssl.keystore.type': 'PKCS12',
      'ssl.keystore.location': keyStore(authority.issue('broker', { names: 'IP:127.0.0.1' })),
      'ssl.keystore.password': 'password',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.caPath,
      'ssl.client.auth': 'requested',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.client.plain.sasl.jaas.config': `${jaas} username="admin" password="admin" user_admin="admin" user_wca="secret";`,
      'listener.name.client.scram-sha-256.sasl.jaas.config': scram,
    },
  });
  await broker.start();
});

after(async () => {
  if (skip !== false) return;
  await broker.remove();
  authority.remove();
});

const plain = { 'sasl.username': 'wca', 'sasl.password': 'secret' };

async function send(
  files: SslFiles | undefined,
  extra: Readonly<Record<string, string>>,
  at: IpPort = { host: '127.0.0.1', port: broker.port },
): Promise<string> {
  const settings = parseLibrdkafka(new Map(Object.entries({ 'socket.timeout.ms': '3000', ...extra })));
  const producer = await KafkaProducer.make({
    brokers: [at],
    settings,
    ssl: files === undefined ? undefined : new Ssl(files),
    logger: pino({ enabled: false }),
  });
  try {
    await producer.send('secure', Buffer.from(`sent ${Object.keys(extra).join()}`));
    return 'sent';
  } catch (thrown) {
    return explainKafka('KafkaStorage', thrown).error.toText();
  } finally {
    producer.close();
  }
}

test('a user with a password is let in over TLS, PLAIN and SCRAM, and read back by librdkafka', { skip }, async () => {
  const files = { verify: true, caPath: authority.caPath, certPath: client.certPath, keyPath: client.keyPath };
  assert.equal(await send(files, plain), 'sent');
  const scram = { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.username': 'wca', 'sasl.password': 'pässword' };
  assert.equal(await send(files, scram), 'sent');
  assert.equal(await send({ verify: false }, { ...plain, acks: '1' }), 'sent');
  const options = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN', 'ssl.ca.location': authority.caPath };
  const given = Object.entries({ ...options, ...plain }).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
  assert.equal(broker.read('secure', given).length, 3);
});

test('a wrong password is told as such', { skip }, async () => {
  const text = await send({ verify: true, caPath: authority.caPath }, { ...plain, 'sasl.password': 'wrong' });
  assert.match(text, /authentication failed.*check sasl\.mechanism, sasl\.username and sasl\.password/i);
});

test('a broker that is not known, or is for another host, is not sent anything', { skip }, async () => {
  const other = new TestAuthority();
  assert.match(await send({ verify: true, caPath: other.caPath }, plain), /self.signed|unable to (verify|get)/i);
  other.remove();
  assert.match(await send({ verify: true }, plain), /give the authority of the broker as ssl\.server_verify/);
  const byName = { host: 'localhost', port: broker.port };
  const files = { verify: true, caPath: authority.caPath };
  assert.match(await send(files, plain, byName), /certificate of the broker is for another host/);
  assert.equal(await send(files, { ...plain, 'ssl.endpoint.identification.algorithm': 'none' }, byName), 'sent');
});

test('a file that cannot be read is named', { skip }, async () => {
  const files = { verify: true, caPath: join(authority.folder, 'absent') };
  await assert.rejects(send(files, plain), { code: 'PERMISSION', subject: `server_verify ${files.caPath}` });
});
