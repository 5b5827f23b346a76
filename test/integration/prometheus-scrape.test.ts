import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { batchOf } from '../../controller/model/group-metrics.ts';
import type { Metric } from '../../controller/model/metric.ts';
import { PrometheusStorage } from '../../controller/storages/prometheus-storage.ts';
import { systemClock } from '../../shared/lifecycle/clock.ts';
import { skipWithout } from '../kit/tools.ts';

/** A real Prometheus scrapes the endpoint; what it stored is asked of its HTTP API. */

const hostile = 'a\\b\n"c" {d="e"} ž 😀 \u0000\r\u2028 , # HELP';
const metrics: readonly Metric[] = [
  { name: 'wca_up', value: 1_600_000_000.5, labels: {} },
  { name: 'task_mem_limit_bytes', value: 9_223_372_036_854_771_712n, labels: { task_id: 't1' } },
  { name: 'task_cpu_usage_seconds', value: 1.5e-7, labels: { task_id: 't1' } },
  { name: 'task_psi_avg10_ratio', value: 0.25, labels: { task_id: 't1', resource: 'cpu', kind: 'some' } },
  { name: 'hostile', value: -1, labels: { value: hostile }, help: hostile, type: 'gauge' },
  { name: 'made_total', value: 3, labels: {}, type: 'counter', help: 'Ends as OpenMetrics wants it.' },
  { name: 'not_a_number', value: Number.NaN, labels: {} },
  { name: 'infinite', value: Number.POSITIVE_INFINITY, labels: {} },
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  const port = await portOf(server);
  server.close();
  return port;
}

async function portOf(server: Server): Promise<number> {
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Passes scrapes on as a client that knows the text format only: Prometheus itself always asks for OpenMetrics. */
function textOnlyProxy(target: string): HttpServer {
  return createHttpServer((_request, response) => {
    void fetch(target, { headers: { accept: 'text/plain' } }).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(await answer.text());
    });
  }).listen(0, '127.0.0.1');
}

/** Starts Prometheus with one job a target and resolves when it serves. */
async function startPrometheus(
  folder: string,
  jobs: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly api: string }> {
  const config = join(folder, 'prometheus.yml');
  const scrapes = Object.entries(jobs).map(
    ([job, host]) => `- {job_name: ${job}, static_configs: [{targets: ['${host}']}]}`,
  );
  writeFileSync(
    config,
    `global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs:\n${scrapes.join('\n')}\n`,
  );
  const port = await freePort();
  const options = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('ready to receive web requests')) {
      child.stderr.resume();
      return { child, api: `http://127.0.0.1:${port}/api/v1/` };
    }
  }
  throw new Error(`prometheus ended with ${child.exitCode}`);
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** The samples of a query, asked again until there are some. */
async function query(api: string, expression: string): Promise<readonly Sample[]> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    const response = await fetch(`${api}query?query=${encodeURIComponent(expression)}`);
    const { data } = JSON.parse(await response.text());
    if (data.result.length > 0) return data.result;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no samples of ${expression}: ${await (await fetch(`${api}targets`)).text()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** What Prometheus has of one job is what was stored. */
async function assertStored(api: string, job: string): Promise<void> {
  assert.equal((await query(api, `up{job="${job}"} == 1`)).length, 1);
  const value = async (name: string): Promise<string | undefined> =>
    (await query(api, `${name}{job="${job}"}`))[0]?.value[1];
  assert.equal(await value('wca_up'), '1600000000.5');
  assert.equal(Number(await value('task_mem_limit_bytes')), Number('9223372036854771712'));
  assert.equal(Number(await value('task_cpu_usage_seconds')), 1.5e-7);
  assert.equal(await value('made_total'), '3');
  assert.equal(await value('not_a_number'), 'NaN');
  assert.equal(await value('infinite'), '+Inf');
  const [psi] = await query(api, `task_psi_avg10_ratio{job="${job}"}`);
  const { instance, ...labels } = psi?.metric ?? {};
  assert.deepEqual(labels, {
    __name__: 'task_psi_avg10_ratio',
    job,
    host: 'n1',
    task_id: 't1',
    resource: 'cpu',
    kind: 'some',
  });
  assert.equal((await query(api, `hostile{job="${job}"}`))[0]?.metric['value'], hostile);
}

const options = { skip: skipWithout('prometheus') };

test('a real Prometheus stores every series, in OpenMetrics and in the text format', options, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-prometheus-'));
  const bounds = { maxSeries: 1_000, gzip: true, staleAfterMs: 60_000, clock: systemClock };
  const storage = new PrometheusStorage({ ip: '127.0.0.1', port: 0, path: '/metrics', ...bounds });
  await storage.start();
  await storage.store(batchOf(metrics, Date.now(), { host: 'n1' }));
  const proxy = textOnlyProxy(storage.address());
  const hosts = { openmetrics: new URL(storage.address()).host, text: `127.0.0.1:${await portOf(proxy)}` };
  const { child, api } = await startPrometheus(folder, hosts);
  try {
    await assertStored(api, 'openmetrics');
    await assertStored(api, 'text');
    const metadata = JSON.parse(await (await fetch(`${api}metadata`)).text()).data;
    // OpenMetrics names the family of a counter without its suffix: the two formats were really used.
    assert.deepEqual([metadata.made?.[0]?.type, metadata.made_total?.[0]?.type], ['counter', 'counter']);
    assert.deepEqual(metadata.hostile, [{ type: 'gauge', help: hostile, unit: '' }]);
  } finally {
    await stop(child);
    proxy.close();
    proxy.closeAllConnections();
    await storage.stop();
    rmSync(folder, { recursive: true });
  }
});
