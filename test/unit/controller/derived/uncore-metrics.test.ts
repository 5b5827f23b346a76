import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deltas } from '../../../../controller/derived/deltas.ts';
import { deriveUncoreMetrics } from '../../../../controller/derived/uncore-metrics.ts';
import type { Delivery } from '../../../../controller/model/delivery.ts';
import { catalog } from '../../../../shared/metrics/catalog.ts';
import type { Column, Schema } from '../../../../shared/rpc/watch-messages.ts';
import { columnOf, f64, rosterOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

type Values = readonly (bigint | undefined)[];

function delivery(schema: Schema, seconds: number, values: Values, attachment = 1): Delivery {
  const snapshot = {
    ...snapshotOf({ platform: values.map((value) => columnOf([value])), rows: 0 }),
    monotonicNs: BigInt(Math.round(seconds * 1e9)),
  };
  return { attachment, schema, roster: rosterOf(), snapshot };
}

/** `metric{socket,pmu_type}` → value, of two snapshots `seconds` apart. */
function derive(columns: readonly Column[], before: Values, now: Values, seconds = 2): Record<string, number> {
  const schema = schemaOf(columns, []);
  return shown(new Deltas(delivery(schema, 10, before), delivery(schema, 10 + seconds, now)));
}

function shown(deltas: Deltas): Record<string, number> {
  return Object.fromEntries(
    deriveUncoreMetrics(deltas).map(({ metric, labels, value }) => [
      `${metric.replace('platform_', '')} ${Object.values(labels).join()}`,
      value,
    ]),
  );
}

const imc = { socket: '0', pmu_type: '17' };
const upi = { socket: '0', pmu_type: '22' };
const dram = [u64('platform_cas_count_reads', imc), u64('platform_cas_count_writes', imc)];
const pmm = [u64('platform_pmm_bandwidth_reads', imc), u64('platform_pmm_bandwidth_writes', imc)];
const links = [u64('platform_upi_rxl_flits', upi), u64('platform_upi_txl_flits', upi)];
const seed = [...dram, ...pmm, ...links];

test('the example of the specification', () => {
  const before = [5n, 6n, 7n, 8n, 9n, 10n];
  const grown = [2_000_000n, 1_000_000n, 600_000n, 400_000n, 9_000n, 18_000n];
  assert.deepEqual(
    derive(
      seed,
      before,
      before.map((value, i) => value + (grown[i] ?? 0n)),
    ),
    {
      'dram_reads_bytes_per_second 0,17': 64_000_000,
      'dram_writes_bytes_per_second 0,17': 32_000_000,
      'dram_total_bytes_per_second 0,17': 96_000_000,
      'pmm_reads_bytes_per_second 0,17': 19_200_000,
      'pmm_writes_bytes_per_second 0,17': 12_800_000,
      'pmm_total_bytes_per_second 0,17': 32_000_000,
      'dram_hit_ratio 0,17': 0.75,
      'upi_bandwidth_bytes_per_second 0,22': 96_000,
    },
  );
});

const cases: readonly {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly before: Values;
  readonly now: Values;
  readonly want: Record<string, number>;
}[] = [
  {
    name: 'DRAM without persistent memory has no hit ratio',
    columns: dram,
    before: [0n, 0n],
    now: [2n, 4n],
    want: {
      'dram_reads_bytes_per_second 0,17': 64,
      'dram_writes_bytes_per_second 0,17': 128,
      'dram_total_bytes_per_second 0,17': 192,
    },
  },
  {
    name: 'persistent memory without DRAM is no failure',
    columns: pmm,
    before: [0n, 0n],
    now: [2n, 4n],
    want: {
      'pmm_reads_bytes_per_second 0,17': 64,
      'pmm_writes_bytes_per_second 0,17': 128,
      'pmm_total_bytes_per_second 0,17': 192,
    },
  },
  {
    name: 'one direction alone has no total',
    columns: [u64('platform_cas_count_reads', imc), u64('platform_upi_txl_flits', upi)],
    before: [0n, 0n],
    now: [2n, 2n],
    want: { 'dram_reads_bytes_per_second 0,17': 64 },
  },
  {
    name: 'a controller at rest moves 0 bytes and has no hit ratio',
    columns: [...dram, ...pmm],
    before: [1n, 1n, 1n, 1n],
    now: [1n, 1n, 1n, 1n],
    want: {
      'dram_reads_bytes_per_second 0,17': 0,
      'dram_writes_bytes_per_second 0,17': 0,
      'dram_total_bytes_per_second 0,17': 0,
      'pmm_reads_bytes_per_second 0,17': 0,
      'pmm_writes_bytes_per_second 0,17': 0,
      'pmm_total_bytes_per_second 0,17': 0,
    },
  },
  {
    name: 'a counter that fell tells nothing, the others do',
    columns: dram,
    before: [10n, 10n],
    now: [9n, 12n],
    want: { 'dram_writes_bytes_per_second 0,17': 64 },
  },
  {
    name: 'a value that is absent now or before tells nothing',
    columns: [...dram, ...links],
    before: [undefined, 1n, 1n, 1n],
    now: [5n, 3n, undefined, 2n],
    want: { 'dram_writes_bytes_per_second 0,17': 64 },
  },
  {
    name: 'counters above 2^53 keep their differences',
    columns: dram,
    before: [2n ** 63n, 2n ** 60n + 1n],
    now: [2n ** 63n + 2n, 2n ** 60n + 3n],
    want: {
      'dram_reads_bytes_per_second 0,17': 64,
      'dram_writes_bytes_per_second 0,17': 64,
      'dram_total_bytes_per_second 0,17': 128,
    },
  },
  { name: 'other columns derive nothing', columns: [u64('platform_cpu_usage')], before: [1n], now: [2n], want: {} },
];
for (const { name, columns, before, now, want } of cases) {
  test(name, () => assert.deepEqual(derive(columns, before, now), want));
}

test('controllers and sockets are told apart', () => {
  const places = [
    { socket: '0', pmu_type: '17' },
    { socket: '0', pmu_type: '18' },
    { socket: '1', pmu_type: '17' },
  ];
  const columns = places.map((labels) => u64('platform_cas_count_reads', labels));
  assert.deepEqual(derive(columns, [0n, 0n, 0n], [2n, 4n, 6n]), {
    'dram_reads_bytes_per_second 0,17': 64,
    'dram_reads_bytes_per_second 0,18': 128,
    'dram_reads_bytes_per_second 1,17': 192,
  });
});

const queue = (socket: string, type: string): Column[] =>
  ['platform_rpq_occupancy', 'platform_rpq_inserts', 'platform_imc_clockticks'].map((metric) =>
    u64(metric, { socket, pmu_type: type }),
  );

test('the read latency of a socket is that of the interval, over all its channels', () => {
  // Two channels at 2 ticks a microsecond: (3000 + 1000) occupancy / (100 + 100) reads = 20 ticks = 10 µs.
  const columns = [...queue('0', '17'), ...queue('0', '18')];
  const before = [9_000_000n, 7n, 5n, 0n, 0n, 0n];
  const now = [9_003_000n, 107n, 4_000_005n, 1_000n, 100n, 4_000_000n];
  assert.deepEqual(derive(columns, before, now), { 'rpq_read_latency_seconds 0': 10e-6 });
});

test('sockets have latencies of their own; a channel without all three events counts for nothing', () => {
  const columns = [...queue('0', '17'), ...queue('1', '17'), ...queue('1', '18')];
  const before: Values = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const now: Values = [40n, 2n, 2_000n, 90n, 3n, 4_000n, undefined, 1_000n, 1n];
  assert.deepEqual(derive(columns, before, now), {
    'rpq_read_latency_seconds 0': 0.02,
    'rpq_read_latency_seconds 1': 0.015,
  });
});

for (const [name, now] of [
  ['without reads', [5n, 0n, 5n]],
  ['without clock ticks', [5n, 5n, 0n]],
] as const) {
  test(`there is no latency ${name}`, () => assert.deepEqual(derive(queue('0', '17'), [0n, 0n, 0n], now), {}));
}

test('the first snapshot, one of another attachment and one of the same moment derive nothing', () => {
  const schema = schemaOf(dram, []);
  const next = delivery(schema, 12, [2n, 2n]);
  for (const previous of [undefined, delivery(schema, 10, [0n, 0n], 2), delivery(schema, 12, [0n, 0n])]) {
    assert.deepEqual(shown(new Deltas(previous, next)), {});
  }
});

test('columns are found again in another schema', () => {
  const before = schemaOf([f64('platform_scaling_uncore_factor', imc), ...dram], []);
  const after = schemaOf([...dram].reverse(), []);
  const deltas = new Deltas(delivery(before, 1, [0n, 1n, 10n]), delivery(after, 2, [11n, 3n]));
  assert.deepEqual(shown(deltas), {
    'dram_reads_bytes_per_second 0,17': 128,
    'dram_writes_bytes_per_second 0,17': 64,
    'dram_total_bytes_per_second 0,17': 192,
  });
});

test('a controller that moved to another socket has no past there', () => {
  const before = schemaOf([u64('platform_cas_count_reads', imc)], []);
  const after = schemaOf([u64('platform_cas_count_reads', { ...imc, socket: '1' })], []);
  assert.deepEqual(shown(new Deltas(delivery(before, 1, [0n]), delivery(after, 2, [9n]))), {});
});

test('the labels of a leaf are those of the schema, the same object', () => {
  const schema = schemaOf(dram, []);
  const samples = deriveUncoreMetrics(new Deltas(delivery(schema, 1, [0n, 0n]), delivery(schema, 2, [1n, 1n])));
  assert.equal(samples.length, 3);
  for (const { labels } of samples) assert.equal(labels, dram[0]?.labels);
});

test('whatever is counted, derived values are finite, not negative and known to the catalogue', () => {
  const value = fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined });
  const columns = [...seed, ...queue('0', '17')];
  const values = fc.array(value, { minLength: columns.length, maxLength: columns.length });
  fc.assert(
    fc.property(values, values, fc.double({ min: 1e-3, max: 1e4, noNaN: true }), (before, now, seconds) => {
      const schema = schemaOf(columns, []);
      const deltas = new Deltas(delivery(schema, 0, before), delivery(schema, seconds, now));
      for (const sample of deriveUncoreMetrics(deltas)) {
        assert.ok(Number.isFinite(sample.value) && sample.value >= 0, JSON.stringify(sample));
        assert.equal(catalog.get(sample.metric)?.type, 'gauge');
      }
    }),
  );
});
