import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { AnswerLengths, guardSocket } from '../../../../../controller/storages/kafka/guard-socket.ts';
import { explainKafka } from '../../../../../controller/storages/kafka/kafka-error.ts';
import { KafkaProducer } from '../../../../../controller/storages/kafka/kafka-producer.ts';
import { parseLibrdkafka } from '../../../../../controller/storages/kafka/librdkafka.ts';

function frame(bytes: number): Buffer {
  const whole = Buffer.alloc(4 + bytes, 0xff);
  whole.writeInt32BE(bytes);
  return whole;
}

test('answers are followed however their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 4, max: 40 })), fc.array(fc.integer({ min: 1, max: 9 })), (sizes, cuts) => {
      const lengths = new AnswerLengths({ authenticates: false });
      const stream = Buffer.concat(sizes.map(frame));
      let at = 0;
      for (const cut of cuts) {
        lengths.follow(stream.subarray(at, at + cut));
        at = Math.min(stream.length, at + cut);
      }
      lengths.follow(stream.subarray(at));
      assert.throws(() => lengths.follow(Buffer.from([0x7f, 0xff, 0xff, 0xff])), /no Kafka broker/);
    }),
  );
});

test('lengths that cannot be are refused', () => {
  for (const length of [-1, 3, 17 * 1024 * 1024, 0x7fffffff]) {
    const head = Buffer.alloc(4);
    head.writeInt32BE(length);
    assert.throws(() => new AnswerLengths({ authenticates: false }).follow(head), RangeError, String(length));
  }
  new AnswerLengths({ authenticates: true }).follow(Buffer.alloc(4));
});

test('what a reader throws becomes an error of the socket', async () => {
  const server = createServer((peer) => peer.end(frame(8))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const socket = guardSocket(connect(address.port, '127.0.0.1'), new AnswerLengths({ authenticates: false }));
  socket.on('data', () => {
    throw new Error('cannot read this');
  });
  const [error] = await once(socket, 'error');
  assert.equal(error.message, 'cannot read this');
  server.close();
});

const answers: readonly (readonly [string, Buffer])[] = [
  ['an HTTP server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['an answer of 2 GB', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  ['an answer without a correlation id', Buffer.from([0, 0, 0, 0])],
  ['nonsense in a frame', frame(64)],
  ['an end', Buffer.alloc(0)],
];
for (const [name, bytes] of answers) {
  test(`a server that answers with ${name} is an error, not the end of the process`, { timeout: 20_000 }, async () => {
    const server = createServer((peer) => {
      peer.on('error', () => {});
      peer.once('data', () => peer.end(bytes));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const producer = await KafkaProducer.make({
      brokers: [{ host: '127.0.0.1', port: address.port }],
      settings: parseLibrdkafka(new Map([['socket.timeout.ms', '300']])),
      ssl: undefined,
      logger: pino({ enabled: false }),
    });
    await assert.rejects(producer.send('topic', Buffer.from('x')), (thrown) => {
      const { error, retriable } = explainKafka('s', thrown);
      return error.code === 'STORAGE_FAILED' && retriable;
    });
    producer.close();
    server.close();
  });
}
