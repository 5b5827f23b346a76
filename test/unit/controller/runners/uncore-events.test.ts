import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultUncoreEvents, parseUncoreEvent, uncoreGroups } from '../../../../controller/runners/uncore-events.ts';
import { catalog, factsOf } from '../../../../shared/metrics/catalog.ts';
import { checkValue } from '../../../kit/configurations.ts';

/** The table of the specification, measurements §4.4, and more. */
const accepted: readonly (readonly [entry: string, event: string])[] = [
  ['platform_cas_count_reads', 'platform_cas_count_reads'],
  ['platform_rpq_occupancy/uncore_imc/event=0x80,umask=0/', 'platform_rpq_occupancy'],
  ['platform_imc_clockticks/whatever', 'platform_imc_clockticks'],
  ['m/uncore_imc/event=0x80,umask=3/', 'm/uncore_imc/event=0x80,umask=3/'],
  ['m/uncore_cha/event=0x80,umask=3,config1=0x1', 'm/uncore_cha/event=0x80,umask=3,config1=0x1/'],
  ['m/uncore_upi/config=0x80', 'm/uncore_upi/config=0x80/'],
  ['m/uncore_imc/event=0,umask=1', 'm/uncore_imc/event=0,umask=1/'],
  ['m/uncore_imc/config=ffffffffffffffff', 'm/uncore_imc/config=ffffffffffffffff/'],
];
for (const [entry, event] of accepted) {
  test(`${entry} is an uncore event`, () => assert.deepEqual(parseUncoreEvent(entry), { event }));
}

const refused: readonly (readonly [entry: string, wrong: RegExp])[] = [
  ['', /no such event/],
  ['m', /no such event/],
  ['platform_cas_count_read', /did you mean "platform_cas_count_reads"/],
  ['platform_scaling_uncore_factor', /no such event/],
  ['/uncore_imc/event=1/', /no metric name/],
  ['m-n/uncore_imc/event=1/', /no metric name/],
  ['task_cycles/uncore_imc/event=1/', /another metric of WCA/],
  ['m/uncore_imc/umask=3/', /event or config is missing/],
  ['m/uncore_imc/event=1,config5=2/', /"config5" is not one of event, umask, config, config1/],
  ['m/uncore_iio/event=1/', /PMU must be one of/],
  ['m/uncore_imc/', /not of the form/],
  ['m/uncore_imc/event=1/x', /not of the form/],
  ['m/uncore_imc/event=1,event=2/', /event stands twice/],
  ['m/uncore_imc/event/', /hexadecimal/],
  ['m/uncore_imc/event=/', /hexadecimal/],
  ['m/uncore_imc/event=xyz/', /hexadecimal/],
  ['m/uncore_imc/event=-1/', /hexadecimal/],
  ['m/uncore_imc/config=0x1ffffffffffffffff/', /at most 64 bits/],
  ['m/uncore_imc/config=1,umask=1/', /config goes without/],
];
for (const [entry, wrong] of refused) {
  test(`${JSON.stringify(entry)} is no uncore event`, () => {
    const parsed = parseUncoreEvent(entry);
    assert.ok('wrong' in parsed, JSON.stringify(parsed));
    assert.match(parsed.wrong, wrong);
  });
}

test('any text is an event or told to be none, and what is accepted is accepted again', () => {
  const piece = fc.constantFrom('m', 'uncore_imc', 'event=', 'umask=', '0x1', '/', ',', 'platform_rpq_inserts', 'é');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((parts) => parts.join('')),
      ),
      (text) => {
        const parsed = parseUncoreEvent(text);
        if ('event' in parsed) assert.deepEqual(parseUncoreEvent(parsed.event), parsed);
        else assert.notEqual(parsed.wrong, '');
      },
    ),
  );
});

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
