import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArgumentsOf } from '../../../../controller/config/component.ts';
import { PythonPrefixMatch } from '../../../../controller/python/prefix-match.ts';
import {
  chooseOptional,
  noteAutomatic,
  optionalParameters,
  warningsOf,
} from '../../../../controller/runners/optional-measurements.ts';
import { defaultUncoreEvents } from '../../../../shared/metrics/uncore-events.ts';
import { idleContext } from '../../../kit/configurations.ts';

type Args = ArgumentsOf<typeof optionalParameters>;

const defaults: Args = {
  rdt_enabled: optionalParameters.rdt_enabled.absent?.(idleContext()),
  rdt_per_domain: false,
  enable_perf_uncore: undefined,
  uncore_event_names: [],
  gather_hw_mm_topology: false,
  wss_reset_interval: 0,
  wss_reset_cycles: undefined,
  wss_stable_cycles: 0,
  wss_membw_threshold: undefined,
  zoneinfo: false,
  vmstat: false,
  sched: false,
};

const auto = {
  rdt: { required: false, perDomain: false },
  uncore: { required: false, groups: [defaultUncoreEvents] },
  sched: false,
  vmstat: false,
  zoneinfo: false,
};
const groups = [['platform_rpq_inserts'], ['platform_rpq_occupancy']];
const wss = { resetEvery: 5, stableCycles: 0, membwThreshold: undefined };

const cases: readonly (readonly [name: string, args: Partial<Args>, watch: object])[] = [
  ['nothing', {}, auto],
  ['rdt_enabled true', { rdt_enabled: true }, { ...auto, rdt: { required: true, perDomain: false } }],
  ['rdt_per_domain', { rdt_per_domain: true }, { ...auto, rdt: { required: false, perDomain: true } }],
  ['enable_perf_uncore true', { enable_perf_uncore: true }, { ...auto, uncore: { ...auto.uncore, required: true } }],
  ['uncore_event_names', { uncore_event_names: groups }, { ...auto, uncore: { required: false, groups } }],
  [
    'uncore_event_names beside enable_perf_uncore false',
    { uncore_event_names: groups, enable_perf_uncore: false },
    { ...auto, uncore: { required: false, groups } },
  ],
  [
    'uncore_event_names beside enable_perf_uncore true',
    { uncore_event_names: groups, enable_perf_uncore: true },
    { ...auto, uncore: { required: true, groups } },
  ],
  ['gather_hw_mm_topology null', { gather_hw_mm_topology: undefined }, { ...auto, memoryModules: { required: false } }],
  ['gather_hw_mm_topology true', { gather_hw_mm_topology: true }, { ...auto, memoryModules: { required: true } }],
  ['wss_reset_interval', { wss_reset_interval: 5 }, { ...auto, wss }],
  ['wss_reset_interval below 0', { wss_reset_interval: -1 }, auto],
  ['wss_reset_cycles', { wss_reset_cycles: 5 }, { ...auto, wss }],
  ['wss_reset_cycles 0', { wss_reset_cycles: 0 }, { ...auto, wss: { ...wss, resetEvery: 0 } }],
  [
    'the stable cycles of HEAD',
    { wss_reset_cycles: 0, wss_stable_cycles: -3, wss_membw_threshold: 0.1 },
    { ...auto, wss: { resetEvery: 0, stableCycles: -3, membwThreshold: 0.1 } },
  ],
  ['wss_stable_cycles alone', { wss_stable_cycles: 3 }, auto],
  [
    'expressions',
    { sched: new PythonPrefixMatch('a'), vmstat: true, zoneinfo: true },
    { ...auto, sched: true, vmstat: true, zoneinfo: true },
  ],
];
for (const [name, args, watch] of cases) {
  test(`${name} asks the collector for what it means`, () => {
    assert.deepEqual(chooseOptional({ ...defaults, ...args }).watch, watch);
  });
}

test('RDT and uncore that are switched off are not asked for', () => {
  const { watch } = chooseOptional({ ...defaults, rdt_enabled: false, enable_perf_uncore: false });
  assert.deepEqual(Object.keys(watch).sort(), ['sched', 'vmstat', 'zoneinfo']);
});

test('only what disturbs the tasks is warned of', () => {
  assert.deepEqual(warningsOf(chooseOptional(defaults)), []);
  const both = warningsOf(chooseOptional({ ...defaults, wss_reset_cycles: 0, sched: true }));
  assert.equal(both.length, 2);
});

test('what the host lacks of the automatic measurements is a note, of all others it is unavailable', () => {
  const error = (subject: string, code = 'FEATURE_ABSENT') => ({ subject, code, message: '', remedy: '', errno: '' });
  const schema = {
    id: 1,
    platform: [],
    target: [],
    unavailable: [error('rdt'), error('uncore'), error('wss'), error('rdt', 'PERMISSION')],
    notes: [],
  };
  const namesOf = (args: Partial<Args>): readonly string[][] => {
    const { unavailable, notes } = noteAutomatic(schema, chooseOptional({ ...defaults, ...args }).automatic);
    return [unavailable, notes].map((list) => list.map(({ subject, code }) => `${subject} ${code.slice(0, 1)}`));
  };
  assert.deepEqual(namesOf({}), [
    ['wss F', 'rdt P'],
    ['rdt F', 'uncore F'],
  ]);
  assert.deepEqual(namesOf({ rdt_enabled: true, uncore_event_names: groups }), [
    ['rdt F', 'uncore F', 'wss F', 'rdt P'],
    [],
  ]);
});
