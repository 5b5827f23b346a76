import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf, groupMetrics, mergeFamilies } from '../../../../controller/model/group-metrics.ts';
import type { Metric } from '../../../../controller/model/metric.ts';
import { metricsOf, sampleCount } from '../../../../controller/model/metric-batch.ts';
import { metricProblem } from '../../../../controller/model/metric-rules.ts';

const metric = (name: string, value: number | bigint, labels: Record<string, string> = {}): Metric => ({
  name,
  value,
  labels,
});

test('metrics are grouped by name, series sorted, common labels added', () => {
  const { families, refused } = groupMetrics(
    [metric('b', 1, { cpu: '10' }), metric('a', 2), metric('b', 3, { cpu: '9' })],
    { host: 'n1' },
  );
  assert.deepEqual(refused, []);
  assert.deepEqual(
    families.map(({ name, labels }) => [name, labels.map(({ text }) => text)]),
    [
      ['a', ['host="n1"']],
      ['b', ['cpu="9",host="n1"', 'cpu="10",host="n1"']],
    ],
  );
  assert.equal(families[1]?.values.number(0), 3);
});

test('a label of the metric wins over a common one', () => {
  const { families } = groupMetrics([metric('a', 1, { host: 'other' })], { host: 'n1' });
  assert.equal(families[0]?.labels[0]?.text, 'host="other"');
});

test('type and help come from the catalogue, for other names from the first metric', () => {
  const { families } = groupMetrics([
    { ...metric('wca_up', 1), type: 'gauge', help: 'mine' },
    { ...metric('mine', 1), type: 'gauge', help: 'mine' },
  ]);
  assert.deepEqual(
    families.map(({ name, type, help }) => [name, type, help === 'mine']),
    [
      ['mine', 'gauge', true],
      ['wca_up', 'counter', false],
    ],
  );
});

/** What a plugin in JavaScript may hand over, whatever the types say. */
const untyped = (fields: Record<string, unknown>): Metric =>
  JSON.parse(JSON.stringify({ ...metric('a', 1), ...fields }));

const refusals: readonly { readonly rule: string; readonly bad: Metric }[] = [
  { rule: 'a name with a dash', bad: metric('a-b', 1) },
  { rule: 'a name that begins with a digit', bad: metric('1a', 1) },
  { rule: 'a name that ends in a line feed', bad: metric('a\n', 1) },
  { rule: 'a name without letters', bad: metric('', 1) },
  { rule: 'a label value that is a number', bad: untyped({ labels: { a: 1 } }) },
  { rule: 'a label name with a dot', bad: metric('a', 1, { 'a.b': 'x' }) },
  { rule: 'a reserved label name', bad: metric('a', 1, { __name__: 'x' }) },
  { rule: 'an unknown type', bad: untyped({ type: 'histogram' }) },
  { rule: 'a boolean', bad: untyped({ value: true }) },
  { rule: 'a text as value', bad: untyped({ value: '1' }) },
  { rule: 'no value', bad: untyped({ value: null }) },
];
for (const { rule, bad } of refusals) {
  test(`only the offending metric is refused: ${rule}`, () => {
    assert.notEqual(metricProblem(bad), undefined);
    const batch = batchOf([metric('good', 1), bad, metric('good', 2, { a: 'b' })], 5);
    assert.equal(batch.refused?.length, 1);
    assert.equal(sampleCount(batch), 2);
  });
}

test('a colon and underscores in a name, and any label value, are allowed', () => {
  assert.equal(metricProblem(metric('_job:a:sum', 1, { _a: '\u0000\n"\\ž' })), undefined);
});

test('of a series that comes twice the first is kept', () => {
  const batch = batchOf([metric('a', 1, { x: '1' }), metric('a', 2, { x: '1' })], 5);
  assert.deepEqual(
    [...metricsOf(batch)].map(({ value }) => value),
    [1],
  );
  assert.deepEqual(batch.refused, [{ name: 'a', reason: 'the series exists already' }]);
});

test('a metric that contradicts the type or help of the first of its name is refused', () => {
  const first: Metric = { ...metric('a', 1, { x: '1' }), type: 'gauge', help: 'one' };
  const second: Metric = { ...metric('a', 1, { x: '2' }), type: 'counter', help: 'one' };
  const third: Metric = { ...metric('a', 1, { x: '3' }), type: 'gauge', help: 'two' };
  const { refused } = groupMetrics([first, second, third]);
  assert.deepEqual(
    refused.map(({ reason }) => reason),
    ['type counter contradicts gauge of the same name', 'another help text than the first of the same name'],
  );
});

test('two families of one name become one, sorted, and the first wins', () => {
  const [first] = groupMetrics([metric('a', 1, { cpu: '2' }), metric('a', 2, { cpu: '11' })]).families;
  const [second] = groupMetrics([metric('a', 3, { cpu: '10' }), metric('a', 4, { cpu: '2' })]).families;
  assert.ok(first !== undefined && second !== undefined);
  const { families, refused } = mergeFamilies(first, second);
  const batch = { timestampMs: 1, families };
  assert.deepEqual(
    [...metricsOf(batch)].map(({ labels, value }) => [labels['cpu'], value]),
    [
      ['2', 1],
      ['10', 3],
      ['11', 2],
    ],
  );
  assert.equal(refused.length, 1);
});
