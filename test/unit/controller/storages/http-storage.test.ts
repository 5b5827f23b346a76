import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { Metric } from '../../../../controller/model/metric.ts';
import { HttpStorage } from '../../../../controller/storages/http-storage.ts';
import { HttpReceiver } from '../../../kit/http-receiver.ts';

let receiver: HttpReceiver;
let storage: HttpStorage;
const signal = new AbortController().signal;

before(async () => {
  receiver = await HttpReceiver.start();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = (response) => response.end();
  storage = new HttpStorage({ endpoint: new URL('/in?key=secret', receiver.url), ssl: undefined, timeoutMs: 300 });
});
after(() => receiver.stop());

const store = (metrics: readonly Metric[]): Promise<void> => storage.store(batchOf(metrics, 1), signal);
const one = [{ name: 'a', value: 1, labels: {} }];

test('a batch is posted as JSON: names and values, the last of several, all digits, null where JSON has no number', async () => {
  await store([
    { name: 'a', value: 1.5, labels: { cpu: '0' } },
    { name: 'a', value: 2.5, labels: { cpu: '1' } },
    { name: 'big', value: 9_223_372_036_854_771_712n, labels: {} },
    { name: 'none', value: Number.NaN, labels: {} },
  ]);
  const [got] = receiver.received;
  assert.equal(got?.body.toString(), '{"a":2.5,"big":9223372036854771712,"none":null}');
  assert.deepEqual(
    [got?.method, got?.path, got?.headers['content-type']],
    ['POST', '/in?key=secret', 'application/json'],
  );
  await storage.stop();
});

test('an empty batch is posted too', async () => {
  await store([]);
  assert.equal(receiver.received[0]?.body.toString(), '{}');
});

for (const [status, text] of [
  [404, /status 404: no such thing/],
  [500, /status 500/],
  [302, /status 302.*redirects are not followed/],
] as const) {
  test(`status ${status} is a failure that names it, and not the secrets of the URL`, async () => {
    receiver.answer = (response) => {
      response.writeHead(status, { location: '/elsewhere' }).end('no such\nthing\u0007');
    };
    await assert.rejects(store(one), (thrown: { toText(): string; code: string }) => {
      assert.match(thrown.toText(), text);
      assert.doesNotMatch(thrown.toText(), /secret/);
      return thrown.code === 'STORAGE_FAILED';
    });
    assert.equal(receiver.received.length, 1);
  });
}

test('a server that does not answer, or drips, costs no more than the time allowed', { timeout: 5_000 }, async () => {
  receiver.answer = () => {};
  await assert.rejects(store(one), /no answer within 0.3 s/);
  receiver.answer = (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(drip));
  };
  await assert.rejects(store(one), /no answer within 0.3 s/);
});

test('an answer without end is refused', async () => {
  receiver.answer = (response) => response.end(Buffer.alloc(1 << 20));
  await assert.rejects(store(one), /too large|larger than/);
});

test('a failure does not last: the next batch is posted again', async () => {
  receiver.answer = (response) => response.destroy();
  await assert.rejects(store(one));
  receiver.answer = (response) => response.end();
  await store(one);
});

test('nobody there is told with the address', async () => {
  const gone = await HttpReceiver.start();
  const { url } = gone;
  await gone.stop();
  const alone = new HttpStorage({ endpoint: url, ssl: undefined, timeoutMs: 300 });
  await assert.rejects(alone.store(batchOf(one, 1), signal), { code: 'UNAVAILABLE', subject: `${url.origin}/` });
});

test('the stop of the controller ends a request', { timeout: 5_000 }, async () => {
  receiver.answer = () => {};
  const stop = new AbortController();
  const stored = storage.store(batchOf(one, 1), stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(stored);
});
