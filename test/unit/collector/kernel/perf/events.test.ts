import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attrBytes, encodeAttr } from '../../../../../collector/kernel/perf/attr.ts';
import { defaultEvents, knownEvents, resolveEvent } from '../../../../../collector/kernel/perf/events.ts';
import { parseUserEvent } from '../../../../../collector/kernel/perf/user-event.ts';
import { factsOf } from '../../../../../shared/metrics/catalog.ts';

// Spec measurements §3.5.
const raw: readonly (readonly [name: string, config: bigint, config1: bigint])[] = [
  ['some__r0302', 0x203n, 0n],
  ['some__r0302ff', 0xff000203n, 0n],
  ['some__r000001', 0x01000000n, 0n],
  ['some__rc000', 0xc0n, 0n],
  ['x__rB701001234567890', 0x1b7n, 0x1234567890n],
];
for (const [name, config, config1] of raw) {
  test(`the raw event ${name} is config ${config.toString(16)}, config1 ${config1.toString(16)}`, () => {
    const event = parseUserEvent(name);
    assert.ok(event.ok);
    assert.deepEqual(event.value, { name, type: 4, config, config1, software: false, divisor: 1 });
  });
}

const refused: readonly (readonly [name: string, message: RegExp])[] = [
  ['some_r0302', /no known perf event/],
  ['some__r030', /length/],
  ['some__r', /length/],
  ['some__r03020', /length/],
  ['some__r03zz', /invalid literal/],
  ['a__r03__r02', /more than once/],
  ['a b__r0302', /metric name/],
  ['1__r0302', /metric name/],
  ['__r0302', /metric name/],
  ['', /no known/],
  ['constructor', /no known/],
  ['x'.repeat(10_000), /no known/],
];
for (const [name, message] of refused) {
  test(`the event name ${JSON.stringify(name.slice(0, 20))} is refused with its reason`, () => {
    const event = resolveEvent(name, 'skylake-x');
    assert.ok(!event.ok);
    assert.equal(event.error.code, 'INVALID_ARGUMENT');
    assert.match(event.error.message, message);
    assert.ok(event.error.toText().length < 2_000);
  });
}

// Spec measurements §3.4; the off-core pair as HEAD corrected it.
const encodings: readonly (readonly [codeName: string, name: string, config: bigint])[] = [
  ['', 'task_cycles', 0n],
  ['', 'task_instructions', 1n],
  ['', 'task_cache_references', 2n],
  ['', 'task_cache_misses', 3n],
  ['', 'task_context_switches', 3n],
  ['broadwell', 'task_stalled_mem_loads', 0x060006a3n],
  ['skylake-x', 'task_stalled_mem_loads', 0x140014a3n],
  ['skylake-x', 'task_offcore_requests_l3_miss_demand_data_rd', 0x10b0n],
  ['skylake-x', 'task_offcore_requests_outstanding_l3_miss_demand_data_rd', 0x1060n],
  ['cascade-lake', 'task_mem_load_retired_local_pmm', 0x80d1n],
  ['cascade-lake', 'task_mem_load_retired_remote_dram', 0x02d3n],
  ['haswell-x', 'task_mem_load_retired_remote_dram', 0x04d3n],
  ['granite-rapids', 'task_dtlb_load_misses', 0x0e12n],
  ['sapphire-rapids', 'task_stalled_mem_loads', 0x050021a6n],
  ['sierra-forest', 'task_stalled_mem_loads', 0x7f34n],
];
for (const [codeName, name, config] of encodings) {
  test(`${name} on ${codeName === '' ? 'any CPU' : codeName} is ${config.toString(16)}`, () => {
    const event = resolveEvent(name, codeName);
    assert.ok(event.ok);
    assert.equal(event.value.config, config);
  });
}

test('an event without an encoding on this CPU is absent, with the CPUs that have it', () => {
  for (const codeName of ['', 'broadwell', 'zen4']) {
    const event = resolveEvent('task_mem_load_retired_local_pmm', codeName);
    assert.ok(!event.ok);
    assert.equal(event.error.code, 'FEATURE_ABSENT');
    assert.match(event.error.message, /cascade-lake/);
  }
});

test('every known event has its row in the catalogue, and so have the default ones', () => {
  for (const name of [...knownEvents(), ...defaultEvents(true), ...defaultEvents(false)])
    assert.ok(factsOf(name), name);
});

test('encodeAttr has the kernel layout of version 5', () => {
  const attr = encodeAttr({ type: 4, config: 0x1122334455667788n, config1: 0x99n, disabled: true });
  assert.equal(attr.length, attrBytes);
  assert.equal(attr.readUInt32LE(0), 4);
  assert.equal(attr.readUInt32LE(4), 112);
  assert.equal(attr.readBigUInt64LE(8), 0x1122334455667788n);
  assert.equal(attr.readBigUInt64LE(32), 15n);
  assert.equal(attr.readBigUInt64LE(40), 0x100001n);
  assert.equal(attr.readBigUInt64LE(56), 0x99n);
  assert.equal(encodeAttr({ type: 0, config: 0n, config1: 0n, disabled: false }).readBigUInt64LE(40), 0x100000n);
});
