import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { batchOf } from '../../controller/model/group-metrics.ts';
import type { MetricBatch } from '../../controller/model/metric-batch.ts';
import { ExpositionFormatter } from '../../controller/storages/exposition.ts';
import { KafkaProducer } from '../../controller/storages/kafka/kafka-producer.ts';
import { KafkaStorage } from '../../controller/storages/kafka/kafka-storage.ts';
import { parseLibrdkafka } from '../../controller/storages/kafka/librdkafka.ts';
import { StorageOutlet } from '../../controller/storages/storage-outlet.ts';
import { systemClock } from '../../shared/lifecycle/clock.ts';
import { KafkaBroker, skipWithoutKafka } from '../kit/kafka-broker.ts';

/** A real Kafka broker takes the messages; librdkafka (kcat) reads them back. */

const skip = skipWithoutKafka();
let broker: KafkaBroker;
const stops: (() => Promise<void>)[] = [];

before(async () => {
  if (skip !== false) return;
  broker = await KafkaBroker.create({ properties: { 'message.max.bytes': '300000' } });
  await broker.start();
});

after(async () => {
  for (const stop of stops) await stop();
  if (skip === false) await broker.remove();
});

function storageTo(topic: string, { maxWaitMs = 5_000, ...extra }: Record<string, string | number> = {}): KafkaStorage {
  const given = new Map(Object.entries(extra).map(([name, value]) => [name, String(value)]));
  const settings = parseLibrdkafka(given);
  const storage = new KafkaStorage({
    brokers: [broker.address],
    topic,
    maxWaitMs: Number(maxWaitMs),
    settings,
    connect: () =>
      KafkaProducer.make({
        brokers: [{ host: '127.0.0.1', port: broker.port }],
        settings,
        ssl: undefined,
        logger: pino({ enabled: false }),
      }),
    clock: systemClock,
    random: Math.random,
  });
  stops.push(() => storage.stop());
  return storage;
}

function someBatch(series: number, value = 1): MetricBatch {
  const metrics = Array.from({ length: series }, (_, i) => ({
    name: `task_metric_${i % 7}`,
    value: value + i / 8,
    labels: { task_id: `tâche-${i} 😀 "quoted"\n`, cpu: String(i % 3) },
    type: 'counter' as const,
    help: `Help of ${i % 7}.`,
  }));
  return batchOf(metrics, 1_600_000_000_000 + value);
}

const textOf = (batch: MetricBatch): Buffer =>
  Buffer.from(new ExpositionFormatter({ format: 'text', timestamps: true }).format(batch));

async function storeAll(storage: KafkaStorage, batches: readonly MetricBatch[]): Promise<void> {
  for (const batch of batches) await storage.store(batch, new AbortController().signal);
}

for (const compression of ['none', 'gzip', 'snappy']) {
  test(`messages are the batches byte for byte, compressed with ${compression}`, { skip }, async () => {
    const topic = `plain-${compression}`;
    const storage = storageTo(topic, { 'compression.type': compression });
    const batches = [someBatch(1), someBatch(50, 2), someBatch(500, 3)];
    await storeAll(storage, [...batches, batchOf([], 4)]);
    assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
    assert.deepEqual(broker.read(topic).map(String), batches.map(textOf).map(String));
  });
}

test('a batch larger than a message becomes several, which together are the batch', { skip }, async () => {
  const storage = storageTo('large', { 'message.max.bytes': 100_000 });
  const batch = someBatch(8_000);
  await storeAll(storage, [batch]);
  const messages = broker.read('large');
  assert.ok(messages.length > 5, `${messages.length} messages`);
  assert.ok(messages.every(({ length }) => length <= 100_000));
  assert.equal(Buffer.concat(messages).toString(), textOf(batch).toString());
});

test('a broker that takes less than configured is found out: nothing is lost', { skip }, async () => {
  const storage = storageTo('less', { maxWaitMs: 5_000 });
  const batches = [someBatch(8_000), someBatch(8_000, 2)];
  await storeAll(storage, batches);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  assert.equal(Buffer.concat(broker.read('less')).toString(), batches.map(textOf).map(String).join(''));
});

test('a broker that is killed and comes back costs nothing that fits into the buffer', {
  skip,
  timeout: 120_000,
}, async () => {
  const storage = storageTo('restart', { maxWaitMs: 300, 'retry.backoff.max.ms': 1000 });
  const outlet = new StorageOutlet({ name: 'metrics_storage', storage, timeoutMs: 5_000, clock: systemClock });
  const batches = Array.from({ length: 40 }, (_, i) => someBatch(20, i + 1));
  const longestMs: number[] = [];
  let restarting: Promise<void> | undefined;
  for (const [i, batch] of batches.entries()) {
    if (i === 10) await broker.kill();
    if (i === 25) restarting = broker.start();
    const startMs = performance.now();
    await outlet.attempt(batch);
    longestMs.push(performance.now() - startMs);
    if (i === 20) assert.match(outlet.status.error?.toText() ?? '', /ECONNREFUSED|Connection/);
    await sleep(100);
  }
  await restarting;
  for (let i = 0; i < 400 && storage.backlog().waiting > 0; i += 1) await sleep(50);
  assert.ok(Math.max(...longestMs) < 1_500, `one batch held up the loop for ${Math.max(...longestMs)} ms`);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  const { stored, failed, dropped } = outlet.status;
  assert.deepEqual({ stored, failed, dropped }, { stored: 40, failed: 0, dropped: 0 });
  // A message whose answer was lost with the broker is sent again: at least once, in order.
  const read = broker.read('restart').map(String);
  const distinct = read.filter((text, i) => text !== read[i - 1]);
  assert.deepEqual(distinct, batches.map(textOf).map(String));
  assert.ok(read.length <= 42);
});

test('a broker that is away at the start is waited for; what does not fit is counted', {
  skip,
  timeout: 120_000,
}, async () => {
  await broker.kill();
  const storage = storageTo('late', { maxWaitMs: 100, 'queue.buffering.max.kbytes': 64, 'retry.backoff.max.ms': 500 });
  const outlet = new StorageOutlet({ name: 'metrics_storage', storage, timeoutMs: 5_000, clock: systemClock });
  const batches = Array.from({ length: 30 }, (_, i) => someBatch(60, i + 1));
  for (const batch of batches) await outlet.attempt(batch);
  const { lost } = storage.backlog();
  assert.ok(lost > 0 && lost < 30, `${lost} lost`);
  await broker.start();
  for (let i = 0; i < 400 && storage.backlog().waiting > 0; i += 1) await sleep(50);
  assert.equal(outlet.status.stored + outlet.status.failed, 30);
  assert.equal(outlet.status.failed, storage.backlog().lost);
  const expected = new Set(batches.map(textOf).map(String));
  const read = new Set(broker.read('late').map(String));
  assert.equal(read.size, outlet.status.stored);
  for (const text of read) assert.ok(expected.has(text));
  assert.ok(read.has(String(textOf(batches.at(-1) ?? someBatch(0)))), 'the newest is kept');
});
