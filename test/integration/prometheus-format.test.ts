import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf } from '../../controller/model/group-metrics.ts';
import type { Metric } from '../../controller/model/metric.ts';
import { ExpositionFormatter } from '../../controller/storages/exposition.ts';
import { catalog } from '../../shared/metrics/catalog.ts';
import { fixture } from '../kit/package-root.ts';
import { skipWithout } from '../kit/tools.ts';

/** What we write, judged by Prometheus's own checker. */
const options = { skip: skipWithout('promtool') };

/**
 * Complaints about names, units and help texts, which are the original's and stay (spec measurements); `<n>` is the
 * name. Anything else is our fault.
 */
const allowedComplaints: readonly RegExp[] = [
  /^counter metrics should have "_total" suffix$/,
  /^non-counter metrics should not have "_total" suffix$/,
  /^no help text$/,
  /^use base unit "\w+" instead of "\w+"$/,
  /^metric name should not contain abbreviated units$/,
  /^metric names should not contain abbreviated units$/,
  /^metric names should not contain ':'$/,
  /^metric names should be written in 'snake_case' not 'camelCase'$/,
  /^label names should be written in 'snake_case' not 'camelCase'$/,
  /^metric name should not include type '(counter|gauge)'$/,
  /^non-histogram and non-summary metrics should not have "_(bucket|count|sum)" suffix$/,
  /^non-histogram metrics should not have "_bucket" suffix$/,
  /^non-histogram metrics should not have "le" label$/,
  /^non-summary metrics should not have "quantile" label$/,
];

/** Complaints of `promtool check metrics` beyond the allowed ones; a text it cannot parse is one too. */
function complaints(text: Buffer | string): readonly string[] {
  const { stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '')
    .filter((line) => !allowedComplaints.some((allowed) => allowed.test(line.replace(/^\S+ /, ''))));
}

const format = (metrics: readonly Metric[], timestamps: boolean): Buffer =>
  new ExpositionFormatter({ format: 'text', timestamps }).format(batchOf(metrics, 1_600_000_000_000));

test('promtool finds a mistake: the checker of this test works', options, () => {
  assert.notDeepEqual(complaints('a{b=c} 1\n'), []);
  assert.notDeepEqual(complaints('# TYPE a gauge\n# TYPE a counter\na 1\n'), []);
  assert.notDeepEqual(complaints('# TYPE a gauge\na x\n'), []);
});

test('promtool accepts every metric of the catalogue, with and without timestamps', options, () => {
  const metrics = [...catalog].map(([name, { levels }], i) => ({
    name,
    value: i % 2 === 0 ? i : BigInt(i) << 60n,
    labels: Object.fromEntries(levels.map((level) => [level, '0'])),
  }));
  assert.deepEqual(complaints(format(metrics, false)), []);
  assert.deepEqual(complaints(format(metrics, true)), []);
});

test('promtool complains about the original no less than about us', options, () => {
  assert.deepEqual(complaints(readFileSync(fixture('exposition', 'sample-measurement.prom'))), []);
});

test('promtool accepts whatever metrics there are', options, () => {
  const metric = fc.record({
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/),
    value: fc.oneof(fc.double(), fc.bigInt()),
    labels: fc.dictionary(
      fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,5}$/),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    type: fc.option(fc.constantFrom('gauge' as const, 'counter' as const), { nil: undefined }),
    help: fc.option(fc.string({ unit: 'binary', maxLength: 12 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(metric, { maxLength: 40 }), fc.boolean(), (metrics, timestamps) => {
      assert.deepEqual(complaints(format(metrics, timestamps)), []);
    }),
    { numRuns: 25 },
  );
});
