import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';

/** DetectionRunner with detectors that mean no good, in a real controller beside a real collector. */

const module = fileURLToPath(new URL('../../controller/plugin.js', import.meta.url));
const plugin = `
import { definePlugin } from ${JSON.stringify(module)};
const detector = (tag, detect) => definePlugin({ apiVersion: 1, tag, kind: 'detector', doc: tag, parameters: {},
  create: () => ({ detect }) });
const anomaly = (more) => ({ kind: 'contention', resource: 'cache', contendedTaskId: 'gone', contendingTaskIds: ['lost'],
  metrics: [{ name: 'why', value: 7, labels: { uuid: 'mine' } }], ...more });
let calls = 0;
export const plugin = [
  detector('Throwing', () => { throw new Error('no idea'); }),
  detector('Hanging', () => new Promise(() => {})),
  detector('Nonsense', () => ({ anomalies: [{ kind: 'luck' }] })),
  detector('SelfBlaming', () => ({ anomalies: [anomaly({ contendingTaskIds: ['gone'] })] })),
  detector('Recovering', () => {
    calls += 1;
    if (calls <= 2) throw new Error('not yet');
    return { anomalies: [anomaly()], metrics: [{ name: 'extra', value: 3, labels: {} }] };
  }),
];
`;

/** `shared`: anomalies go to the storage of the measurements. */
async function start(t: TestContext, tag: string, { shared = false } = {}): Promise<ControllerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'wca-plugin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'plugin.mjs');
  writeFileSync(file, plugin, { mode: 0o600 });
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  const storage = '!LogStorage {output_filename: all.prom}';
  const config = `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner
    interval: 0.1
    node: !StaticNode {tasks: []}
    metrics_storage: ${shared ? `&all ${storage}` : '!LogStorage {output_filename: metrics.prom}'}
  detector: !${tag} {}
  detector_timeout: 0.3
  anomalies_storage: ${shared ? '*all' : storage}`;
  const controller = new ControllerProcess({ config, collector: collector.socket, args: ['--register', file] });
  t.after(() => controller.stop('SIGKILL'));
  return controller;
}

for (const tag of ['Throwing', 'Hanging', 'Nonsense', 'SelfBlaming']) {
  test(`a detector that is ${tag} costs counted errors and one line, and measuring goes on`, async (t) => {
    const controller = await start(t, tag);
    await controller.until(
      () => seriesValue(controller.read('all.prom'), 'wca_detection_errors') ?? 0,
      (errors) => errors >= 2,
    );
    const status = await controller.until(
      () => controller.status(),
      ({ iterations }) => iterations >= 10,
    );
    assert.equal(status.collectors[0]?.lost, 0);
    assert.equal(seriesValue(controller.read('all.prom'), 'anomaly_count'), 0);
    assert.equal(controller.log.match(/trouble with detection/g)?.length, 1);
    const startMs = performance.now();
    assert.equal(await controller.stop(), 0);
    assert.ok(performance.now() - startMs < 3000);
  });
}

for (const shared of [false, true]) {
  test(`anomalies, evidence, extra metrics and statistics reach ${shared ? 'the storage of the measurements' : 'their storage'}`, async (t) => {
    const controller = await start(t, 'Recovering', { shared });
    const text = await controller.until(
      () => controller.read('all.prom'),
      (all) => (seriesValue(all, 'anomaly_count') ?? 0) >= 2,
    );
    const labels = ['contended_task_id="gone"', 'contending_task_id="lost"', 'resource="cache"', 'type="contention"'];
    assert.equal(seriesValue(text, 'anomaly', ...labels, 'contending_workload_instance="workload not found"'), 1);
    assert.equal(seriesValue(text, 'why', 'type="anomaly"'), 7);
    assert.doesNotMatch(text, /uuid="mine"/);
    assert.equal(seriesValue(text, 'extra'), 3);
    assert.equal(seriesValue(text, 'wca_detection_errors'), 2);
    assert.ok((seriesValue(text, 'anomaly_last_occurrence') ?? 0) > 1e9);
    for (const name of ['wca_duration_seconds', 'wca_duration_seconds_avg']) {
      assert.ok((seriesValue(text, name, 'function="detect"') ?? -1) >= 0);
    }
    assert.match(controller.log, /detection works again/);
    assert.equal(await controller.stop(), 0);
  });
}
