import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uncoreGroups } from '../../../../controller/runners/uncore-events.ts';
import { catalog, factsOf } from '../../../../shared/metrics/catalog.ts';
import { defaultUncoreEvents } from '../../../../shared/metrics/uncore-events.ts';
import { checkValue } from '../../../kit/configurations.ts';

/** What the collector is sent; the syntax itself is tested where it is parsed. */
const accepted: readonly (readonly [entry: string, event: string])[] = [
  ['platform_cas_count_reads', 'platform_cas_count_reads'],
  ['platform_rpq_occupancy/uncore_imc/event=0x80,umask=0/', 'platform_rpq_occupancy'],
  ['m/uncore_cha/event=0x80,umask=3,config1=0x1', 'm/uncore_cha/event=0x80,umask=3,config1=0x1/'],
  ['m/uncore_upi/config=0x80/', 'm/uncore_upi/config=0x80/'],
];
for (const [entry, event] of accepted) {
  test(`${entry} is an uncore event`, () => {
    assert.deepEqual(checkValue(uncoreGroups, JSON.stringify([entry])), { value: [[event]] });
  });
}

const refused: readonly (readonly [entry: string, wrong: RegExp])[] = [
  ['""', /^f\[0\]: got the string "", no such event/],
  ['platform_cas_count_read', /did you mean "platform_cas_count_reads"/],
  ['task_cycles/uncore_imc/event=1/', /another metric of WCA/],
  ['m/uncore_imc/umask=3/', /event or config is missing/],
  ['7', /got the int 7/],
  ['null', /got null/],
  ['{a: b}', /got a mapping/],
];
for (const [entry, wrong] of refused) {
  test(`${entry} is no uncore event`, () => {
    const checked = checkValue(uncoreGroups, `[${entry}]`);
    assert.ok('problems' in checked);
    assert.match(checked.problems.join(), wrong);
  });
}

const groups: readonly (readonly [yaml: string, groups: readonly (readonly string[])[]])[] = [
  ['[]', []],
  ['[[]]', []],
  ['[platform_rpq_inserts, platform_rpq_occupancy]', [['platform_rpq_inserts', 'platform_rpq_occupancy']]],
  ['[[platform_rpq_inserts], [platform_rpq_occupancy]]', [['platform_rpq_inserts'], ['platform_rpq_occupancy']]],
  [
    '[[platform_upi_txl_flits], platform_rpq_inserts, platform_rpq_occupancy]',
    [['platform_rpq_inserts', 'platform_rpq_occupancy'], ['platform_upi_txl_flits']],
  ],
];
for (const [yaml, value] of groups) {
  test(`${yaml} gives ${value.length} groups`, () => assert.deepEqual(checkValue(uncoreGroups, yaml), { value }));
}

test('lists in lists in lists are refused in no time, whatever aliases make of them', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `&a${i + 1} [*a${i}, *a${i}]`);
  const yaml = `[&a0 [x], ${levels.join(', ')}]`;
  const checked = checkValue(uncoreGroups, yaml);
  assert.ok('problems' in checked && checked.problems.length < 200);
});

test('the events of the original are in the catalogue and no others than counters of a PMU are events', () => {
  for (const name of defaultUncoreEvents) assert.deepEqual(catalog.get(name)?.levels, ['socket', 'pmu_type']);
});

test("a user's uncore event is a counter, a raw event of a task stays one, anything else is unknown", () => {
  const facts = factsOf('my_reads', { socket: '0', pmu_type: '17' });
  assert.deepEqual([facts?.type, facts?.granularity, facts?.levels], ['counter', 'platform', ['socket', 'pmu_type']]);
  assert.equal(factsOf('platform_dram_hit_ratio', { socket: '0', pmu_type: '17' })?.type, 'gauge');
  assert.equal(factsOf('my__r0302', { cpu: '0' })?.granularity, 'task');
  assert.equal(factsOf('unheard_of', { cpu: '0' }), undefined);
});
