import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deltas } from '../../../../controller/derived/deltas.ts';
import { deriveTaskMetrics, EventPlaces } from '../../../../controller/derived/task-metrics.ts';
import { hostUsage, taskUsages } from '../../../../controller/derived/usage.ts';
import type { Delivery } from '../../../../controller/model/delivery.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { type Column, type Schema, targetState } from '../../../../shared/rpc/watch-messages.ts';
import { columnOf, f64, rosterOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

interface Reading {
  readonly seconds: number;
  /** Target id → values of the columns. */
  readonly rows: Readonly<Record<string, readonly (bigint | number | undefined)[]>>;
  readonly platform?: readonly (bigint | undefined)[];
  readonly generations?: Readonly<Record<string, number>>;
  readonly attachment?: number;
  readonly states?: readonly number[];
}

function delivery(schema: Schema, reading: Reading): Delivery {
  const ids = Object.keys(reading.rows);
  const targets = schema.target.map((_, i) => columnOf(ids.map((id) => reading.rows[id]?.[i])));
  const platform = (reading.platform ?? []).map((value) => columnOf([value]));
  const states = reading.states ?? ids.map(() => targetState.measured);
  const snapshot = {
    ...snapshotOf({ targets, platform, states }),
    monotonicNs: BigInt(Math.round(reading.seconds * 1e9)),
    generations: Uint32Array.from(ids.flatMap((id) => [reading.generations?.[id] ?? 7, 0])),
  };
  return { attachment: reading.attachment ?? 1, schema, roster: rosterOf(...ids), snapshot };
}

const schema = schemaOf([], [u64('n'), u64('t', {}, 1e9)]);
const first = delivery(schema, { seconds: 10, rows: { a: [5n, 1_000_000_000n], b: [1n, 0n] } });

test('a difference is in the unit of the metric, over monotonic time', () => {
  const deltas = new Deltas(first, delivery(schema, { seconds: 12.5, rows: { a: [9n, 3_500_000_000n], b: [1n, 0n] } }));
  assert.equal(deltas.seconds, 2.5);
  assert.equal(deltas.delta('n', 0), 4);
  assert.equal(deltas.delta('t', 0), 2.5);
  assert.equal(deltas.delta('n', 1), 0);
  assert.equal(deltas.value('n', 0), 9);
});

test('rows are found again after the roster changed', () => {
  const next = delivery(schema, { seconds: 11, rows: { new: [100n, 0n], b: [3n, 0n], a: [6n, 0n] } });
  const deltas = new Deltas(first, next);
  assert.deepEqual(
    [0, 1, 2].map((row) => deltas.delta('n', row)),
    [undefined, 2, 1],
  );
});

test('columns are found again after the schema changed', () => {
  const other = schemaOf([], [u64('x'), u64('t', {}, 1e9), u64('n')]);
  const deltas = new Deltas(first, delivery(other, { seconds: 11, rows: { a: [0n, 1_000_000_000n, 8n] } }));
  assert.equal(deltas.delta('n', 0), 3);
  assert.equal(deltas.delta('x', 0), undefined);
});

test('a CPU that came makes no difference of another CPU', () => {
  const before = schemaOf([], [u64('n', { cpu: '0' }), u64('n', { cpu: '2' })]);
  const after = schemaOf([], [u64('n', { cpu: '0' }), u64('n', { cpu: '1' })]);
  const deltas = new Deltas(
    delivery(before, { seconds: 1, rows: { a: [1n, 1n] } }),
    delivery(after, { seconds: 2, rows: { a: [2n, 9n] } }),
  );
  assert.equal(deltas.delta('n', 0), undefined);
  assert.equal(deltas.delta('n', 0, { cpu: '0' }), 1);
});

test('levels are added up', () => {
  const levelled = schemaOf([], [u64('n', { cpu: '0' }), u64('n', { cpu: '1' })]);
  const deltas = new Deltas(
    delivery(levelled, { seconds: 1, rows: { a: [1n, 10n] } }),
    delivery(levelled, { seconds: 2, rows: { a: [2n, 30n] } }),
  );
  assert.equal(deltas.delta('n', 0), 21);
  assert.equal(deltas.delta('n', 0, { cpu: '1' }), 20);
});

const nothing: readonly { readonly name: string; readonly reading: Reading; readonly previous?: Delivery }[] = [
  { name: 'another generation', reading: { seconds: 11, rows: { a: [50n, 0n] }, generations: { a: 8 } } },
  { name: 'a counter that fell', reading: { seconds: 11, rows: { a: [4n, 0n] } } },
  { name: 'an absent reading', reading: { seconds: 11, rows: { a: [undefined, 0n] } } },
  { name: 'a new target', reading: { seconds: 11, rows: { z: [9n, 0n] } } },
  { name: 'another attachment', reading: { seconds: 11, rows: { a: [9n, 0n] }, attachment: 2 } },
  { name: 'the same moment', reading: { seconds: 10, rows: { a: [9n, 0n] } } },
  { name: 'an earlier moment', reading: { seconds: 9, rows: { a: [9n, 0n] } } },
];

for (const { name, reading } of nothing) {
  test(`${name} gives no difference`, () => {
    assert.equal(new Deltas(first, delivery(schema, reading)).delta('n', 0), undefined);
  });
}

test('the first snapshot gives no difference', () => {
  const deltas = new Deltas(undefined, first);
  assert.equal(deltas.seconds, undefined);
  assert.equal(deltas.delta('n', 0), undefined);
});

test('differences are exact for any counters less than 2^53 apart', () => {
  const one = schemaOf([], [u64('n')]);
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 53n - 1n), (start, growth) => {
      const end = start + growth;
      if (end >= 2n ** 64n) return;
      const deltas = new Deltas(
        delivery(one, { seconds: 1, rows: { a: [start] } }),
        delivery(one, { seconds: 2, rows: { a: [end] } }),
      );
      assert.equal(deltas.delta('n', 0), Number(growth));
    }),
  );
});

const perf = schemaOf(
  [],
  ['task_instructions', 'task_cycles', 'task_cache_misses', 'task_cache_references'].map((name) => u64(name)),
);

/** Values of the derived metrics of row 0. */
function derive(then: readonly (bigint | undefined)[], now: readonly (bigint | undefined)[], columns = perf) {
  const deltas = new Deltas(
    delivery(columns, { seconds: 100, rows: { a: then } }),
    delivery(columns, { seconds: 105, rows: { a: now } }),
  );
  return Object.fromEntries(
    deriveTaskMetrics(deltas).flatMap(({ metric, values }) => (values.has(0) ? [[metric, values.exact(0)]] : [])),
  );
}

test("derived metrics agree with the original's test vector", () => {
  assert.deepEqual(derive([1000n, 5n, 10_000n, 50_000n], [11_000n, 15n, 20_000n, 100_000n]), {
    task_ipc: 1000,
    task_ips: 2000,
    task_cache_misses_per_kilo_instructions: 1000,
    task_cache_hit_ratio: 0.8,
  });
});

test('an idle task has no ratios but zero instructions a second', () => {
  assert.deepEqual(derive([1n, 2n, 3n, 4n], [1n, 2n, 3n, 4n]), { task_ips: 0 });
});

test('an event that is not counted takes its metrics with it', () => {
  assert.deepEqual(derive([1n], [11n], schemaOf([], [u64('task_instructions')])), { task_ips: 2 });
  assert.deepEqual(derive([0n, undefined, 0n, 0n], [10n, undefined, 5n, 10n]), {
    task_ips: 2,
    task_cache_misses_per_kilo_instructions: 500,
    task_cache_hit_ratio: 0.5,
  });
});

test('events counted by CPU give derived metrics by CPU; a CPU that idled has no ratio', () => {
  const cpus = ['0', '7'];
  const byCpu = schemaOf(
    [],
    ['task_instructions', 'task_cycles'].flatMap((name) => cpus.map((cpu) => u64(name, { cpu }))),
  );
  const deltas = new Deltas(
    delivery(byCpu, { seconds: 1, rows: { a: [10n, 20n, 30n, 40n] } }),
    delivery(byCpu, { seconds: 3, rows: { a: [110n, 20n, 80n, 40n] } }),
  );
  const places = new EventPlaces();
  assert.deepEqual(places.of(byCpu), [{ cpu: '0' }, { cpu: '7' }]);
  assert.equal(places.of(byCpu), places.of(byCpu));
  assert.deepEqual(places.of(perf), [{}]);
  const values = deriveTaskMetrics(deltas, places.of(byCpu)).flatMap(({ metric, labels, values: rows }) =>
    rows.has(0) ? [[metric, labels['cpu'], rows.exact(0)]] : [],
  );
  assert.deepEqual(values, [
    ['task_ipc', '0', 2],
    ['task_ips', '0', 50],
    ['task_ips', '7', 0],
  ]);
});

const task = (id: string): Task => ({
  id,
  name: `name of ${id}`,
  cgroupPath: `/${id}`,
  subcgroupPaths: [],
  labels: {},
  resources: {},
});
const psi = (resource: string, kind: string): Column => u64('task_psi_stalled_seconds', { resource, kind }, 1e6);
const usageSchema = schemaOf(
  [u64('platform_cpu_usage', { cpu: '0' }), u64('platform_cpu_usage', { cpu: '3' }), u64('platform_mem_usage_bytes')],
  [
    u64('task_cpu_usage_seconds', {}, 1e9),
    u64('task_mem_usage_bytes'),
    u64('task_mem_limit_bytes'),
    u64('task_cpu_periods'),
    u64('task_cpu_throttled_periods'),
    psi('cpu', 'some'),
    psi('cpu', 'full'),
    u64('task_context_switches'),
    f64('task_scaling_factor_avg'),
    u64('task_llc_occupancy_bytes'),
    u64('task_mem_bandwidth_bytes'),
  ],
);

test('usage holds what is known and leaves out the rest', () => {
  const then = delivery(usageSchema, {
    seconds: 1,
    platform: [100n, 200n, 0n],
    rows: { a: [0n, 10n, 2n ** 63n - 4096n, 10n, 1n, 0n, 0n, 5n, 1, 70n, 1000n] },
  });
  const now = delivery(usageSchema, {
    seconds: 3,
    platform: [200n, 300n, 4096n],
    rows: {
      a: [3_000_000_000n, 20n, 2n ** 63n - 4096n, 30n, 6n, 500_000n, 0n, 25n, 1, 80n, 5000n],
      b: [7n, 1n, 1000n, 0n, 0n, 0n, 0n, undefined, 1],
      gone: [7n, 1n, 1000n, 0n, 0n, 0n, 0n, 0n, 1],
    },
    states: [targetState.measured, targetState.ended, targetState.notFound],
  });
  const deltas = new Deltas(then, now);
  const tasks = new Map([task('a'), task('b')].map((one) => [one.id, one]));
  assert.deepEqual(taskUsages(deltas, tasks), [
    {
      id: 'a',
      name: 'name of a',
      state: 'measured',
      cpuCores: 1.5,
      memoryBytes: 20,
      contextSwitchesPerSecond: 10,
      cpuPressureRatio: 0.25,
      throttledRatio: 0.25,
      llcOccupancyBytes: 80,
      memoryBandwidthBytesPerSecond: 2000,
    },
    { id: 'b', name: 'name of b', state: 'ended', memoryBytes: 1, memoryLimitBytes: 1000 },
  ]);
  const facts = { hostname: 'n1', cpus: 2, clockTicksPerSecond: 100, memoryTotalBytes: 8192 };
  assert.deepEqual(hostUsage(deltas, facts), {
    hostname: 'n1',
    cpus: 2,
    memoryTotalBytes: 8192,
    cpuCores: 1,
    memoryBytes: 4096,
  });
  assert.equal(hostUsage(new Deltas(undefined, now), facts).cpuCores, undefined);
});
