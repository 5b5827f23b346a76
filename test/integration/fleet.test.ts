import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';

/** One controller, several collectors of this host: processes of their own, each of which can die. */

const ctl = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));

interface Scene {
  readonly controller: ControllerProcess;
  readonly collectors: Map<string, CollectorProcess>;
  /** Rewrites the list of collectors. */
  list(names: readonly string[]): void;
  /** Value of `wca_up` of a node in the file of the last batches: changes as long as it is followed. */
  up(node: string): number | undefined;
}

async function setUp(t: TestContext, names: readonly string[]): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'wca-fleet-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const collectors = new Map<string, CollectorProcess>();
  for (const name of names) collectors.set(name, await CollectorProcess.start());
  t.after(async () => {
    for (const collector of collectors.values()) await collector.stop();
  });
  const file = join(folder, 'collectors.yaml');
  const list: Scene['list'] = (wanted) => {
    const lines = wanted.map((name) => {
      const address = `unix:${collectors.get(name)?.socket ?? `${folder}/${name}.sock`}`;
      return `- {name: ${name}, address: "${address}", labels: {rack: r7}}\n`;
    });
    writeFileSync(file, lines.join(''), { mode: 0o600 });
  };
  list(names);
  const config = `collectors: ${file}
runner: !MeasurementRunner
  node: !CgroupNode {}
  interval: 0.5
  metrics_storage: !FilterStorage
    storages:
      - !PrometheusStorage {port: 0}
      - !LogStorage {output_filename: metrics.prom, overwrite: true}`;
  const controller = new ControllerProcess({ config, collector: `${folder}/nobody.sock` });
  t.after(() => controller.stop('SIGKILL'));
  const up = (node: string): number | undefined =>
    seriesValue(controller.read('metrics.prom'), 'wca_up', `node="${node}"`, 'rack="r7"');
  return { controller, collectors, list, up };
}

/** Waits until the node was measured again. */
async function untilMeasured({ controller, up }: Scene, node: string): Promise<void> {
  const before = up(node);
  await controller.until(
    () => up(node),
    (value) => value !== undefined && value !== before,
  );
}

test('one controller follows several collectors; one that dies touches no other and is followed again', async (t) => {
  const scene = await setUp(t, ['n1', 'n2', 'n3']);
  const { controller, collectors } = scene;
  for (const node of ['n1', 'n2', 'n3']) await untilMeasured(scene, node);
  const status = await controller.status();
  assert.deepEqual(
    status.collectors.map(({ node, state }) => `${node} ${state}`),
    ['n1 attached', 'n2 attached', 'n3 attached'],
  );
  assert.ok(status.collectors.every(({ tasks, hostname }) => tasks > 0 && hostname !== ''));

  const scraped = await (await fetch(status.endpoints[0] ?? '')).text();
  assert.equal(scraped.match(/^# TYPE task_up /gm)?.length, 1);
  for (const node of ['n1', 'n2', 'n3']) assert.match(scraped, new RegExp(`^task_up\\{.*node="${node}"`, 'm'));

  const dead = collectors.get('n2');
  dead?.child.kill('SIGKILL');
  const of = async (node: string) => (await controller.status()).collectors.find((one) => one.node === node);
  await controller.until(
    () => of('n2'),
    (session) => session?.state === 'waiting' && session.error !== null,
  );
  await untilMeasured(scene, 'n1');
  await untilMeasured(scene, 'n3');
  assert.ok(dead !== undefined);
  collectors.set('n2', await CollectorProcess.start({ folder: dead.folder }));
  await controller.until(
    () => of('n2'),
    (session) => session?.state === 'attached' && session.attaches === 2,
  );
  await untilMeasured(scene, 'n2');
});

test('the file of collectors is followed: nodes come and go without a restart, a wrong version changes nothing', async (t) => {
  const scene = await setUp(t, ['n1', 'n2']);
  const { controller, list, up } = scene;
  list(['n1']);
  await untilMeasured(scene, 'n1');
  await controller.until(
    async () => (await controller.status()).collectors.map(({ node }) => node).join(),
    (nodes) => nodes === 'n1',
  );
  await untilMeasured(scene, 'n1');
  assert.equal(up('n2'), undefined, 'its metrics are gone with it');
  list(['n1', 'n2', 'nobody']);
  await untilMeasured(scene, 'n2');
  list(['n1', 'n2', 'n2']);
  await controller.until(
    () => controller.status(),
    ({ openEpisodes }) => openEpisodes.some(({ message }) => message.includes('the name n2 is that of [1] as well')),
  );
  const { collectors } = await controller.status();
  assert.deepEqual(
    collectors.map(({ node, state }) => `${node} ${state}`),
    ['n1 attached', 'n2 attached', 'nobody waiting'],
  );
});

test('wca-ctl shows the nodes, and one of them when it is named', async (t) => {
  const scene = await setUp(t, ['n1', 'n2']);
  const { controller, collectors } = scene;
  for (const node of ['n1', 'n2']) await untilMeasured(scene, node);
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [ctl, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
      env: {
        ...process.env,
        WCA_COLLECTOR: `unix:${collectors.get('n1')?.socket}`,
        WCA_CONTROLLER: `unix:${join(controller.folder, 'admin.sock')}`,
      },
    });
  const status = run('status');
  assert.match(status.stdout, /collectors +2 of 2 attached/, status.stderr);
  assert.match(status.stdout, /^n1 +attached +\d+ +\d+ +0 .*unix:\//m);
  assert.match(run('tasks').stdout, /^NODE +TASK/);
  assert.doesNotMatch(run('tasks', '--node', 'n2').stdout, /^n1/m);
  assert.match(run('metrics', 'wca_up').stdout, /node="n1".*\n.*node="n2"/);
  assert.doesNotMatch(run('metrics', '--node', 'n1').stdout, /node="n2"/);
  const top = run('top', '-n', '1');
  assert.equal(top.status, 2, top.stderr);
  assert.match(top.stderr, /2 collectors are followed\n {2}remedy: name one of them: --node n1, n2/);
  assert.match(run('top', '-n', '1', '--node', 'n1').stdout, /tasks · CPU/);
});
