import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Burn, makeBurn } from '../kit/burners.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';

/**
 * PsiContentionDetector against real cgroups and processes. What must not be seen is looked for during
 * WCA_TEST_SILENCE_SECONDS (300: the window of the promise; here shorter).
 */

const silenceMs = Number(process.env['WCA_TEST_SILENCE_SECONDS'] ?? '20') * 1000;
/** The promise; an emulated machine makes none. */
const foundMs = Number(process.env['WCA_TEST_FOUND_SECONDS'] ?? '10') * 1000;

interface Scene {
  readonly cgroups: TestCgroups;
  readonly controller: ControllerProcess;
  readonly victim: string;
  readonly noisy: string;
  readonly burn: Burn;
}

async function setUp(t: TestContext): Promise<Scene | undefined> {
  if (!existsSync('/proc/pressure/cpu')) return void t.skip('the kernel has no PSI');
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return undefined;
  const burn = makeBurn(t, cgroups);
  const [victim, noisy] = [cgroups.add('victim'), cgroups.add('noisy')];
  if (cgroups.file(victim, 'cpu.pressure') === undefined) return void t.skip('cgroups have no cpu.pressure');
  const collector = await CollectorProcess.start();
  t.after(() => collector.stop());
  const config = `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner
    interval: 0.5
    node: !StaticNode {tasks: [${victim.slice(1)}, ${noisy.slice(1)}], require_pids: false}
    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}
  detector: !PsiContentionDetector {}
  anomalies_storage: !LogStorage {output_filename: anomalies.prom}`;
  const controller = new ControllerProcess({ config, collector: collector.socket });
  t.after(() => controller.stop('SIGKILL'));
  return { cgroups, controller, victim: victim.slice(1), noisy: noisy.slice(1), burn };
}

const anomaliesOf = (scene: Scene): string => scene.controller.read('anomalies.prom');

/** The detector has judged at least once. */
function untilJudging(scene: Scene): Promise<unknown> {
  return scene.controller.until(
    () => anomaliesOf(scene),
    (text) => text.includes('psi_detector_tasks{'),
    2 * foundMs,
  );
}

async function staysSilent(scene: Scene): Promise<void> {
  await sleep(silenceMs);
  const text = anomaliesOf(scene);
  assert.ok(text.includes('psi_detector_tasks{'), 'it looks');
  assert.doesNotMatch(text, /^anomaly\{/m);
  assert.equal(seriesValue(text, 'anomaly_count'), 0);
  assert.equal(seriesValue(text, 'wca_detection_errors'), 0);
}

test(`a noisy neighbour is found within ${foundMs / 1000} s, named, with evidence`, async (t) => {
  const scene = await setUp(t);
  if (scene === undefined) return;
  await scene.burn(scene.victim, 1);
  await untilJudging(scene);
  // With equal weights the scheduler gives a task of one thread nearly a CPU of its own.
  const v1 = scene.cgroups.file(`/${scene.noisy}`, 'cpu.shares');
  const v2 = scene.cgroups.file(`/${scene.noisy}`, 'cpu.weight');
  if (v1 === undefined && v2 === undefined) return t.skip('no cgroup has a CPU weight here');
  if (v1 !== undefined) writeFileSync(v1, '16384');
  else writeFileSync(v2 ?? '', '1600');
  await scene.burn(scene.noisy, 3 * availableParallelism());
  const started = performance.now();
  const labels = [`contended_task_id="${scene.victim}"`, `contending_task_id="${scene.noisy}"`, 'resource="cpus"'];
  await scene.controller.until(
    () => seriesValue(anomaliesOf(scene), 'anomaly', ...labels),
    (value) => value === 1,
    foundMs,
  );
  t.diagnostic(`found after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const text = anomaliesOf(scene);
  const evidence = (name: string, ...more: string[]): number =>
    seriesValue(text, name, `contended_task_id="${scene.victim}"`, ...more) ?? Number.NaN;
  assert.ok(evidence('anomaly_net_pressure_ratio') >= 0.1);
  assert.ok(evidence('anomaly_host_busy_ratio') >= 0.7);
  assert.ok(evidence('anomaly_use', `used_by="${scene.noisy}"`) > evidence('anomaly_use', `used_by="${scene.victim}"`));
  assert.doesNotMatch(
    text,
    new RegExp(`^anomaly\\{.*contended_task_id="${scene.noisy}"`, 'm'),
    'the noisy one is no victim',
  );
});

test('nothing is reported of tasks that leave each other alone', async (t) => {
  const scene = await setUp(t);
  if (scene === undefined) return;
  await scene.burn(scene.victim, 1);
  await untilJudging(scene);
  await staysSilent(scene);
});

test('a task that hits its own quota is not taken for a victim', async (t) => {
  const scene = await setUp(t);
  if (scene === undefined) return;
  const { cgroups, victim } = scene;
  const v1 = cgroups.file(`/${victim}`, 'cpu.cfs_quota_us');
  const v2 = cgroups.file(`/${victim}`, 'cpu.max');
  if (v1 === undefined && v2 === undefined) return t.skip('no cgroup has a CPU quota here');
  if (v1 !== undefined) writeFileSync(v1, '20000');
  else writeFileSync(v2 ?? '', '20000 100000');
  await scene.burn(victim, 2);
  await untilJudging(scene);
  await staysSilent(scene);
  assert.match(anomaliesOf(scene), /^psi_detector_tasks\{.*resource="cpu",verdict="self".*\} 1/m);
});
