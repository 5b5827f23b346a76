import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { batchOf } from '../../../../../controller/model/group-metrics.ts';
import type { Metric } from '../../../../../controller/model/metric.ts';
import { ExpositionFormatter } from '../../../../../controller/storages/exposition.ts';
import { splitExposition } from '../../../../../controller/storages/kafka/split-exposition.ts';

const partsOf = (text: string, limit: number): readonly string[] =>
  splitExposition(Buffer.from(text), limit).parts.map(String);

const a = '# HELP a first\n# TYPE a counter\na{x="1"} 1\na{x="2"} 2\n';
const b = '# TYPE b gauge\nb 1\n';
const c = 'c 1\nc{x="1"} 2\n';
const d = '\n# HELP d last\nd 4\n';

const cases: readonly {
  readonly name: string;
  readonly text: string;
  readonly limit: number;
  readonly parts: readonly string[];
}[] = [
  { name: 'an empty text has no parts', text: '', limit: 10, parts: [] },
  { name: 'a text within the limit is one part', text: a + b, limit: (a + b).length, parts: [a + b] },
  { name: 'a text is cut between metrics', text: a + b + c + d, limit: (a + b).length, parts: [a + b, c + d] },
  {
    name: 'metrics without HELP and TYPE are told apart by their names',
    text: `${c}cc 1\nd 1\n`,
    limit: 17,
    parts: [c, 'cc 1\nd 1\n'],
  },
  {
    name: 'a metric that is too large is cut between lines, HELP and TYPE stay with its first',
    text: b + a,
    limit: 44,
    parts: [b, '# HELP a first\n# TYPE a counter\na{x="1"} 1\n', 'a{x="2"} 2\n'],
  },
  { name: 'a text without a line feed at its end is whole', text: 'a 1\nb 2', limit: 4, parts: ['a 1\n', 'b 2'] },
];

for (const { name, text, limit, parts } of cases) {
  test(name, () => assert.deepEqual(partsOf(text, limit), parts));
}

test('a line longer than the limit is left out and counted; the others stay', () => {
  const split = splitExposition(Buffer.from('a 1\nlonger 123\nb 2\nlonger 1234\n'), 8);
  assert.deepEqual([split.parts.map(String), split.linesLeftOut], [['a 1\n', 'b 2\n'], 2]);
});

const metric: fc.Arbitrary<Metric> = fc.record({
  name: fc.constantFrom('a', 'ab', 'b', 'task_x', 'task_xy'),
  value: fc.integer(),
  labels: fc.dictionary(fc.constantFrom('x', 'y'), fc.string({ unit: 'grapheme', maxLength: 20 })),
});
const withMeta = fc.array(metric, { maxLength: 40 }).chain((metrics) =>
  fc.record({ help: fc.boolean(), type: fc.boolean() }).map(({ help, type }) =>
    metrics.map((each) => ({
      ...each,
      ...(help ? { help: `Help of ${each.name}\n# TYPE` } : {}),
      ...(type ? { type: 'gauge' as const } : {}),
    })),
  ),
);

test('the parts of a batch are the batch, none is too large, none that fits is torn, HELP and TYPE stay with a sample', () => {
  fc.assert(
    fc.property(withMeta, fc.integer({ min: 1, max: 600 }), (metrics, limit) => {
      const formatter = new ExpositionFormatter({ format: 'text', timestamps: true });
      const batch = batchOf(metrics, 1_600_000_000_000);
      const text = Buffer.from(formatter.format(batch));
      const { parts, linesLeftOut } = splitExposition(text, limit);
      for (const part of parts) assert.ok(part.length > 0 && part.length <= limit);
      const lines = text.toString().split('\n').slice(0, -1);
      const tooLong = lines.filter((line) => Buffer.byteLength(line) + 1 > limit).length;
      assert.equal(linesLeftOut, tooLong);
      if (tooLong > 0) return;
      assert.equal(Buffer.concat(parts).toString(), text.toString());
      const largest = Math.max(
        0,
        ...batch.families.map((family) => formatter.format({ ...batch, families: [family] }).length + 1),
      );
      if (largest > limit) return;
      for (const part of parts.map(String)) assert.ok(!part.trimEnd().split('\n').at(-1)?.startsWith('#'), part);
      const names = parts.map(
        (part) =>
          new Set(
            part
              .toString()
              .split('\n')
              .filter((line) => /^[a-z]/.test(line))
              .map((line) => line.split(/[{ ]/)[0]),
          ),
      );
      for (const [i, own] of names.entries()) {
        for (const name of own) assert.ok(!names.slice(i + 1).some((later) => later.has(name)), `${name} is torn`);
      }
    }),
    { numRuns: 500 },
  );
});

test('any bytes are cut without loss', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 100 }), (bytes, limit) => {
      const { parts, linesLeftOut } = splitExposition(Buffer.from(bytes), limit);
      assert.ok(parts.every(({ length }) => length <= limit));
      if (linesLeftOut === 0) assert.deepEqual(Buffer.concat(parts), Buffer.from(bytes));
    }),
  );
});
