import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUncoreLists } from '../../../../../collector/watch/sources/uncore-plan.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';
import { defaultUncoreEvents, parseUncoreEvent } from '../../../../../shared/metrics/uncore-events.ts';
import { limits } from '../../../../../shared/rpc/limits.ts';

const m = { kind: 'described', name: 'm', config1: 0n } as const;
const entries: readonly (readonly [entry: string, event: ReturnType<typeof parseUncoreEvent>])[] = [
  ['platform_rpq_occupancy/uncore_imc/event=0x80,umask=0/', { kind: 'named', name: 'platform_rpq_occupancy' }],
  [
    'm/uncore_imc/event=0x80,umask=3/',
    { ...m, pmu: 'uncore_imc', description: 'event=0x80,umask=3', encoding: { event: 128n, umask: 3n } },
  ],
  [
    'm/uncore_cha/event=0x80,umask=3,config1=0x1',
    {
      ...m,
      pmu: 'uncore_cha',
      description: 'event=0x80,umask=3,config1=0x1',
      encoding: { event: 128n, umask: 3n },
      config1: 1n,
    },
  ],
  ['m/uncore_upi/config=0x80', { ...m, pmu: 'uncore_upi', description: 'config=0x80', encoding: { config: 128n } }],
  [
    'm/uncore_imc/event=0,umask=1',
    { ...m, pmu: 'uncore_imc', description: 'event=0,umask=1', encoding: { event: 0n, umask: 1n } },
  ],
  ['m/amd_df/event=1f', { ...m, pmu: 'amd_df', description: 'event=1f', encoding: { event: 31n, umask: 0n } }],
];
for (const [entry, event] of entries) {
  test(`${entry} is understood (spec measurements §4.4)`, () => {
    assert.deepEqual(parseUncoreEvent(entry), event);
    assert.deepEqual(parseUncoreLists([[entry]]), [[event]]);
  });
}

const refused: readonly (readonly [entry: string, message: RegExp])[] = [
  ['', /no such event/],
  ['m', /no such event/],
  ['/uncore_imc/event=1/', /no metric name/],
  ['m-n/uncore_imc/event=1/', /no metric name/],
  ['platform_mem_usage_bytes/uncore_imc/event=1/', /another metric of WCA/],
  ['m/uncore_imc', /not of the form/],
  ['m/uncore_imc/', /not of the form/],
  ['m/uncore_imc/event=1/x', /not of the form/],
  ['m/../event=1/', /no name of a PMU/],
  ['m//event=1/', /no name of a PMU/],
  ['m/uncore_imc/umask=3/', /event or config is missing/],
  ['m/uncore_imc/event=1,config5=2/', /"config5" is not one of event, umask, config, config1/],
  ['m/uncore_imc/event=1,event=1/', /event stands twice/],
  ['m/uncore_imc/event=g/', /hexadecimal/],
  ['m/uncore_imc/event/', /hexadecimal/],
  ['m/uncore_imc/event=1=2/', /hexadecimal/],
  ['m/uncore_imc/config=10000000000000000/', /64 bits/],
  ['m/uncore_imc/config=1,event=1/', /config goes without event and umask/],
  [`m/uncore_imc/event=${'0'.repeat(1_000_000)}/`, /longer than 400/],
];
for (const [entry, message] of refused) {
  test(`${JSON.stringify(entry.slice(0, 60))} is refused, with its name and a remedy`, () => {
    assert.throws(
      () => parseUncoreLists([['platform_rpq_inserts', entry]]),
      (error) => {
        assert.ok(error instanceof WcaError);
        assert.equal(error.code, 'INVALID_ARGUMENT');
        assert.match(error.message, message);
        assert.ok(error.subject.startsWith('event "') && error.subject.length < 200, error.subject);
        assert.match(error.remedy ?? '', /name\/pmu\/event=hex/);
        return true;
      },
    );
  });
}

test('lists stay lists; an event that is named again is counted once', () => {
  const lists = parseUncoreLists([
    ['platform_rpq_inserts', 'platform_rpq_inserts'],
    ['a/uncore_imc/event=1/', 'platform_rpq_inserts/any'],
    ['a/uncore_imc/event=1', 'platform_rpq_occupancy'],
  ]);
  assert.deepEqual(
    lists.map((events) => events.map(({ name }) => name)),
    [['platform_rpq_inserts'], ['a'], ['platform_rpq_occupancy']],
  );
});

test('a name has one meaning', () => {
  const groups = [['a/uncore_imc/event=1/'], ['a/uncore_imc/event=2/']];
  assert.throws(() => parseUncoreLists(groups), { code: 'INVALID_ARGUMENT', message: /already the name of another/ });
});

for (const groups of [[], [[]], [Array.from({ length: limits.maxUncoreEvents + 1 }, (_, i) => `a${i}/p/event=1/`)]]) {
  test(`${groups.flat().length} events are refused`, () => {
    assert.throws(() => parseUncoreLists(groups), { code: 'INVALID_ARGUMENT', remedy: 'name 1 to 64 events' });
  });
}

test('the events of the original are understood', () => {
  assert.deepEqual(
    parseUncoreLists([defaultUncoreEvents])[0]?.map(({ kind, name }) => [kind, name]),
    defaultUncoreEvents.map((name) => ['named', name]),
  );
});

test('whatever a subscriber names, it is understood or refused as an argument', () => {
  const piece = fc.constantFrom('m', '/', 'uncore_imc', 'event', 'config1', '=', ',', '0x', 'ff', '1', '\n', '../');
  const entry = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 3 }), { maxLength: 3 }), (groups) => {
      try {
        parseUncoreLists(groups);
      } catch (error) {
        assert.ok(error instanceof WcaError && error.code === 'INVALID_ARGUMENT', String(error));
      }
    }),
  );
});
