import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { SeriesValues } from '../../../../controller/model/metric-batch.ts';
import {
  PrometheusStorage,
  type PrometheusStorageOptions,
} from '../../../../controller/storages/prometheus-storage.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const batch = (value: number, name = 'wca_up') => batchOf([{ name, value, labels: {} }], 1_600_000_000_000);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A storage on a free port, stopped when the test ends. */
async function withStorage(
  options: Partial<PrometheusStorageOptions>,
  body: (
    storage: PrometheusStorage,
    get: (path?: string, headers?: Record<string, string>, method?: string) => Promise<Answer>,
  ) => Promise<void>,
): Promise<void> {
  const storage = new PrometheusStorage({
    ip: '127.0.0.1',
    port: 0,
    path: '/metrics',
    maxSeries: 1_000,
    gzip: true,
    staleAfterMs: 60_000,
    clock: new FakeClock(),
    ...options,
  });
  await storage.start();
  try {
    await body(storage, (path = '/metrics', headers = {}, method = 'GET') =>
      fetchOnce(new URL(path, storage.address()), headers, method),
    );
  } finally {
    await storage.stop();
  }
}

/** Like fetch, but adds no header and undoes no compression. */
async function fetchOnce(url: URL, headers: Record<string, string>, method: string): Promise<Answer> {
  const sent = request(url, { headers, method, agent: new Agent() });
  sent.end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

test('before the first batch a scrape is told to come back', async () => {
  await withStorage({}, async (_storage, get) => {
    const { status, headers, text } = await get();
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
    assert.match(text, /no measurement/);
  });
});

test('a scrape gets the latest batch without timestamps', async () => {
  await withStorage({}, async (storage, get) => {
    await storage.store(batch(1));
    await storage.store(batch(2));
    const { status, headers, text } = await get();
    assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.match(text, /^# HELP wca_up .*\n# TYPE wca_up counter\nwca_up 2\n$/);
    assert.equal(headers['vary'], 'Accept, Accept-Encoding');
  });
});

test('OpenMetrics is served to who asks for it', async () => {
  await withStorage({}, async (storage, get) => {
    await storage.store(batch(1));
    const { headers, text } = await get('/metrics', { accept: 'application/openmetrics-text;version=1.0.0' });
    assert.equal(headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.match(text, /# TYPE wca_up unknown\n(.*\n)*wca_up 1\n# EOF\n$/);
  });
});

test('gzip is served to who accepts it, unless it is off', async () => {
  for (const gzip of [true, false]) {
    await withStorage({ gzip }, async (storage, get) => {
      await storage.store(batch(1));
      const plain = await get();
      const { headers, body } = await get('/metrics', { 'accept-encoding': 'gzip' });
      assert.equal(headers['content-encoding'], gzip ? 'gzip' : undefined);
      assert.deepEqual(gzip ? gunzipSync(body) : body, plain.body);
    });
  }
});

test('HEAD has the headers of GET and no body', async () => {
  await withStorage({}, async (storage, get) => {
    await storage.store(batch(1));
    const [head, whole] = [await get('/metrics', {}, 'HEAD'), await get()];
    assert.equal(head.headers['content-length'], String(whole.body.length));
    assert.equal(head.body.length, 0);
  });
});

test('other paths and methods are refused in plain text', async () => {
  await withStorage({}, async (storage, get) => {
    await storage.store(batch(1));
    assert.equal((await get('/metric')).status, 404);
    assert.equal((await get('/metrics/')).status, 404);
    assert.equal((await get('/%2e%2e/etc/passwd')).status, 404);
    const post = await get('/metrics', {}, 'POST');
    assert.deepEqual([post.status, post.headers['allow']], [405, 'GET, HEAD']);
    assert.equal((await get('/metrics?name=x')).status, 200);
  });
});

test('the page at / links to the metrics', async () => {
  await withStorage({ path: '/a/b' }, async (_storage, get) => {
    const { status, text } = await get('/');
    assert.equal(status, 200);
    assert.match(text, /<a href="\/a\/b">/);
  });
});

test('a batch that is too old is no longer served', async () => {
  const clock = new FakeClock();
  await withStorage({ clock, staleAfterMs: 5_000 }, async (storage, get) => {
    await storage.store(batch(1));
    clock.advanceMs(5_000);
    assert.equal((await get()).status, 200);
    clock.advanceMs(1);
    assert.equal((await get()).status, 503);
    await storage.store(batch(2));
    assert.equal((await get()).status, 200);
  });
});

test('a batch is formatted at the first scrape and once a format, however many scrapes there are', async () => {
  let reads = 0;
  const values: SeriesValues = { length: 1, has: () => true, number: () => 1, exact: () => (reads += 1) };
  await withStorage({}, async (storage, get) => {
    const { families } = batch(1);
    await storage.store({ timestampMs: 1, families: families.map((family) => ({ ...family, values })) });
    assert.equal(reads, 0);
    await Promise.all([get(), get(), get('/metrics', { 'accept-encoding': 'gzip' })]);
    await get();
    assert.equal(reads, 1);
  });
});

test('batches of different metrics stand beside each other, batches of the same replace each other', async () => {
  const clock = new FakeClock();
  await withStorage({ clock, staleAfterMs: 5_000 }, async (storage, get) => {
    await storage.store(batch(1, 'metrics'));
    await storage.store(batch(7, 'anomalies'));
    clock.advanceMs(4_000);
    await storage.store(batch(2, 'metrics'));
    await storage.store(batchOf([], 1));
    assert.equal((await get()).text, 'anomalies 7\nmetrics 2\n');
    clock.advanceMs(4_000);
    assert.equal((await get()).text, 'metrics 2\n');
  });
});

test('series beyond the budget are left out and counted each time', async () => {
  await withStorage({ maxSeries: 1 }, async (storage, get) => {
    const two = [
      { name: 'wca_up', value: 1, labels: {} },
      { name: 'task_up', value: 1, labels: {} },
    ];
    await storage.store(batchOf(two, 1));
    await storage.store(batchOf(two, 2));
    assert.equal(storage.seriesDropped(), 2);
    assert.doesNotMatch((await get()).text, /task_up/);
  });
});

test('a port in use is one clear error naming address and remedy', async () => {
  await withStorage({}, async (storage) => {
    const port = Number(new URL(storage.address()).port);
    const refused = withStorage({ port }, async () => assert.fail('two servers on one port'));
    await assert.rejects(refused, {
      code: 'INVALID_CONFIG',
      subject: `PrometheusStorage 127.0.0.1:${port}`,
      message: 'the port is in use',
      remedy: /another port/,
    });
  });
});

test('an address of another host is refused with a remedy', async () => {
  const elsewhere = withStorage({ ip: '192.0.2.1' }, async () => assert.fail('listens on a foreign address'));
  await assert.rejects(elsewhere, { code: 'INVALID_CONFIG', errno: 'EADDRNOTAVAIL' });
});

test('an IPv6 address is written in brackets', () => {
  const clock = new FakeClock();
  const options = { ip: '::1', port: 9152, path: '/metrics', maxSeries: 1, gzip: true, staleAfterMs: 1, clock };
  assert.equal(new PrometheusStorage(options).describe(), 'PrometheusStorage http://[::1]:9152/metrics');
});

for (const path of ['metrics', '', '/a b', '/"><script>', '//x', '/a/']) {
  test(`the path ${JSON.stringify(path)} is a configuration error`, async () => {
    await assert.rejects(
      withStorage({ path }, async () => {}),
      { code: 'INVALID_CONFIG' },
    );
  });
}

test('stop closes idle connections at once, frees the port, and the storage can start again', async () => {
  await withStorage({}, async (storage, get) => {
    await storage.store(batch(1));
    const url = new URL(storage.address());
    const agent = new Agent({ keepAlive: true });
    const sent = request(url, { agent });
    sent.end();
    const [response] = await once(sent, 'response');
    response.resume();
    await once(response, 'end');
    await storage.stop();
    await storage.stop();
    const socket = connect(Number(url.port), '127.0.0.1');
    const [refused] = await once(socket, 'error');
    assert.equal(refused.code, 'ECONNREFUSED');
    agent.destroy();
    await storage.start();
    assert.equal((await get()).status, 503);
  });
});

test('a header that never ends or is too long is refused', async () => {
  await withStorage({}, async (storage) => {
    const socket = connect(Number(new URL(storage.address()).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET /metrics HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}`);
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 431 /);
    socket.destroy();
  });
});

test('of several hosts each has its latest batch, families of one name have one header', async () => {
  const of = (source: string, value: number, name = 'wca_up') => ({
    ...batchOf([{ name, value, labels: { node: source } }], 1_600_000_000_000),
    source,
  });
  const clock = new FakeClock();
  await withStorage({ clock, staleAfterMs: 10_000 }, async (storage, get) => {
    await storage.store(of('n1', 1));
    await storage.store(of('n2', 2));
    await storage.store(of('n1', 3));
    await storage.store(of('n2', 4, 'wca_tasks'));
    const lines = async () => (await get()).text.split('\n').filter((line) => /^(wca|# TYPE)/.test(line));
    assert.deepEqual(await lines(), [
      '# TYPE wca_tasks gauge',
      'wca_tasks{node="n2"} 4',
      '# TYPE wca_up counter',
      'wca_up{node="n1"} 3',
      'wca_up{node="n2"} 2',
    ]);
    storage.forget('n1');
    assert.equal((await lines()).length, 4);
    clock.advanceMs(9_000);
    await storage.store(of('n3', 5));
    clock.advanceMs(2_000);
    assert.deepEqual(await lines(), ['# TYPE wca_up counter', 'wca_up{node="n3"} 5']);
  });
});

test('series beyond the budget are counted once a round of all hosts; a name goes for all of them', async () => {
  const of = (source: string) => ({
    ...batchOf(
      ['wca_up', 'task_up'].map((name) => ({ name, value: 1, labels: { node: source } })),
      0,
    ),
    source,
  });
  await withStorage({ maxSeries: 3 }, async (storage, get) => {
    for (let round = 0; round < 3; round += 1) for (const name of ['n1', 'n2']) await storage.store(of(name));
    assert.doesNotMatch((await get()).text, /task_up/);
    assert.equal((await get()).text.match(/^wca_up/gm)?.length, 2);
    assert.equal(storage.seriesDropped(), 4);
  });
});
