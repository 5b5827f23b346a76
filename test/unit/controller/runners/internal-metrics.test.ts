import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkAbort } from '../../../../controller/model/linked-abort.ts';
import { metricProblem } from '../../../../controller/model/metric-rules.ts';
import { Durations } from '../../../../controller/runners/durations.ts';
import { internalMetrics } from '../../../../controller/runners/internal-metrics.ts';
import { catalog } from '../../../../shared/metrics/catalog.ts';

test("durations agree with the original's test vectors", () => {
  const durations = new Durations();
  for (let i = 0; i < 5; i += 1) durations.record('sleep', 2);
  durations.record('iteration', 1);
  durations.record('iteration', 3);
  assert.deepEqual(durations.list(), [
    { name: 'iteration', last: 3, average: 2 },
    { name: 'sleep', last: 2, average: 2 },
  ]);
});

const durations = new Durations();
durations.record('iteration', 1.5);
const facts = {
  upUnixSeconds: 1_600_000_000.5,
  tasks: 3,
  self: { rssBytes: 100, cpuSeconds: 2 },
  information: { sockets: '1', cores: '2', cpus: '4', cpu_model: 'x', cpu_model_number: '85', wca_version: '1.0.0' },
  durations,
  logCounts: [{ module: 'wca.main', warnings: 1, errors: 2 }],
  troubles: [{ code: 'STORAGE_FAILED', source: 'storage', count: 7 }],
  snapshotsLost: 5,
  discoveryAgeSeconds: 0.5,
  storages: [
    {
      name: 'metrics_storage',
      describe: 'x',
      status: { stored: 1, waiting: 0, dropped: 9, failed: 0, error: undefined },
    },
  ],
  seriesDropped: new Map([['metrics_storage', 11]]),
};

test('every internal metric of the controller is in the catalogue, with the levels that stand there', () => {
  const metrics = internalMetrics(facts);
  for (const metric of metrics) {
    assert.equal(metricProblem(metric), undefined);
    const known = catalog.get(metric.name);
    assert.equal(known?.granularity, 'internal', metric.name);
    assert.deepEqual(Object.keys(metric.labels).sort(), [...(known?.levels ?? [])].sort(), metric.name);
  }
  const ofRunners = ['AllocationRunner', 'DetectionRunner'];
  const ofCollector = /^wca_(collector|rdt|wss|sched)_/;
  const own = [...catalog].filter(
    ([name, { granularity, source }]) =>
      granularity === 'internal' && !ofRunners.includes(source) && !ofCollector.test(name),
  );
  assert.deepEqual([...new Set(metrics.map(({ name }) => name))].sort(), own.map(([name]) => name).sort());
});

test('what is not known yet is no metric', () => {
  const names = internalMetrics({ ...facts, upUnixSeconds: undefined, information: undefined }).map(({ name }) => name);
  assert.ok(!names.includes('wca_up') && !names.includes('wca_information'));
});

test('a linked abort follows the other signal until it is unlinked', () => {
  const outer = new AbortController();
  const followed = linkAbort(outer.signal);
  const unlinked = linkAbort(outer.signal);
  unlinked.unlink();
  outer.abort();
  assert.deepEqual([followed.signal.aborted, unlinked.signal.aborted], [true, false]);
  assert.equal(linkAbort(outer.signal).signal.aborted, true);
});
