import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { psiContentionDetector } from '../../../../../controller/detectors/psi/component.ts';
import { PsiContentionDetector } from '../../../../../controller/detectors/psi/detector.ts';
import { nextSeen, nothingSeen, type Seen } from '../../../../../controller/detectors/psi/hysteresis.ts';
import { createComponent, fakePlatform, fakeTasks } from '../../../../../controller/plugin-kit.ts';

const base = 1_600_000_000;

/** What a detector is shown `seconds` after the start: a victim, a noisy neighbour from `since` on. */
function shown(seconds: number, { since = 0, steal = true }: { since?: number; steal?: boolean } = {}) {
  const noisy = Math.max(0, seconds - since);
  const level = (value: number) => [{ labels: { resource: 'cpu', kind: 'some' }, value }];
  const own = { task_cpu_throttled_seconds: 0 };
  const platform = fakePlatform({
    timestamp: base + seconds,
    nodeCpus: new Map([[0, [0, 1]]]),
    measurements: {
      platform_cpu_usage: { cpu: { 0: 100 * (seconds + 1000), 1: 100 * (noisy + 1000) } },
      platform_cpu_steal: steal ? 5 : undefined,
    },
  });
  const tasks = fakeTasks(
    {
      id: 'victim',
      measurements: { ...own, task_cpu_usage_seconds: 0.4 * seconds, task_psi_stalled_seconds: level(0.5 * noisy) },
    },
    {
      id: 'noisy',
      measurements: { ...own, task_cpu_usage_seconds: 1.5 * noisy, task_psi_stalled_seconds: level(0.9 * noisy) },
    },
  );
  return [platform, tasks] as const;
}

function make(missing: string[][] = []): PsiContentionDetector {
  return new PsiContentionDetector({
    thresholds: {
      cpuPressure: 0.1,
      memoryPressure: 0.05,
      ioPressure: 0.05,
      steal: 0.05,
      hostBusy: 0.7,
      memoryUsed: 0.8,
      contenderShare: 0.1,
    },
    hysteresis: { intervals: 5, needed: 3, raiseSeconds: 3, clearSeconds: 10 },
    resources: ['cpu'],
    maxContending: 5,
    onMissing: (names) => missing.push([...names]),
  });
}

test('a neighbour is told when it has lasted, with evidence, and the noisy one is no victim', () => {
  const detector = make();
  const counts: number[] = [];
  for (let second = 0; second <= 8; second += 1)
    counts.push(detector.detect(...shown(second, { since: 2 })).anomalies.length);
  assert.deepEqual(counts, [0, 0, 0, 0, 0, 0, 1, 1, 1]);
  const [anomaly] = detector.detect(...shown(9, { since: 2 })).anomalies;
  assert.equal(anomaly?.contendedTaskId, 'victim');
  assert.deepEqual(anomaly?.contendingTaskIds, ['noisy']);
  assert.equal(anomaly?.resource, 'cpus');
  const values = Object.fromEntries(
    anomaly?.metrics.map(({ name, labels, value }) => [
      `${name} ${labels['used_by'] ?? ''}`.trim(),
      Number(Number(value).toFixed(6)),
    ]) ?? [],
  );
  assert.deepEqual(values, {
    anomaly_pressure_ratio: 0.5,
    anomaly_net_pressure_ratio: 0.5,
    anomaly_throttled_ratio: 0,
    anomaly_steal_ratio: 0,
    anomaly_host_busy_ratio: 1,
    'anomaly_use victim': 0.4,
    'anomaly_use noisy': 1.5,
  });
});

test('the length of the interval does not matter to the verdicts', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 60, noNaN: true }), (interval) => {
      const detector = make();
      detector.detect(...shown(0));
      const { metrics = [] } = detector.detect(...shown(interval));
      assert.deepEqual(
        metrics.map(({ labels }) => labels['verdict']),
        ['neighbour', 'peers'],
      );
    }),
  );
});

test('a missing input is told once, at its beginning and its end, and costs the verdict', () => {
  const missing: string[][] = [];
  const detector = make(missing);
  for (let second = 0; second < 10; second += 1) {
    assert.deepEqual(detector.detect(...shown(second, { steal: false })).anomalies, []);
  }
  assert.deepEqual(missing, [['platform_cpu_steal']]);
  detector.detect(...shown(10));
  detector.detect(...shown(11));
  assert.deepEqual(missing, [['platform_cpu_steal'], []]);
});

test('a clock set back and a neighbour that has gone end what was told', () => {
  const detector = make();
  for (let second = 0; second <= 6; second += 1) detector.detect(...shown(second));
  assert.equal(detector.detect(...shown(7)).anomalies.length, 1);
  const [platform, tasks] = shown(8);
  assert.deepEqual(detector.detect(platform, new Map([...tasks].slice(0, 1))).anomalies, []);
  for (let second = 9; second <= 16; second += 1) detector.detect(...shown(second));
  assert.equal(detector.detect(...shown(17)).anomalies.length, 1);
  assert.deepEqual(detector.detect(...shown(3)).anomalies, []);
});

test('told until it has been absent for long enough, whatever came before', () => {
  const options = { intervals: 5, needed: 3, raiseSeconds: 3, clearSeconds: 10 };
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (history) => {
      let seen: Seen = nothingSeen;
      history.forEach((hit, second) => {
        const before = seen;
        seen = nextSeen(before, hit, second, options);
        const recent = history.slice(Math.max(0, second - 4), second + 1).filter(Boolean).length;
        if (seen.isRaised && !before.isRaised) assert.ok(hit && recent >= 3, 'raised by N of M');
        if (before.isRaised && !seen.isRaised)
          assert.ok(!history.slice(second - 9, second + 1).some(Boolean), 'cleared');
        assert.ok(seen.recent.length <= 5);
      });
    }),
  );
});

test('parameters have ranges', () => {
  assert.ok(createComponent(psiContentionDetector));
  assert.throws(() => createComponent(psiContentionDetector, '{needed: 6}'), { code: 'INVALID_CONFIG' });
  assert.throws(() => createComponent(psiContentionDetector, '{cpu_pressure: 0}'), { code: 'INVALID_CONFIG' });
});
