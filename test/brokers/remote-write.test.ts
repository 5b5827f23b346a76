import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchOf } from '../../controller/model/group-metrics.ts';
import type { MetricBatch } from '../../controller/model/metric-batch.ts';
import { RemoteWriteStorage } from '../../controller/storages/remote-write/remote-write-storage.ts';
import { systemClock } from '../../shared/lifecycle/clock.ts';
import { freePort, portOpens } from '../kit/ports.ts';
import { skipWithout } from '../kit/tools.ts';

/** A real Prometheus receives remote writes; what it stored is asked of its HTTP API. */

const skip = skipWithout('prometheus');
const folder = mkdtempSync(join(tmpdir(), 'wca-remote-write-'));
let port = 0;
let prometheus: ChildProcess | undefined;
const signal = new AbortController().signal;

async function startPrometheus(): Promise<void> {
  writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    { stdio: 'ignore' },
  );
  prometheus = child;
  await portOpens(port, () => child.exitCode === null);
  for (;;) {
    const ready = await fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(50);
  }
}

async function killPrometheus(): Promise<void> {
  if (prometheus === undefined) return;
  const gone = once(prometheus, 'exit');
  prometheus.kill('SIGKILL');
  await gone;
  prometheus = undefined;
}

before(async () => {
  if (skip !== false) return;
  port = await freePort();
  await startPrometheus();
});

after(async () => {
  await killPrometheus();
  rmSync(folder, { recursive: true, force: true });
});

function storageTo(changes: Partial<ConstructorParameters<typeof RemoteWriteStorage>[0]> = {}): RemoteWriteStorage {
  return new RemoteWriteStorage({
    url: new URL(`http://127.0.0.1:${port}/api/v1/write`),
    ssl: undefined,
    credentials: { username: undefined, passwordFile: undefined, bearerTokenFile: undefined },
    headers: {},
    externalLabels: { site: 'here', Zone: 'z' },
    timeoutMs: 5_000,
    maxSamples: 100,
    bufferBytes: 1 << 20,
    maxAgeMs: 60_000,
    retry: { firstMs: 100, longestMs: 500 },
    clock: systemClock,
    random: Math.random,
    ...changes,
  });
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

async function ask(selector: string, range = '10m'): Promise<readonly Series[]> {
  const query = new URLSearchParams({ query: `${selector}[${range}]` });
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?${query}`);
  const body: { readonly data: { readonly result: readonly Series[] } } = JSON.parse(await answer.text());
  return body.data.result;
}

const hostile = 'a\\b\n"c" {d="e"} ž 😀 , # HELP';

test('what is written is what Prometheus answers', { skip }, async () => {
  const storage = storageTo();
  const now = Date.now();
  const many = Array.from({ length: 250 }, (_, i) => ({
    name: 'many',
    value: i / 8,
    labels: { i: String(i), empty: '' },
  }));
  const metrics = [
    { name: 'plain', value: 1.5e-7, labels: {} },
    { name: 'huge', value: 9_223_372_036_854_771_712n, labels: {} },
    { name: 'infinite', value: Number.NEGATIVE_INFINITY, labels: {} },
    { name: 'hostile', value: -1, labels: { value: hostile, site: 'its own' } },
    ...many,
  ];
  await storage.store(batchOf(metrics, now - 2_000), signal);
  await storage.store(batchOf([{ name: 'plain', value: 2, labels: {} }], now - 1_000), signal);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  const [plain] = await ask('plain');
  assert.deepEqual(plain, {
    metric: { __name__: 'plain', site: 'here', Zone: 'z' },
    values: [
      [(now - 2_000) / 1000, '1.5e-07'],
      [(now - 1_000) / 1000, '2'],
    ],
  });
  assert.equal((await ask('huge'))[0]?.values[0]?.[1], '9223372036854772000');
  assert.equal((await ask('infinite'))[0]?.values[0]?.[1], '-Inf');
  assert.deepEqual((await ask('hostile'))[0]?.metric, {
    __name__: 'hostile',
    value: hostile,
    site: 'its own',
    Zone: 'z',
  });
  const read = await ask('many');
  assert.deepEqual(
    read
      .map(({ metric, values }) => [Number(metric['i']), Number(values[0]?.[1]), metric['empty']])
      .sort((a, b) => Number(a[0]) - Number(b[0])),
    many.map(({ value }, i) => [i, value, undefined]),
  );
  await storage.stop();
});

test('a series that ends is marked: an instant query no longer has it', { skip }, async () => {
  const storage = storageTo();
  const now = Date.now();
  const of = (ids: readonly string[], ago: number): MetricBatch =>
    batchOf(
      ids.map((task_id) => ({ name: 'ends', value: 1, labels: { task_id } })),
      now - ago,
    );
  await storage.store(of(['a', 'b'], 3_000), signal);
  await storage.store(of(['b'], 2_000), signal);
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=ends`);
  const { data }: { readonly data: { readonly result: readonly Series[] } } = JSON.parse(await answer.text());
  assert.deepEqual(
    data.result.map(({ metric }) => metric['task_id']),
    ['b'],
  );
  await storage.stop();
});

test('what Prometheus refuses is counted as lost and keeps nothing else back', { skip }, async () => {
  const storage = storageTo();
  const now = Date.now();
  const at = (ms: number): MetricBatch => batchOf([{ name: 'ordered', value: ms, labels: {} }], ms);
  await storage.store(at(now - 1_000), signal);
  await storage.store(at(now - 3_600_000), signal);
  assert.equal(storage.backlog().lost, 1);
  assert.match(storage.backlog().trouble?.toText() ?? '', /status 400: out of order sample/);
  await storage.store(at(now), signal);
  while (storage.backlog().waiting > 0) await sleep(10);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 1, trouble: undefined });
  assert.equal((await ask('ordered'))[0]?.values.length, 2);
  await storage.stop();
});

test('a Prometheus that is killed and comes back misses nothing', { skip, timeout: 60_000 }, async () => {
  const storage = storageTo();
  const now = Date.now();
  for (let i = 0; i < 30; i += 1) {
    if (i === 10) await killPrometheus();
    if (i === 20) await startPrometheus();
    const startMs = performance.now();
    await storage.store(batchOf([{ name: 'restarted', value: i, labels: {} }], now - 30_000 + i * 1_000), signal);
    assert.ok(performance.now() - startMs < 1_000);
    if (i === 15) assert.match(storage.backlog().trouble?.toText() ?? '', /nobody listens there/);
  }
  while (storage.backlog().waiting > 0) await sleep(10);
  assert.deepEqual(storage.backlog(), { waiting: 0, lost: 0, trouble: undefined });
  const values = (await ask('restarted'))[0]?.values.map(([, value]) => Number(value));
  assert.deepEqual(
    values,
    Array.from({ length: 30 }, (_, i) => i),
  );
  await storage.stop();
});
