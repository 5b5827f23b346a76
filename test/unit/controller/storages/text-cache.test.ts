import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LabelSet } from '../../../../controller/model/label-set.ts';
import { arrayValues } from '../../../../controller/model/metric-batch.ts';
import { PrometheusStorage } from '../../../../controller/storages/prometheus-storage.ts';
import { TextCache } from '../../../../controller/storages/text-cache.ts';
import { systemClock } from '../../../../shared/lifecycle/clock.ts';

const fill = (text: string) => (memory: Buffer | undefined) => {
  const bytes = memory ?? Buffer.allocUnsafeSlow(16);
  return bytes.subarray(0, bytes.write(text));
};

test('a text is made once for all who ask before the next batch', async () => {
  const cache = new TextCache();
  let made = 0;
  const make = (): Buffer => {
    made += 1;
    return Buffer.from('a');
  };
  await Promise.all([cache.lendRecycled('text', make), cache.lendRecycled('text', make)]);
  assert.equal(made, 1);
  cache.clear();
  await cache.lendRecycled('text', make);
  assert.equal(made, 2);
});

test('memory is used again after the last one who sends it is done, and not before', async () => {
  const cache = new TextCache();
  const [first, second] = await Promise.all([
    cache.lendRecycled('text', fill('one')),
    cache.lendRecycled('text', fill('one')),
  ]);
  first.done();
  first.done();
  cache.clear();
  const other = await cache.lendRecycled('text', fill('two'));
  assert.notEqual(other.body.buffer, first.body.buffer, 'the second one still sends it');
  assert.equal(second.body.toString(), 'one');
  second.done();
  other.done();
  cache.clear();
  const again = await cache.lendRecycled('text', fill('three'));
  assert.ok([first.body.buffer, other.body.buffer].includes(again.body.buffer));
});

test('a text that cannot be made is an error for who asks, and tried again', async () => {
  const cache = new TextCache();
  const broken = (): Buffer => {
    throw new Error('broken');
  };
  await assert.rejects(cache.lendRecycled('text', broken), /broken/);
  cache.clear();
  assert.equal((await cache.lendRecycled('text', fill('x'))).body.toString(), 'x');
});

/** Reads a scrape to its end, pausing before it. */
function scrape(url: string, pauseMs: number, gzip: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, { headers: gzip ? { 'accept-encoding': 'gzip' } : {} }, async (response) => {
      const chunks: Buffer[] = [];
      await sleep(pauseMs);
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks)));
    }).on('error', reject);
  });
}

test('each of many slow and fast scrapes gets one whole batch while batches come and memory is used again', async (t) => {
  const storage = new PrometheusStorage({
    ip: '127.0.0.1',
    port: 0,
    path: '/metrics',
    maxSeries: 100_000,
    gzip: true,
    staleAfterMs: 60_000,
    clock: systemClock,
  });
  t.after(() => storage.stop());
  await storage.start();
  // Some megabytes, more than socket buffers hold.
  const labels = Array.from({ length: 20_000 }, (_, i) => new LabelSet({ series: `${i}`, filler: 'x'.repeat(80) }));
  const batch = (value: number) => ({
    timestampMs: 0,
    families: [{ name: 'm', labels, values: arrayValues(labels.map(() => value)) }],
  });
  await storage.store(batch(100));
  const scrapes: Promise<Buffer>[] = [];
  for (let round = 101; round < 125; round += 1) {
    scrapes.push(scrape(storage.address(), (round % 4) * 20, false));
    if (round % 6 === 0) scrapes.push(scrape(storage.address(), 0, true));
    await sleep(12);
    await storage.store(batch(round));
  }
  const texts = await Promise.all(scrapes);
  const { gunzipSync } = await import('node:zlib');
  for (const bytes of texts) {
    const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('latin1');
    const values = new Set([...text.matchAll(/ (\d+)$/gm)].map(([, value]) => value));
    assert.equal(text.split('\n').length, labels.length + 1);
    assert.equal(values.size, 1, `one batch, not ${[...values].join(' and ')}`);
  }
});
