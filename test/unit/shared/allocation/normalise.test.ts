import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weightOfShares } from '../../../../shared/allocation/cpu-weight.ts';
import { type AllocationUnits, normalise } from '../../../../shared/allocation/normalise.ts';

const units: AllocationUnits = { cpus: 8, periodUs: 1000, sharesUnit: 1000, conversion: 'kernel' };

/** spec allocation §2.2: value, period, CPUs, quota. */
for (const [value, periodUs, cpus, quotaUs] of [
  [0.5, 1000, 8, 4000],
  [0.25, 10_000, 8, 20_000],
  [0.25, 100_000, 16, 400_000],
  [0.0, 2000, 1, 1000],
  [0.01, 1000, 8, 1000],
  [0.29, 100_000, 1, 28_999],
  [0.57, 100_000, 4, 227_999],
  [1.0, 1000, 8, undefined],
] as const) {
  test(`cpu_quota ${value} of ${cpus} CPUs with a period of ${periodUs} µs is ${quotaUs}`, () => {
    const found = normalise('cpu_quota', value, { ...units, periodUs, cpus });
    assert.deepEqual(found.ok && found.value.value, { type: 'cpu_quota', quotaUs, periodUs });
    assert.equal(found.ok && found.value.note !== undefined, quotaUs === 1000);
  });
}

/** spec allocation §2.3. */
for (const [value, sharesUnit, shares] of [
  [0.0, 1000, 2],
  [0.0029, 1000, 2],
  [0.5, 1000, 500],
  [1.001, 1000, 1000],
  [2.0, 10_000, 20_000],
  [300, 1000, 262_144],
] as const) {
  test(`cpu_shares ${value} with a unit of ${sharesUnit} are ${shares}`, () => {
    const found = normalise('cpu_shares', value, { ...units, sharesUnit });
    assert.deepEqual(found.ok && found.value.value, { type: 'cpu_shares', shares, conversion: 'kernel' });
  });
}

test('shares become weights by the three conversions in use (spec allocation §2.3)', () => {
  const shares = [2, 100, 500, 1000, 1024, 2000, 10_000, 262_144];
  assert.deepEqual(
    shares.map((of) => weightOfShares(of, 'kernel')),
    [1, 10, 49, 98, 100, 195, 977, 10_000],
  );
  assert.deepEqual(
    shares.map((of) => weightOfShares(of, 'oci-linear')),
    [1, 4, 19, 39, 39, 77, 382, 10_000],
  );
  assert.deepEqual(
    shares.map((of) => weightOfShares(of, 'oci-log')),
    [1, 17, 58, 99, 100, 170, 627, 10_000],
  );
});

for (const [type, value, expected] of [
  ['cpuset_cpus', '0,1,2', { type: 'cpuset_cpus', ids: '0-2' }],
  ['cpuset_cpus', 3, { type: 'cpuset_cpus', ids: '3' }],
  ['cpuset_mems', [1, 0], { type: 'cpuset_mems', ids: '0-1' }],
  ['cpuset_memory_migrate', true, { type: 'cpuset_memory_migrate', on: true }],
  ['cpu_idle', 0, { type: 'cpu_idle', on: false }],
  ['migrate_pages', 1, { type: 'migrate_pages', node: 1, bulk: false }],
  ['cpu_burst', 0.5, { type: 'cpu_burst', burstUs: 4000 }],
  ['memory_high', 'max', { type: 'memory_high', bytes: undefined }],
  ['memory_low', 4096, { type: 'memory_low', bytes: 4096 }],
  ['io_weight', 100, { type: 'io_weight', weight: 100 }],
  [
    'rdt',
    { name: 'be', l3: 'L3:0=f;1=f', mb: 'MB:0=50' },
    { type: 'rdt', group: 'be', lines: ['L3:0=f;1=f', 'MB:0=50'] },
  ],
  ['rdt', { l3: 'L3:0=f' }, { type: 'rdt', group: undefined, lines: ['L3:0=f'] }],
] as const) {
  test(`${type} ${JSON.stringify(value)} is taken`, () => {
    const found = normalise(type, value, units);
    assert.deepEqual(found.ok && found.value.value, expected);
  });
}

for (const [type, value, rule] of [
  ['cpu_quota', 2, /from 0 to 1/],
  ['cpu_quota', Number.NaN, /finite number/],
  ['cpu_quota', '0.5', /finite number/],
  ['cpu_shares', -1, /at least 0/],
  ['cpuset_cpus', '3-1', /list of ids/],
  ['cpuset_cpus', '', /list of ids/],
  ['cpuset_mems', '1-2-3', /list of ids/],
  ['cpuset_memory_migrate', 2, /0 or 1/],
  ['migrate_pages', 0.5, /whole number/],
  ['memory_high', '2G', /finite number/],
  ['io_weight', 0, /from 1 to 10000/],
  ['rdt', 'L3:0=f', /mapping/],
  ['rdt', { l3: 'MB:0=50' }, /begin with L3/],
  ['rdt', { l3: 'L3:0' }, /DOMAIN=VALUE/],
  ['rdt', { colour: 'L3:0=f' }, /unknown/],
] as const) {
  test(`${type} ${JSON.stringify(value)} is refused: ${rule.source}`, () => {
    const found = normalise(type, value, units);
    assert.equal(found.ok, false);
    assert.match(found.ok ? '' : found.error.toText(), rule);
    assert.equal(found.ok ? '' : found.error.code, 'INVALID_ARGUMENT');
  });
}
