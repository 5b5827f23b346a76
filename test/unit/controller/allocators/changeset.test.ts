import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInForce, isWithinTolerance, planChanges } from '../../../../controller/allocators/changeset.ts';
import type { AllocationValue, CurrentValue } from '../../../../shared/allocation/values.ts';

const cgroupPath = '/kubepods/podX';
const now = (value: AllocationValue, given: Partial<CurrentValue> = {}): CurrentValue => ({ value, raw: '', ...given });
const quota = (quotaUs: number | undefined, periodUs = 1000): AllocationValue => ({
  type: 'cpu_quota',
  quotaUs,
  periodUs,
});
const shares = (of: number): AllocationValue => ({ type: 'cpu_shares', shares: of, conversion: 'oci-linear' });
const cpus = (ids: string): AllocationValue => ({ type: 'cpuset_cpus', ids });
const rdt = (group: string | undefined, ...lines: readonly string[]): AllocationValue => ({
  type: 'rdt',
  group,
  lines,
});

for (const [name, wish, current, expected] of [
  ['the same quota', quota(4000), now(quota(4000)), true],
  ['another period', quota(4000), now(quota(4000, 100_000)), false],
  ['unlimited, whatever the period', quota(undefined), now(quota(undefined, 100_000)), true],
  ['one microsecond more', quota(4001), now(quota(4000)), false],
  ['the same shares', shares(500), now(shares(500)), true],
  ['one share more: no tolerance hides it (W11)', shares(501), now(shares(500)), false],
  ['another number of shares with the same weight', shares(1000), now(shares(1024), { weight: 39 }), true],
  ['another weight', shares(2000), now(shares(1024), { weight: 39 }), false],
  ['the same CPUs, written otherwise', cpus('0,1,2'), now(cpus('0-2')), true],
  ['other CPUs', cpus('0-1'), now(cpus('0-2')), false],
  ['the same mask, padded', rdt('be', 'L3:0=f'), now(rdt('be', 'L3:0=00f;1=fff')), true],
  ['another mask', rdt('be', 'L3:0=f0'), now(rdt('be', 'L3:0=00f')), false],
  ['upper case', rdt('be', 'L3:0=F'), now(rdt('be', 'L3:0=f')), true],
  ['a domain that is not there', rdt('be', 'L3:2=f'), now(rdt('be', 'L3:0=f')), false],
  ['bandwidth, padded', rdt('be', 'MB:0=20'), now(rdt('be', 'MB:0= 20;1=100')), true],
  ['another group', rdt('be'), now(rdt('')), false],
  ['the own group by its name', rdt(undefined, 'L3:0=f'), now(rdt('kubepods-podX', 'L3:0=00f')), true],
  ['the own group by its other name', rdt(undefined), now(rdt('kubepods-podX~5c2f8230e6a20142')), true],
  ['another group than the own', rdt(undefined), now(rdt('be')), false],
  [
    'bytes rounded down to a page',
    { type: 'memory_high', bytes: 5000 },
    now({ type: 'memory_high', bytes: 4096 }),
    true,
  ],
  ['no bound', { type: 'memory_high', bytes: undefined }, now({ type: 'memory_high', bytes: 4096 }), false],
] as const satisfies readonly (readonly [string, AllocationValue, CurrentValue, boolean])[]) {
  test(`${name} is ${expected ? '' : 'not '}in force`, () => {
    assert.equal(isInForce(wish, current, cgroupPath), expected);
  });
}

test('what has no current value is a change', () => {
  const wishes = [quota(1000), shares(2)];
  assert.deepEqual(planChanges(wishes, [now(shares(2))], { isClose: () => false, cgroupPath }), [quota(1000)]);
  assert.deepEqual(planChanges(wishes, [now(quota(2000)), now(shares(2))], { isClose: () => true, cgroupPath }), []);
});

/** spec allocation §2.0. */
for (const [current, wish, expected] of [
  [0.0, 0.05, true],
  [0.1, 0.15, true],
  [0.3, 0.35, true],
  [2, 2.05, true],
  [10, 10.01, true],
  [0.5, 0.55, false],
  [0.95, 1.0, false],
  [1.0, 1.05, false],
  [10, 10.05, false],
  [10, 10.11, false],
] as const) {
  test(`with the original's tolerance ${current} and ${wish} are ${expected ? 'the same' : 'different'}`, () => {
    assert.equal(isWithinTolerance(current, wish, 0.05), expected);
  });
}
