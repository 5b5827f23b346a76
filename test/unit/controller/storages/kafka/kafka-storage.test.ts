import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { batchOf } from '../../../../../controller/model/group-metrics.ts';
import type { MetricBatch } from '../../../../../controller/model/metric-batch.ts';
import { KafkaStorage, type MessageSender } from '../../../../../controller/storages/kafka/kafka-storage.ts';
import { FakeClock } from '../../../../kit/fake-clock.ts';

/** What the storage does with the answers of a client; test/brokers has the real one. */

const { signal } = new AbortController();

function setUp({ maxMessageBytes = 4_096, bufferBytes = 1 << 20 } = {}) {
  const clock = new FakeClock();
  const sent: string[] = [];
  const seen = { connected: 0, closed: 0 };
  const wish: { send: (value: Buffer) => Promise<void> } = { send: () => Promise.resolve() };
  const connect = async (): Promise<MessageSender> => {
    seen.connected += 1;
    return {
      send: async (topic, value) => {
        assert.equal(topic, 't');
        await wish.send(value);
        sent.push(value.toString());
      },
      close: () => {
        seen.closed += 1;
      },
    };
  };
  const storage = new KafkaStorage({
    brokers: ['127.0.0.1:9092'],
    topic: 't',
    maxWaitMs: 500,
    settings: { maxMessageBytes, bufferBytes, maxAgeMs: 60_000, retry: { firstMs: 100, longestMs: 100 } },
    connect,
    clock,
    random: () => 0,
  });
  return { storage, clock, sent, seen, wish };
}

function batchOfLines(count: number): MetricBatch {
  return batchOf(
    Array.from({ length: count }, (_, i) => ({
      name: `m${i % 50}`,
      value: i,
      labels: { i: String(i).padStart(6, '0') },
    })),
    1,
  );
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const brokerError = (type: string): Error =>
  new Error('outer', { cause: Object.assign(new Error(`it says ${type}`), { type }) });

test('an empty batch is no message', async () => {
  const { storage, seen } = setUp();
  await storage.store(batchOf([], 1), signal);
  assert.equal(seen.connected, 0);
  await storage.stop();
});

test('a batch has timestamps and one message', async () => {
  const { storage, sent, seen } = setUp();
  await storage.store(
    batchOf([{ name: 'a', value: 1, labels: {}, type: 'gauge', help: 'A.' }], 1_600_000_000_000),
    signal,
  );
  assert.deepEqual(sent, ['# HELP a A.\n# TYPE a gauge\na 1 1600000000000\n']);
  await storage.stop();
  assert.deepEqual(seen, { connected: 1, closed: 1 });
});

test('a broker that takes less than expected gets smaller messages from then on', async () => {
  const { storage, sent, wish } = setUp({ maxMessageBytes: 100_000 });
  let refused = 0;
  wish.send = async (value) => {
    if (value.length <= 3_000) return;
    refused += 1;
    throw brokerError('MESSAGE_TOO_LARGE');
  };
  await storage.store(batchOfLines(1_000), signal);
  const messages = sent.length;
  assert.ok(refused > 0 && messages > 5);
  assert.equal(sent.join('').split('\n').length, 1_001);
  refused = 0;
  await storage.store(batchOfLines(1_000), signal);
  assert.equal(refused, 0);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  await storage.stop();
});

test('after a failure the rest of a batch goes through a new connection, nothing twice', async () => {
  const { storage, clock, sent, seen, wish } = setUp();
  const text = 'before';
  let calls = 0;
  wish.send = async () => {
    calls += 1;
    if (calls === 2) throw new Error(text);
  };
  const stored = storage.store(batchOfLines(500), signal);
  await until(() => storage.backlog().trouble !== undefined);
  assert.equal(storage.backlog().trouble?.toText(), 'KafkaStorage 127.0.0.1:9092/t: before');
  clock.advanceMs(100);
  await stored;
  assert.deepEqual(seen, { connected: 2, closed: 1 });
  assert.equal(new Set(sent).size, sent.length);
  assert.equal(sent.join('').split('\n').length, 501);
  await storage.stop();
});

test('what no retry changes is given up with the name of the error and a remedy', async () => {
  const { storage, wish } = setUp();
  wish.send = () => Promise.reject(brokerError('INVALID_TOPIC_EXCEPTION'));
  await storage.store(batchOfLines(1), signal);
  const { waiting, lost, trouble } = storage.backlog();
  assert.deepEqual([waiting, lost], [0, 1]);
  assert.equal(
    trouble?.toText(),
    'KafkaStorage 127.0.0.1:9092/t: it says INVALID_TOPIC_EXCEPTION (choose another topic)',
  );
  await storage.stop();
});

test('a line that is longer than a message is left out, told and counted; the rest is sent', async () => {
  const { storage, sent } = setUp();
  const metrics = [
    { name: 'a', value: 1, labels: {} },
    { name: 'b', value: 1, labels: { l: 'x'.repeat(5_000) } },
    { name: 'c', value: 1, labels: {} },
  ];
  await storage.store(batchOf(metrics, 1), signal);
  assert.deepEqual(sent, ['a 1 1\n', 'c 1 1\n']);
  assert.equal(storage.backlog().lost, 1);
  assert.match(storage.backlog().trouble?.message ?? '', /1 lines? (is|are) longer/);
  await storage.stop();
});

test('a client that hangs holds up one store for the time allowed, the next not at all, and stop no longer', async () => {
  const { storage, clock, wish, seen } = setUp();
  wish.send = () => new Promise(() => {});
  const first = storage.store(batchOfLines(1), signal);
  await until(() => clock.sleepers > 0);
  clock.advanceMs(500);
  await first;
  assert.match(storage.backlog().trouble?.message ?? '', /not delivered within 0.5 s/);
  await storage.store(batchOfLines(1), signal);
  assert.equal(storage.backlog().waiting, 2);
  const stopped = storage.stop();
  clock.advanceMs(500);
  await stopped;
  assert.deepEqual([storage.backlog().lost, seen.closed], [2, 1]);
});
