import fc from 'fast-check';
import { type AllocationValue, type CurrentValue, shareConversions } from '../../shared/allocation/values.ts';
import type { Allocations } from '../../shared/rpc/watch-messages.ts';

/** Any allocation a client may send, and what a collector may answer. */

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const uint32 = fc.nat({ max: 0xffff_ffff });
const ids = fc.constantFrom('0', '0-3,6', '1,3,5', '0-8191');
const line = fc.constantFrom('L3:0=f', 'MB:0=50;1=100', '');

export const allocationValue: fc.Arbitrary<AllocationValue> = fc.oneof(
  fc.record({
    type: fc.constant('cpu_quota' as const),
    quotaUs: fc.option(count, { nil: undefined }),
    periodUs: count,
  }),
  fc.record({
    type: fc.constant('cpu_shares' as const),
    shares: count,
    conversion: fc.constantFrom(...shareConversions),
  }),
  fc.record({ type: fc.constantFrom('cpuset_cpus' as const, 'cpuset_mems' as const), ids }),
  fc.record({ type: fc.constantFrom('cpuset_memory_migrate' as const, 'cpu_idle' as const), on: fc.boolean() }),
  fc.record({ type: fc.constant('migrate_pages' as const), node: uint32, bulk: fc.boolean() }),
  fc.record({
    type: fc.constant('rdt' as const),
    group: fc.constantFrom(undefined, '', 'be', 'g_1'),
    lines: fc.array(line, { maxLength: 4 }),
  }),
  fc.record({ type: fc.constant('cpu_burst' as const), burstUs: count }),
  fc.record({
    type: fc.constantFrom('memory_high' as const, 'memory_low' as const),
    bytes: fc.option(count, { nil: undefined }),
  }),
  fc.record({ type: fc.constant('io_weight' as const), weight: uint32 }),
);

const progress = fc.record({ moved: count, notMoved: count, left: count, running: fc.boolean() });

const currentValue: fc.Arbitrary<CurrentValue> = fc
  .record({ value: allocationValue, raw: fc.string({ maxLength: 9 }), weight: fc.integer({ min: 1 }), progress })
  .map(({ value, raw, weight, progress: of }) => {
    if (value.type === 'cpu_shares') return { value, raw, weight };
    return value.type === 'migrate_pages' ? { value, raw, progress: of } : { value, raw };
  });

export const allocations: fc.Arbitrary<Allocations> = fc.record({
  id: uint32,
  rosterId: uint32,
  targets: fc.array(
    fc.record({
      identity: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      values: fc.array(currentValue, { maxLength: 5 }),
    }),
    { maxLength: 4 },
  ),
});

/** Fields of the oneof of AllocationValue, in protobufjs's spelling. */
export const membersOfOneof: readonly string[] = [
  ...['cpuQuota', 'cpuShares', 'cpusetCpus', 'cpusetMems', 'cpusetMemoryMigrate', 'migratePages', 'rdt', 'cpuIdle'],
  ...['cpuBurstUs', 'memoryHigh', 'memoryLow', 'ioWeight'],
];

/** The object that protobufjs wants for it. */
export function plainAllocations({ id, rosterId, targets }: Allocations): unknown {
  return {
    id,
    rosterId,
    targets: targets.map(({ identity, values }) => ({
      identity,
      values: values.map((current) => ({ value: plainValue(current), raw: current.raw })),
    })),
  };
}

export function plainValue({ value, weight, progress: of }: Omit<CurrentValue, 'raw'>): Record<string, unknown> {
  switch (value.type) {
    case 'cpu_quota':
      return { cpuQuota: { quotaUs: value.quotaUs, periodUs: value.periodUs } };
    case 'cpu_shares': {
      const conversion = value.conversion === 'kernel' ? '' : value.conversion;
      return { cpuShares: { shares: value.shares, conversion, weight } };
    }
    case 'cpuset_cpus':
      return { cpusetCpus: value.ids };
    case 'cpuset_mems':
      return { cpusetMems: value.ids };
    case 'cpuset_memory_migrate':
      return { cpusetMemoryMigrate: value.on };
    case 'migrate_pages':
      return { migratePages: { node: value.node, bulk: value.bulk, ...of } };
    case 'rdt':
      return { rdt: { group: value.group, lines: value.lines } };
    case 'cpu_idle':
      return { cpuIdle: value.on };
    case 'cpu_burst':
      return { cpuBurstUs: value.burstUs };
    case 'memory_high':
      return { memoryHigh: { bytes: value.bytes } };
    case 'memory_low':
      return { memoryLow: { bytes: value.bytes } };
    case 'io_weight':
      return { ioWeight: value.weight };
  }
}
