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
    const [name = '', granularity = '', type = '', unit = ''] = splitCsv(line);
    return { name, granularity, type, unit };
  });

/** Where ours differs from the original on purpose. */
const correctedUnits: ReadonlySet<string> = new Set([
  'task_cache_hit_ratio',
  'task_sched_stat',
  'task_sched_stat_numa_faults',
  'platform_dram_hit_ratio',
  'platform_mem_mode_size_bytes',
  ...['reads', 'writes', 'total'].flatMap((what) => [
    `platform_dram_${what}_bytes_per_second`,
    `platform_pmm_${what}_bytes_per_second`,
  ]),
  'platform_upi_bandwidth_bytes_per_second',
]);
/** Counters called gauges, a rate called a counter, and sums over threads, which fall when a thread ends. */
const correctedTypes: ReadonlySet<string> = new Set([
  'platform_rpq_occupancy',
  'platform_rpq_inserts',
  'platform_upi_bandwidth_bytes_per_second',
  'task_sched_stat',
  'task_sched_stat_numa_faults',
]);

test('every metric of the original that is measured has its name, type, unit and granularity', () => {
  const byName = new Map(spec.map((row) => [row.name, row]));
  for (const [name, facts] of catalog) {
    if (facts.since === 'wca') {
      assert.equal(byName.has(name), false, `${name} is the original's`);
      continue;
    }
    const row = byName.get(name);
    assert.ok(row, `${name} is not in the specification`);
    if (!correctedTypes.has(name)) assert.equal(facts.type, row.type, name);
    assert.equal(facts.granularity, row.granularity, name);
    if (!correctedUnits.has(name)) assert.equal(facts.unit, row.unit, name);
  }
});

test('all measurements of the original are there', () => {
  const later = /^anomaly|^numa__|^wca_scheduler|__r|^<user metric name>/;
  const missing = spec.filter(({ name }) => !later.test(name) && !catalog.has(name)).map(({ name }) => name);
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
