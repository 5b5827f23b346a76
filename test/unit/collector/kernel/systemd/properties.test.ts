import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lastingQuotaUs, planProperties, unitProperties } from '../../../../../collector/kernel/systemd/properties.ts';

const facts = { version: 252, periodUs: 100_000 };

const cases: readonly (readonly [file: string, text: string, assignments: readonly string[]])[] = [
  ['cpu.max', '40000 100000', ['CPUQuotaPeriodSec=100000us', 'CPUQuota=40%']],
  ['cpu.max', '33333 100000', ['CPUQuotaPeriodSec=100000us', 'CPUQuota=33.33%']],
  ['cpu.max', '15000 50000', ['CPUQuotaPeriodSec=50000us', 'CPUQuota=30%']],
  ['cpu.max', '1000 1000000', ['CPUQuotaPeriodSec=1000000us', 'CPUQuota=0.1%']],
  ['cpu.max', '12800000 100000', ['CPUQuotaPeriodSec=100000us', 'CPUQuota=12800%']],
  ['cpu.max', 'max 100000', ['CPUQuotaPeriodSec=100000us', 'CPUQuota=']],
  ['cpu.cfs_quota_us', '40000', ['CPUQuota=40%']],
  ['cpu.cfs_quota_us', '-1', ['CPUQuota=']],
  ['cpu.cfs_period_us', '50000', ['CPUQuotaPeriodSec=50000us']],
  ['cpu.weight', '55', ['CPUWeight=55']],
  ['cpu.idle', '1', ['CPUWeight=idle']],
  ['cpu.idle', '0', ['CPUWeight=100']],
  ['cpu.shares', '512', ['CPUWeight=', 'CPUShares=512']],
  ['cpuset.cpus', '0-2,5', ['AllowedCPUs=0-2,5']],
  ['cpuset.cpus', '', ['AllowedCPUs=']],
  ['cpuset.mems', '1', ['AllowedMemoryNodes=1']],
  ['memory.high', '200000000', ['MemoryHigh=200000000']],
  ['memory.high', 'max', ['MemoryHigh=infinity']],
  ['memory.high', '9223372036854771712', ['MemoryHigh=9223372036854771712']],
  ['memory.low', '0', ['MemoryLow=0']],
  ['memory.low', 'max', ['MemoryLow=infinity']],
  ['io.weight', 'default 50', ['IOWeight=50']],
  ['io.weight', '50', ['IOWeight=50']],
];

for (const [file, text, assignments] of cases) {
  test(`planProperties: ${file} ${JSON.stringify(text)}`, () => {
    const plan = planProperties(file, text, facts);
    assert.ok(plan.ok);
    assert.deepEqual(plan.value, assignments);
    // What is assigned is what is cleaned up later.
    for (const assignment of assignments) assert.ok(unitProperties(file)?.includes(assignment.split('=')[0] ?? ''));
  });
}

test('the quota of v1 is said by the period of the unit', () => {
  const plan = planProperties('cpu.cfs_quota_us', '40000', { version: 252, periodUs: 50_000 });
  assert.ok(plan.ok);
  assert.deepEqual(plan.value, ['CPUQuota=80%']);
});

const refused: readonly (readonly [file: string, text: string])[] = [
  ['cpu.max', '40000'],
  ['cpu.max', 'x 100000'],
  ['cpu.max', '40000 0'],
  ['cpu.max', ''],
  ['cpu.weight', '0'],
  ['cpu.weight', 'a'],
  ['cpu.idle', '2'],
  ['cpuset.cpus', '0 1; rm'],
  ['memory.high', '-1'],
  ['io.weight', '8:0 50'],
  ['cpu.max.burst', '1000'],
  ['toString', '1'],
];

for (const [file, text] of refused) {
  test(`planProperties says why it cannot: ${file} ${JSON.stringify(text)}`, () => {
    const plan = planProperties(file, text, facts);
    assert.ok(!plan.ok);
    assert.equal(plan.error.code, 'FEATURE_ABSENT');
    assert.match(plan.error.remedy ?? '', /Delegate=/);
  });
}

test('planProperties: idle needs systemd 252', () => {
  assert.ok(!planProperties('cpu.idle', '1', { version: 251, periodUs: 100_000 }).ok);
});

test('files that systemd never writes have no properties', () => {
  for (const file of ['cpu.max.burst', 'cpuset.memory_migrate', 'cgroup.procs', 'constructor']) {
    assert.equal(unitProperties(file), undefined);
  }
});

test('planProperties answers something of its own form, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('cpu.max', 'cpu.weight', 'cpuset.cpus', 'memory.high', 'io.weight'),
      fc.string(),
      (file, text) => {
        const plan = planProperties(file, text, facts);
        if (plan.ok) for (const assignment of plan.value) assert.match(assignment, /^[A-Za-z]+=[a-z0-9.,%-]*$/);
      },
    ),
  );
});

test('lastingQuotaUs is a whole per cent of a CPU, at least one, at most half a per cent away', () => {
  assert.equal(lastingQuotaUs(33_333, 100_000), 33_000);
  assert.equal(lastingQuotaUs(40_000, 100_000), 40_000);
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 1e9 }), fc.integer({ min: 1000, max: 1e6 }), (quotaUs, periodUs) => {
      const lasting = lastingQuotaUs(quotaUs, periodUs);
      assert.equal(lastingQuotaUs(lasting, periodUs) <= lasting + 1, true);
      const percents = (lasting * 100) / periodUs;
      assert.ok(Math.abs(percents - Math.round(percents)) <= 100 / periodUs + 1e-6);
      assert.ok(Math.abs(lasting - quotaUs) <= Math.max(periodUs / 200 + 1, periodUs / 100));
    }),
  );
});
