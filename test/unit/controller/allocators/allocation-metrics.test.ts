import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocationMetrics } from '../../../../controller/allocators/allocation-metrics.ts';
import type { AllocationValue } from '../../../../shared/allocation/values.ts';

const task = {
  id: 't1',
  name: 't',
  cgroupPath: '/a/b',
  subcgroupPaths: [],
  labels: { task: 'x', app: 'r' },
  resources: {},
};

const shown = (value: AllocationValue): readonly string[] =>
  allocationMetrics(task, [{ value, raw: '' }], { cpus: 4, sharesUnit: 1000 }).map(
    ({ name, value: number, labels: { group_name, domain_id, allocation_type } }) =>
      [name, number, allocation_type, group_name, domain_id].filter((part) => part !== undefined).join(' '),
  );

for (const [value, expected] of [
  [{ type: 'cpu_quota', quotaUs: 200_000, periodUs: 100_000 }, ['allocation_cpu_quota 0.5 cpu_quota']],
  [{ type: 'cpu_quota', quotaUs: undefined, periodUs: 100_000 }, ['allocation_cpu_quota 1 cpu_quota']],
  [{ type: 'cpu_shares', shares: 500, conversion: 'kernel' }, ['allocation_cpu_shares 0.5 cpu_shares']],
  [{ type: 'cpuset_cpus', ids: '0-2,9' }, ['allocation_cpuset_cpus_number_of_cpus 4 cpuset_cpus']],
  [{ type: 'cpuset_mems', ids: '' }, ['allocation_cpuset_mems_number_of_mems 0 cpuset_mems']],
  [{ type: 'memory_high', bytes: undefined }, []],
  [
    { type: 'rdt', group: 'be', lines: ['L3:0=f0', 'MB:1=20'] },
    [
      'allocation_rdt_l3_cache_ways 4 rdt_l3_cache_ways be 0',
      'allocation_rdt_l3_mask 240 rdt_l3_mask be 0',
      'allocation_rdt_mb 20 rdt_mb be 1',
    ],
  ],
] as const satisfies readonly (readonly [AllocationValue, readonly string[]])[]) {
  test(`${JSON.stringify(value)} is ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(shown(value), expected);
  });
}

test("labels of the allocation win over the task's", () => {
  const [metric] = allocationMetrics(task, [{ value: { type: 'cpu_idle', on: true }, raw: '' }], {
    cpus: 4,
    sharesUnit: 1,
  });
  assert.deepEqual(metric?.labels, { task: 't1', app: 'r', container_name: 'a-b', allocation_type: 'cpu_idle' });
});
