import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { Metric } from '../../../../controller/model/metric.ts';
import { metricsOf } from '../../../../controller/model/metric-batch.ts';
import {
  ExpositionFormatter,
  type ExpositionOptions,
  formatValue,
} from '../../../../controller/storages/exposition.ts';
import { readExposition } from '../../../kit/exposition-reader.ts';
import { fixture } from '../../../kit/package-root.ts';

const demo: readonly Metric[] = [
  { name: 'demo_d', value: 4, labels: {}, help: 'other' },
  { name: 'demo_b', value: 3, labels: { host: 'n2' }, type: 'gauge' },
  { name: 'demo_b', value: 2.5, labels: { host: 'n1' }, type: 'gauge' },
  { name: 'demo_c', value: 3, labels: {} },
  { name: 'demo_a', value: 1, labels: { host: 'n1' }, type: 'counter', help: 'first' },
];

function format(
  metrics: readonly Metric[],
  options: Partial<ExpositionOptions> = {},
  timestampMs = 1_600_000_000_000,
): string {
  return new ExpositionFormatter({ format: 'text', timestamps: false, ...options })
    .format(batchOf(metrics, timestampMs))
    .toString('utf8');
}

test('the example of the specification is reproduced byte for byte', () => {
  assert.equal(
    format(demo, { timestamps: true }),
    `# HELP demo_a first
# TYPE demo_a counter
demo_a{host="n1"} 1 1600000000000
# TYPE demo_b gauge
demo_b{host="n1"} 2.5 1600000000000
demo_b{host="n2"} 3 1600000000000
demo_c 3 1600000000000

# HELP demo_d other
demo_d 4 1600000000000
`,
  );
});

/** The metrics of a text the original wrote, with the help texts it had. */
function readOriginal(text: string): readonly Metric[] {
  const help = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name = '', line = '']) => [name, line]));
  const type = new Map(
    [...text.matchAll(/^# TYPE (\S+) (gauge|counter)$/gm)].map(([, name = '', word]) => [name, word]),
  );
  return readExposition(text).map(({ name, labels, value }) => ({
    name,
    labels,
    value: /^\d{16,}$/.test(value) ? BigInt(value) : Number(value),
    help: help.get(name),
    type: type.get(name) === 'gauge' ? 'gauge' : 'counter',
  }));
}

for (const name of ['sample-measurement.prom', 'sample-measurement-perf.prom']) {
  test(`what the original wrote is written the same way again: ${name}`, () => {
    const original = readFileSync(fixture('exposition', name), 'utf8');
    // Help texts are the catalogue's. Python writes doubles as 1.0 and 2.5e-05 where JavaScript writes 1 and 0.000025.
    const comparable = (text: string): string =>
      text
        .replace(/^# HELP (\S+) .*$/gm, '# HELP $1')
        .replace(/(?<=^[^#\n]* )[0-9]+[.e][-+.e0-9]*$/gm, (value) => `${Number(value)}`);
    const known = comparable(original).split('\n');
    const ours = comparable(format(readOriginal(original))).split('\n');
    const withoutComments = (lines: readonly string[]): readonly string[] =>
      lines.filter((line) => line !== '' && !line.startsWith('#'));
    assert.deepEqual(withoutComments(ours), withoutComments(known));
    // The original gives some metrics no help; the catalogue has one for each.
    assert.deepEqual(
      known.filter((line) => line.startsWith('#') && !ours.includes(line)),
      [],
    );
  });
}

test('an empty batch is an empty text; in OpenMetrics the end alone', () => {
  assert.equal(format([]), '');
  assert.equal(format([], { format: 'openmetrics' }), '# EOF\n');
});

test('a family without values in this batch leaves no trace, whatever stands before it', () => {
  const batch = batchOf(demo, 1);
  const none = { length: 1, has: () => false, number: () => 0, exact: () => 0 };
  const [first, ...others] = batch.families;
  assert.ok(first !== undefined);
  const text = new ExpositionFormatter({ format: 'text', timestamps: false })
    .format({ ...batch, families: [{ ...first, values: none }, ...others] })
    .toString();
  assert.match(text, /^# TYPE demo_b gauge\n/);
  assert.doesNotMatch(text, /demo_a/);
});

test('without labels there are no braces, also when all are filtered out', () => {
  assert.equal(format([{ name: 'a', value: 1, labels: { x: '1' } }], { labels: new Set() }), 'a 1\n');
});

test('of series that the label filter makes equal the first is shown', () => {
  const metrics = ['1', '2'].map((cpu) => ({ name: 'a', value: Number(cpu), labels: { cpu, host: 'n' } }));
  assert.equal(format(metrics, { labels: new Set(['host']) }), 'a{host="n"} 1\n');
});

test('escaping of help and label values', () => {
  assert.equal(
    format([{ name: 'a', value: 1, labels: { x: 'a\\b\n"ž' }, help: 'one\\two\n"three" ž' }]),
    '# HELP a one\\\\two\\n"three" ž\na{x="a\\\\b\\n\\"ž"} 1\n',
  );
});

const numbers: readonly (readonly [number | bigint, string])[] = [
  [0, '0'],
  [-0, '-0'],
  [1, '1'],
  [8.223, '8.223'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e-7, '1e-7'],
  [1e16, '10000000000000000'],
  [1e21, '1e+21'],
  [5e-324, '5e-324'],
  [-1.2345678901234568e-300, '-1.2345678901234568e-300'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
  [9_223_372_036_854_771_712n, '9223372036854771712'],
  [2n ** 64n - 1n, '18446744073709551615'],
  [10n ** 60n, `1${'0'.repeat(60)}`],
];
for (const [value, text] of numbers) {
  test(`the value ${text} is written so`, () => {
    assert.equal(formatValue(value), text);
    assert.equal(format([{ name: 'a', value, labels: {} }]), `a ${text}\n`);
  });
}

test('any finite double reads back the same', () => {
  fc.assert(
    fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
      assert.ok(Object.is(Number(formatValue(value)), value));
    }),
  );
});

const anyMetrics = fc.array(
  fc.record({
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,8}$/),
    value: fc.oneof(fc.double(), fc.bigInt()),
    labels: fc.dictionary(
      fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_]{0,5}$/),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    help: fc.option(fc.string({ unit: 'binary', maxLength: 12 }), { nil: undefined }),
  }),
  { maxLength: 20 },
);

test('any metrics read back the same by an independent reader', () => {
  fc.assert(
    fc.property(anyMetrics, (metrics) => {
      const batch = batchOf(metrics, 12_345);
      const formatter = new ExpositionFormatter({ format: 'text', timestamps: true });
      const samples = readExposition(formatter.format(batch).toString('utf8'));
      assert.deepEqual(
        samples,
        [...metricsOf(batch)].map(({ name, labels, value }) => ({
          name,
          labels: { ...labels },
          value: formatValue(value),
          timestamp: '12345',
        })),
      );
      assert.deepEqual(
        formatter.format(batch),
        new ExpositionFormatter({ format: 'text', timestamps: true }).format(batch),
      );
    }),
  );
});

test('OpenMetrics: counters without _total are unknown, units where the name has them, quotes in help escaped', () => {
  const metrics: readonly Metric[] = [
    { name: 'a_seconds', value: 1.5, labels: {}, type: 'counter', unit: 'seconds', help: 'say "a"' },
    { name: 'b_total', value: 1, labels: { x: '1' }, type: 'counter', unit: 'bytes' },
    { name: 'c', value: 1, labels: {}, type: 'gauge', unit: 'bytes' },
    { name: 'd', value: 1, labels: {}, type: 'gauge' },
    { name: 'd_total', value: 1, labels: {}, type: 'counter' },
    { name: 'e_bytes', value: 1, labels: {}, type: 'gauge', unit: 'bytes' },
  ];
  assert.equal(
    format(metrics, { format: 'openmetrics', timestamps: true }),
    `# TYPE a_seconds unknown
# UNIT a_seconds seconds
# HELP a_seconds say \\"a\\"
a_seconds 1.5
# TYPE b counter
b_total{x="1"} 1
# TYPE c gauge
c 1
# TYPE d gauge
d 1
# TYPE d_total unknown
d_total 1
# TYPE e_bytes gauge
# UNIT e_bytes bytes
e_bytes 1
# EOF
`,
  );
});
