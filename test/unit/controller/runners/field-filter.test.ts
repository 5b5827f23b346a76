import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PythonPrefixMatch } from '../../../../controller/python/prefix-match.ts';
import { defaultZoneinfoPattern, type FieldChoice, FieldFilter } from '../../../../controller/runners/field-filter.ts';
import { f64, schemaOf, u64 } from '../../../kit/snapshots.ts';

const all: FieldChoice = { sched: true, vmstat: true, zoneinfo: true };
const pattern = (text: string): PythonPrefixMatch => new PythonPrefixMatch(text);

/** Keys of the platform columns that stay. */
function kept(choice: Partial<FieldChoice>, metric: string, keys: readonly string[]): readonly (string | undefined)[] {
  const schema = schemaOf(
    keys.map((key) => u64(metric, { numa_node: '0', zone: 'Normal', key })),
    [],
  );
  const { platform } = new FieldFilter({ ...all, ...choice }).select(schema);
  return platform.flatMap((labels) => (labels === undefined ? [] : [labels['key']]));
}

const keys = ['free', 'nr_free_pages', 'nr_zone_active_anon', 'min', 'nr_hugepages_2', 'count'];

test('the default expression of zoneinfo leaves out keys with digits', () => {
  assert.deepEqual(kept({}, 'platform_zoneinfo', keys), [
    'free',
    'nr_free_pages',
    'nr_zone_active_anon',
    'min',
    'count',
  ]);
  assert.deepEqual(
    kept({ zoneinfo: pattern(defaultZoneinfoPattern) }, 'platform_zoneinfo', keys),
    kept({}, 'platform_zoneinfo', keys),
  );
});

const zoneinfo: readonly (readonly [expression: string, kept: readonly string[]])[] = [
  [String.raw`\s+(nr_\w+)\s+(\d+)`, ['nr_free_pages', 'nr_zone_active_anon', 'nr_hugepages_2']],
  [String.raw`\s+nr_(\w+)\s+(\d+)`, ['free_pages', 'zone_active_anon', 'hugepages_2']],
  [String.raw`      (min|free) +(\d+)`, ['free', 'min']],
  [String.raw`(free)\s+(\d+)`, []],
  [String.raw`\s+(\w+)(x?)`, []],
  [String.raw`\s+(\w+?)\s+([1-9]\d*)`, []],
];
for (const [expression, expected] of zoneinfo) {
  test(`zoneinfo: ${expression} keeps ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(kept({ zoneinfo: pattern(expression) }, 'platform_zoneinfo', keys), expected);
  });
}

for (const metric of ['platform_vmstat', 'platform_node_vmstat']) {
  test(`${metric} keeps the keys that the expression matches at their beginning`, () => {
    assert.deepEqual(kept({ vmstat: pattern('nr_|count$') }, metric, keys), [
      'nr_free_pages',
      'nr_zone_active_anon',
      'nr_hugepages_2',
      'count',
    ]);
    assert.deepEqual(kept({ vmstat: pattern('pages') }, metric, keys), []);
    assert.deepEqual(kept({}, metric, keys), keys);
  });
}

test('sched chooses fields, not faults by node, and nothing else is touched', () => {
  const schema = schemaOf(
    [u64('platform_dimm_count', { dimm_type: 'ram' })],
    [
      f64('task_sched_stat', { key: 'nr_switches' }),
      f64('task_sched_stat', { key: 'se.vruntime' }),
      u64('task_sched_stat_numa_faults', { numa_node: '0', fault_type: 'task_private' }),
      u64('task_cycles'),
    ],
  );
  const { platform, target } = new FieldFilter({ ...all, sched: pattern('nr_') }).select(schema);
  assert.deepEqual(platform, [{ dimm_type: 'ram' }]);
  assert.deepEqual(target, [{ key: 'nr_switches' }, undefined, { numa_node: '0', fault_type: 'task_private' }, {}]);
});

test('a key that the expression goes back and forth in is left out and told', () => {
  const schema = schemaOf(
    [u64('platform_vmstat', { key: 'a'.repeat(60) }), u64('platform_vmstat', { key: 'aab' })],
    [],
  );
  const { platform, refused } = new FieldFilter({ ...all, vmstat: pattern('(a+)+b') }).select(schema);
  assert.deepEqual(platform, [undefined, { key: 'aab' }]);
  assert.equal(refused.length, 1);
  assert.match(refused[0]?.reason ?? '', /too many steps/);
});

test('every column gets labels or none, whatever the key', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (names) => {
      const schema = schemaOf(
        names.map((key) => u64('platform_zoneinfo', { key })),
        [],
      );
      assert.equal(new FieldFilter(all).select(schema).platform.length, names.length);
    }),
  );
});
