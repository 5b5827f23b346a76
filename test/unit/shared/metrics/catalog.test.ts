import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalog, factsOf } from '../../../../shared/metrics/catalog.ts';
import { fixture } from '../../../kit/package-root.ts';

interface SpecRow {
  readonly name: string;
  readonly granularity: string;
  readonly type: string;
  readonly unit: string;
  readonly inSeed: string;
}

/** Splits one line of CSV; fields may be quoted, quotes inside are doubled. */
function splitCsv(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field = '']) => field.replace(/^"|"$/g, ''));
}

const spec: readonly SpecRow[] = readFileSync(fixture('spec', 'metrics.csv'), 'utf8')
  .split('\n')
  .slice(1)
  .filter((line) => line !== '')
  .map((line) => {
    const [name = '', granularity = '', type = '', unit = '', , , , inSeed = ''] = splitCsv(line);
    return { name, granularity, type, unit, inSeed };
  });

/** Where ours differs from the original on purpose. */
const corrected: Readonly<Record<string, string>> = {
  task_cache_hit_ratio: 'unit',
};

test('every metric of the original that is measured has its name, type, unit and granularity', () => {
  const byName = new Map(spec.map((row) => [row.name, row]));
  for (const [name, facts] of catalog) {
    if (facts.since === 'wca') {
      assert.equal(byName.has(name), false, `${name} is the original's`);
      continue;
    }
    const row = byName.get(name);
    assert.ok(row, `${name} is not in the specification`);
    assert.equal(facts.type, row.type, name);
    assert.equal(facts.granularity, row.granularity, name);
    if (corrected[name] !== 'unit') assert.equal(facts.unit, row.unit, name);
  }
});

test('the cgroup, perf and platform metrics of the seed are all there', () => {
  const later = /llc_|mem_bandwidth|wss|dimm|mem_mode|pmm|cas_count|upi|dram|^allocation|^anomaly|^numa__|__r/;
  const missing = spec
    .filter(({ name, inSeed }) => inSeed.startsWith('yes') && !later.test(name) && !catalog.has(name))
    .map(({ name }) => name);
  assert.deepEqual(missing, []);
});

test('names and labels are valid in the Prometheus format', () => {
  for (const [name, facts] of catalog) {
    assert.match(name, /^[a-zA-Z_:][a-zA-Z0-9_:]*$/);
    for (const level of facts.levels) assert.match(level, /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/);
    assert.match(facts.help, /^[A-Z].*\.$/, `help of ${name} is a sentence`);
  }
});

test('factsOf knows raw events by their marker and nothing else that is unlisted', () => {
  assert.equal(factsOf('mine__r0302')?.type, 'counter');
  assert.equal(factsOf('mine'), undefined);
});
