import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEvents, resolveEvent } from '../../../../../collector/kernel/perf/events.ts';
import { atomEvents } from '../../../../../collector/kernel/perf/intel-events.ts';
import { modelEvents, nearestEvents } from '../../../../../collector/kernel/perf/model-events.ts';
import { parseUserEvent } from '../../../../../collector/kernel/perf/user-event.ts';
import { type CpuIdentity, chooseCodeName, chooseCpuName } from '../../../../../collector/kernel/platform/code-name.ts';
import { catalog } from '../../../../../shared/metrics/catalog.ts';

// Spec measurements §3.4, all columns; the columns after Cascade Lake as in the tables of the specification and the public event files.
const stalled = 'task_stalled_mem_loads';
const l3Miss = 'task_offcore_requests_l3_miss_demand_data_rd';
const outstanding = 'task_offcore_requests_outstanding_l3_miss_demand_data_rd';
const demandReads = 'task_offcore_requests_demand_data_rd';
const demandRfo = 'task_offcore_requests_demand_rfo';
const localPmm = 'task_mem_load_retired_local_pmm';
const localDram = 'task_mem_load_retired_local_dram';
const remoteDram = 'task_mem_load_retired_remote_dram';
const loads = 'task_mem_inst_retired_loads';
const stores = 'task_mem_inst_retired_stores';
const dtlb = 'task_dtlb_load_misses';

const skylake = {
  [stalled]: 0x140014a3,
  [l3Miss]: 0x10b0,
  [outstanding]: 0x1060,
  [demandReads]: 0x01b0,
  [demandRfo]: 0x04b0,
  [localDram]: 0x01d3,
  [remoteDram]: 0x02d3,
  [loads]: 0x81d0,
  [stores]: 0x82d0,
  [dtlb]: 0x0e08,
};
const graniteRapids = {
  ...skylake,
  [stalled]: 0x050021a6,
  [l3Miss]: 0x1021,
  [outstanding]: 0x1020,
  [demandReads]: 0x0121,
  [demandRfo]: 0x0421,
  [dtlb]: 0x0e12,
};
const tables: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'haswell-x': {
    [stalled]: 0x060006a3,
    [demandReads]: 0x01b0,
    [demandRfo]: 0x04b0,
    [localDram]: 0x01d3,
    [remoteDram]: 0x04d3,
    [loads]: 0x81d0,
    [stores]: 0x82d0,
    [dtlb]: 0x0e08,
  },
  'skylake-x': skylake,
  'cascade-lake': { ...skylake, [localPmm]: 0x80d1 },
  'cooper-lake': { ...skylake, [localPmm]: 0x80d1 },
  'ice-lake-x': { ...skylake, [localPmm]: 0x80d1 },
  'sapphire-rapids': { ...graniteRapids, [localPmm]: 0x80d1 },
  'emerald-rapids': graniteRapids,
  'granite-rapids': graniteRapids,
  'sierra-forest': { [stalled]: 0x7f34, [localDram]: 0x01d3, [loads]: 0x81d0, [stores]: 0x82d0, [dtlb]: 0x0e08 },
  zen2: { [dtlb]: 0xf045 },
  zen5: { [dtlb]: 0xf045, [stalled]: 0xa2d6 },
  'neoverse-n1': {},
  'neoverse-v2': { [stalled]: 0x4005 },
};
for (const [model, table] of Object.entries(tables)) {
  test(`the events of ${model} are those of the public event files`, () => {
    assert.deepEqual(modelEvents[model], table);
  });
}

test('every event of every model is a metric of the catalogue', () => {
  for (const table of [...Object.values(modelEvents), ...Object.values(atomEvents), ...Object.values(nearestEvents)]) {
    for (const name of Object.keys(table)) assert.ok(catalog.has(name), name);
  }
});

test('what comes close is of a known model, is not mapped as well, and can be asked for as it is written', () => {
  for (const [model, table] of Object.entries(nearestEvents)) {
    assert.ok(modelEvents[model], model);
    for (const [name, { raw }] of Object.entries(table)) {
      assert.equal(modelEvents[model][name], undefined, `${model} ${name}`);
      assert.ok(parseUserEvent(raw).ok, raw);
    }
  }
});

test('where the CPU counts something close the remedy gives its encoding and says what it counts', () => {
  const event = resolveEvent(loads, 'zen4');
  assert.ok(!event.ok && event.error.code === 'FEATURE_ABSENT');
  assert.match(event.error.remedy ?? '', /loads__r2901: loads as they are dispatched/);
});

test('an event has its other encoding on the efficient cores of a hybrid CPU', () => {
  const event = resolveEvent(dtlb, 'alder-lake');
  assert.ok(event.ok);
  assert.deepEqual([event.value.config, event.value.atomConfig], [0x0e12n, 0x0e08n]);
  const none = resolveEvent(stalled, 'alder-lake');
  assert.ok(none.ok && none.value.atomConfig === undefined);
});

const cpus: readonly (readonly [CpuIdentity['vendor'], number, number, number, string | undefined])[] = [
  ['AuthenticAMD', 0x17, 0x01, 2, undefined],
  ['AuthenticAMD', 0x17, 0x31, 0, 'zen2'],
  ['AuthenticAMD', 0x17, 0x71, 0, 'zen2'],
  ['AuthenticAMD', 0x17, 0x50, 0, undefined],
  ['AuthenticAMD', 0x19, 0x01, 1, 'zen3'],
  ['AuthenticAMD', 0x19, 0x21, 0, 'zen3'],
  ['AuthenticAMD', 0x19, 0x11, 1, 'zen4'],
  ['AuthenticAMD', 0x19, 0xa0, 2, 'zen4'],
  ['AuthenticAMD', 0x19, 0xb0, 2, undefined],
  ['AuthenticAMD', 0x1a, 0x02, 1, 'zen5'],
  ['AuthenticAMD', 0x1a, 0x11, 0, 'zen5'],
  ['AuthenticAMD', 0x1a, 0x50, 0, undefined],
  ['ARM', 8, 0xd0c, 1, 'neoverse-n1'],
  ['ARM', 8, 0xd40, 1, 'neoverse-v1'],
  ['ARM', 8, 0xd49, 0, 'neoverse-n2'],
  ['ARM', 8, 0xd4f, 0, 'neoverse-v2'],
  ['ARM', 8, 0xd84, 0, 'neoverse-v3'],
  ['ARM', 8, 0xd8e, 0, 'neoverse-n3'],
  ['ARM', 8, 0xd08, 3, undefined],
  ['Microsoft', 8, 0xd49, 0, 'neoverse-n2'],
  ['Ampere', 8, 0xac3, 0, undefined],
  ['GenuineIntel', 6, 0x97, 2, 'alder-lake'],
  ['GenuineIntel', 6, 0xb7, 1, 'raptor-lake'],
  ['GenuineIntel', 6, 0xdd, 0, 'clearwater-forest'],
  ['GenuineIntel', 6, 0xaf, 3, 'sierra-forest'],
];
for (const [vendor, family, model, stepping, name] of cpus) {
  test(`${vendor} ${family}/0x${model.toString(16)} is ${name ?? 'not known'}`, () => {
    assert.equal(chooseCodeName({ vendor, family, model, stepping }), name);
  });
}

test('every code name of an AMD or Arm CPU has a table', () => {
  for (const [, , , , name] of cpus) assert.ok(name === undefined || modelEvents[name] !== undefined, name);
});

test('arm64 has no model name and gets that of the core', () => {
  assert.equal(chooseCpuName(undefined, 'neoverse-n1'), 'Neoverse-N1');
  assert.equal(chooseCpuName(undefined, 'zen4'), undefined);
  assert.equal(chooseCpuName(undefined, undefined), undefined);
  assert.equal(chooseCpuName('Virt CPU', 'neoverse-v2'), 'Virt CPU');
});

// User's events in the long form; the short one is in events.test.ts.
const configs: readonly (readonly [text: string, name: string, config: bigint, config1: bigint])[] = [
  ['a__raw/config=0x1a2/', 'a__raw', 0x1a2n, 0n],
  ['a__raw/config=418/', 'a__raw', 418n, 0n],
  ['a__raw/config1=0x1,config=0xffffffffffffffff/', 'a__raw', 2n ** 64n - 1n, 1n],
  ['off:core__r/config=0x1b7,config1=0x3f803c0002/', 'off:core__r', 0x1b7n, 0x3f803c0002n],
];
for (const [text, name, config, config1] of configs) {
  test(`${text} is the metric ${name}`, () => {
    const event = parseUserEvent(text);
    assert.ok(event.ok);
    assert.deepEqual(
      [event.value.name, event.value.type, event.value.config, event.value.config1],
      [name, 4, config, config1],
    );
  });
}

const broken: readonly (readonly [string, RegExp])[] = [
  ['a__raw/config=0x1a2', /metric name/],
  ['a__raw/config=0x1a2/x', /metric name/],
  ['a-b__raw/config=1/', /metric name/],
  ['/config=1__r/', /metric name/],
  ['a__raw//', /term that is not understood: ""/],
  ['a__raw/config/', /"config"/],
  ['a__raw/config=0x/', /"config=0x"/],
  ['a__raw/config=0x11112222333344445/', /not understood/],
  ['a__raw/config=1,config=2/', /"config=2"/],
  ['a__raw/config=1,umask=2/', /"umask=2"/],
  ['a__raw/config1=1/', /no config/],
  ['a__raw/config=99999999999999999999/', /not understood/],
];
for (const [text, message] of broken) {
  test(`${text} is refused`, () => {
    const event = parseUserEvent(text);
    assert.ok(!event.ok && event.error.code === 'INVALID_ARGUMENT');
    assert.match(event.error.message, message);
  });
}

test('a name without __r is no user event, with a slash or without', () => {
  for (const name of ['loads/config=1/', 'loads', 'a/b']) {
    const event = resolveEvent(name, 'zen4');
    assert.ok(!event.ok && event.error.code === 'INVALID_ARGUMENT', name);
  }
});

test('two events of one metric are refused, for a metric has one value', () => {
  assert.equal(checkEvents(['a__r0102', 'a__raw/config=1/', 'task_cycles'], ''), undefined);
  const same = checkEvents(['a__raw/config=1/', 'task_cycles', 'a__raw/config=2/'], '');
  assert.equal(same?.code, 'INVALID_ARGUMENT');
  assert.match(same.toText(), /config=2.*same metric as a__raw\/config=1/);
  // Known, but not on this CPU: that is told with the schema.
  assert.equal(checkEvents([loads], 'zen4'), undefined);
  assert.equal(checkEvents(['nonsense'], 'zen4')?.code, 'INVALID_ARGUMENT');
});
