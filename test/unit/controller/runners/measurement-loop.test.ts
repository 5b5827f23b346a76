import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import type { Metric } from '../../../../controller/model/metric.ts';
import { type MetricBatch, metricsOf } from '../../../../controller/model/metric-batch.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { Board } from '../../../../controller/runners/board.ts';
import { MeasurementRunner } from '../../../../controller/runners/measurement-runner.ts';
import type { OptionalMeasurements } from '../../../../controller/runners/optional-measurements.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { toStatus } from '../../../../shared/errors/grpc-status.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import type { Snapshot } from '../../../../shared/rpc/watch-messages.ts';
import { readSelfUsage } from '../../../../shared/self/self-usage.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { FakeCollector, settle } from '../../../kit/fake-collector.ts';
import { samplePlatform } from '../../../kit/fake-services.ts';
import { columnOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

const schema = schemaOf([u64('platform_topology_cpus')], [u64('task_instructions'), u64('task_cycles')]);

/** A collector that also knows what it is. */
class PlatformCollector extends FakeCollector {
  broken = false;
  asked = 0;

  override getPlatform(): ReturnType<FakeCollector['getPlatform']> {
    this.asked += 1;
    if (this.broken) return Promise.reject(new WcaError('DEADLINE', { subject: 'x', message: 'no answer' }));
    return Promise.resolve(samplePlatform as Awaited<ReturnType<FakeCollector['getPlatform']>>);
  }
}

const nothingOptional: OptionalMeasurements = {
  watch: {},
  fields: { sched: false, vmstat: false, zoneinfo: false },
  automatic: new Set(),
};

interface Options {
  readonly iterations?: number;
  readonly tasks?: (signal: AbortSignal) => Promise<readonly Task[]>;
  readonly includeOptionalLabels?: boolean;
  readonly storage?: Partial<Storage>;
  readonly optional?: Partial<OptionalMeasurements>;
}

function task(id: string): Task {
  return { id, name: id, cgroupPath: `/${id}`, subcgroupPaths: [], labels: {}, resources: {} };
}

function setUp(t: TestContext, options: Options = {}) {
  const collector = new PlatformCollector();
  const clock = new FakeClock();
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line).msg);
  const logger = pino({}, { write });
  const episodes = new Episodes(logger, clock);
  const board = new Board();
  const batches: MetricBatch[] = [];
  const storage: Storage = {
    describe: () => 'FakeStorage',
    store: async (batch) => void batches.push(batch),
    ...options.storage,
  };
  const runner = new MeasurementRunner({
    node: { describe: () => 'FakeNode', tasks: options.tasks ?? (async () => [task('a')]) },
    metricsStorage: storage,
    intervalSeconds: 1,
    extraLabels: { rack: 'r1' },
    eventNames: ['default'],
    perfAggregateCpus: true,
    enableDerivedMetrics: true,
    labelGenerators: new Map(),
    includeOptionalLabels: options.includeOptionalLabels ?? false,
    costlyInterval: 1,
    discoveryTimeoutSeconds: 5,
    discoveryKeepSeconds: 60,
    optional: { ...nothingOptional, ...options.optional },
  });
  const stop = new AbortController();
  const { iterations } = options;
  const environment = { collector, clock, random: () => 0, episodes, board, iterations };
  const own = { logger: () => logger, logCounts: () => [], selfUsage: readSelfUsage };
  const ended = runner.run({ ...environment, ...own }, stop.signal);
  t.after(async () => {
    stop.abort();
    collector.close();
    await Promise.race([ended, settle()]);
  });
  /** Plays a snapshot of target a, at `seconds`, with the revision last sent. */
  const play = async (seconds: number, values: readonly [bigint, bigint], parts: Partial<Snapshot> = {}) => {
    const revision = collector.stream.updates.at(-1)?.revision ?? 0;
    const snapshot = {
      ...snapshotOf({ platform: [columnOf([2n])], targets: values.map((value) => columnOf([value])) }),
      monotonicNs: BigInt(seconds) * 1_000_000_000n,
      ...parts,
    };
    collector.stream.snapshot(schema, snapshot, { ids: ['a'], revision });
    await settle();
  };
  return { collector, clock, lines, episodes, board, batches, stop, ended, play };
}

function find(batch: MetricBatch | undefined, name: string): Metric | undefined {
  return batch === undefined ? undefined : [...metricsOf(batch)].find((metric) => metric.name === name);
}

test('a snapshot becomes a batch with task, platform and internal metrics at once', async (t) => {
  const { collector, board, batches, play } = setUp(t);
  await settle();
  assert.deepEqual(
    collector.stream.updates[0]?.upsert.map(({ id }) => id),
    ['a'],
  );
  await play(1, [10n, 20n]);
  const [batch] = batches;
  assert.deepEqual(find(batch, 'task_instructions')?.labels, {
    host: 'node-7',
    rack: 'r1',
    task_id: 'a',
    task_name: 'a',
  });
  assert.equal(find(batch, 'platform_topology_cpus')?.value, 2);
  assert.equal(find(batch, 'wca_tasks')?.value, 1);
  assert.equal(find(batch, 'wca_information')?.labels['cpus'], '4');
  assert.equal(find(batch, 'task_ipc'), undefined);
  assert.equal(board.host?.hostname, 'node-7');
  await play(3, [30n, 30n]);
  assert.equal(find(batches[1], 'task_ipc')?.value, 2);
  assert.equal(find(batches[1], 'task_ips')?.value, 10);
  assert.deepEqual([board.iteration?.sequence, board.previous?.sequence], [2, 1]);
  assert.deepEqual(
    board.iteration?.steps.map(({ name }) => name),
    ['discover', 'derive', 'export', 'store'],
  );
});

test('include_optional_labels adds what the machine is to every metric', async (t) => {
  const { batches, play } = setUp(t, { includeOptionalLabels: true });
  await settle();
  await play(1, [1n, 1n]);
  const { sockets, cores, cpus, cpu_model, cpu_model_number, wca_version } =
    find(batches[0], 'task_cycles')?.labels ?? {};
  assert.deepEqual([sockets, cores, cpus, cpu_model_number, wca_version], ['1', '4', '4', '85', '1.0.0']);
  assert.equal(find(batches[0], 'wca_information')?.labels['cpu_model_number'], '85');
  assert.match(cpu_model ?? '', /Xeon/);
});

test('iterations count from the first snapshot that has the discovered tasks', async (t) => {
  let answer: (tasks: readonly Task[]) => void = () => undefined;
  const tasks = () =>
    new Promise<readonly Task[]>((resolve) => {
      answer = resolve;
    });
  const { collector, clock, ended, play, batches } = setUp(t, { iterations: 2, tasks });
  await settle();
  clock.advanceMs(1000); // discovery takes long: measuring begins without tasks
  await settle();
  assert.deepEqual(
    collector.stream.updates.map(({ upsert }) => upsert.length),
    [0],
  );
  await play(1, [1n, 1n]);
  answer([task('a')]);
  await settle();
  assert.deepEqual(
    collector.stream.updates.map(({ upsert }) => upsert.length),
    [0, 1],
  );
  await play(2, [2n, 2n]);
  await play(3, [3n, 3n]);
  assert.equal(await ended, 0);
  assert.equal(batches.length, 2, 'as many batches as iterations');
});

test('with a bound on iterations a collector that does not come ends the run with 1 after half a minute', async (t) => {
  const { collector, clock, ended, lines } = setUp(t, { iterations: 1 });
  await settle();
  for (let i = 0; i < 12; i += 1) {
    collector.stream.fail(status.UNAVAILABLE, 'connect ENOENT /fake.sock');
    clock.advanceMs(3000);
    await settle();
  }
  assert.equal(await ended, 1);
  assert.match(lines.at(-1) ?? '', /collector unix:\/fake.sock: .*start wca-collector/);
});

test('without a bound it waits for ever, storing what it knows of itself', async (t) => {
  const { collector, clock, batches, stop, ended, play } = setUp(t);
  await settle();
  await play(1, [1n, 1n]);
  collector.stream.fail(status.UNAVAILABLE, 'gone');
  await settle();
  const before = batches.length;
  for (let i = 0; i < 40; i += 1) {
    clock.advanceMs(3000);
    await settle();
  }
  assert.ok(batches.length >= before + 30);
  const last = batches.at(-1);
  assert.equal(find(last, 'task_instructions'), undefined);
  assert.equal(find(last, 'wca_up')?.value, find(batches[0], 'wca_up')?.value);
  assert.equal(find(last, 'wca_up')?.labels['host'], 'node-7');
  assert.ok(Number(find(last, 'wca_errors')?.value) > 0);
  stop.abort();
  assert.equal(await ended, 0);
});

test('after an attachment the host is asked again, and nothing is derived over it', async (t) => {
  const { collector, clock, batches, play } = setUp(t);
  await settle();
  await play(1, [10n, 10n]);
  collector.stream.fail(status.UNAVAILABLE, 'gone');
  await settle();
  clock.advanceMs(500);
  await settle();
  await play(2, [99n, 99n]);
  assert.equal(collector.asked, 2);
  assert.equal(find(batches.at(-1), 'task_instructions')?.value, 99);
  assert.equal(find(batches.at(-1), 'task_ips'), undefined);
});

test('a host that does not say what it is costs iterations until it does', async (t) => {
  const { collector, batches, play, episodes } = setUp(t);
  await settle();
  collector.broken = true;
  await play(1, [1n, 1n]);
  assert.equal(batches.length, 0);
  assert.deepEqual(
    episodes.open().map(({ key }) => key),
    ['platform information'],
  );
  collector.broken = false;
  await play(2, [2n, 2n]);
  assert.equal(batches.length, 1);
  assert.deepEqual(episodes.open(), []);
});

test('a storage that hangs makes batches drop, not the loop wait', async (t) => {
  const { board, play, episodes, clock } = setUp(t, { storage: { store: () => new Promise(() => {}) } });
  await settle();
  for (let i = 1; i <= 4; i += 1) await play(i, [BigInt(i), BigInt(i)]);
  assert.equal(board.iteration?.sequence, 4);
  assert.equal(board.status.storages[0]?.status.dropped, 3);
  clock.advanceMs(5000);
  await settle();
  assert.deepEqual(
    episodes.open().map(({ key }) => key),
    ['storage metrics_storage'],
  );
});

test('a storage that cannot be opened ends the start with 1 and the reason', async (t) => {
  const start = () => Promise.reject(new WcaError('STORAGE_FAILED', { subject: 'x.prom', message: 'no such folder' }));
  const { ended, lines } = setUp(t, { storage: { start } });
  assert.equal(await ended, 1);
  assert.match(lines.at(-1) ?? '', /x.prom: no such folder/);
});

test('a cgroup that is gone is no trouble', async (t) => {
  const { collector, batches, episodes } = setUp(t);
  await settle();
  const error = {
    code: 'CGROUP_GONE',
    subject: '/a (unified)',
    message: 'does not exist',
    remedy: '',
    errno: 'ENOENT',
  };
  const snapshot = { ...snapshotOf({ rows: 1 }), errors: [{ row: 0, error }] };
  collector.stream.snapshot(schemaOf([], []), snapshot, { ids: ['a'], revision: 1 });
  await settle();
  assert.equal(batches.length, 1);
  assert.deepEqual(episodes.counts(), []);
});

test('what the host refuses to measure is told once', async (t) => {
  const { collector, lines, batches } = setUp(t);
  await settle();
  const refused = { code: 'FEATURE_ABSENT', subject: 'task_cycles', message: 'no PMU', remedy: '', errno: 'ENOENT' };
  const errors = [{ row: 0, error: { code: 'NEW_CODE', subject: '/a', message: 'x', remedy: '', errno: '' } }];
  const unavailable = { ...schemaOf([], []), unavailable: [refused] };
  for (let i = 0; i < 3; i += 1) {
    collector.stream.snapshot(unavailable, { ...snapshotOf({ rows: 1 }), errors }, { ids: ['a'], revision: 1 });
    await settle();
  }
  assert.equal(batches.length, 3);
  assert.equal(lines.filter((line) => line.includes('measuring task_cycles')).length, 1);
  assert.equal(lines.filter((line) => line.includes('measurements of tasks')).length, 1);
});

test('two reasons of one subject are both told, and the end of each', async (t) => {
  const { collector, lines } = setUp(t);
  await settle();
  const about = (message: string) => ({ code: 'FEATURE_ABSENT', subject: 'wss', message, remedy: '', errno: '' });
  const schemas = [['one', 'two'], ['one', 'two'], []].map((messages) => ({
    ...schemaOf([], []),
    unavailable: messages.map(about),
  }));
  for (const schema of schemas) {
    collector.stream.snapshot(schema, snapshotOf({ rows: 1 }), { ids: ['a'], revision: 1 });
    await settle();
  }
  assert.deepEqual(
    lines.filter((line) => line.includes('measuring wss')),
    [
      'trouble with measuring wss, going on without it',
      'trouble with measuring wss: two, going on without it',
      'measuring wss works again',
      'measuring wss: two works again',
    ],
  );
});

test('what must be known of the measurements is told once as long as it holds, and is no trouble', async (t) => {
  const { collector, lines, episodes, board } = setUp(t);
  await settle();
  const note = { code: 'FEATURE_ABSENT', subject: 'uncore_imc', message: '6 events take turns', remedy: '', errno: '' };
  const noted = { ...schemaOf([], []), notes: [note] };
  const again = { ...noted, notes: [{ ...note }] };
  for (const schema of [noted, noted, again]) {
    collector.stream.snapshot(schema, snapshotOf({ rows: 1 }), { ids: ['a'], revision: 1 });
    await settle();
  }
  assert.deepEqual(
    lines.filter((line) => line.includes('take turns')),
    ['uncore_imc: 6 events take turns'],
  );
  assert.deepEqual(episodes.counts(), []);
  assert.deepEqual(board.iteration?.delivery.schema.notes, [note]);
});

test('what slows the tasks is warned of once at start', async (t) => {
  const wss = { resetEvery: 1, stableCycles: 0, membwThreshold: undefined };
  const { lines, play } = setUp(t, { optional: { watch: { wss, sched: true } } });
  await settle();
  await play(1, [1n, 1n]);
  await play(2, [2n, 2n]);
  assert.equal(lines.filter((line) => line.includes('slows the tasks')).length, 1);
  assert.equal(lines.filter((line) => line.includes('/proc/TID/sched')).length, 1);
});

test('steps of optional sources belong to the durations of the original', async (t) => {
  const { batches, play } = setUp(t);
  await settle();
  const steps = ['platform', 'cgroup', 'perf', 'uncore', 'rdt', 'encode'].map((name, i) => ({ name, seconds: 2 ** i }));
  await play(1, [1n, 1n], { steps });
  const durations = [...metricsOf(batches[0] ?? { timestampMs: 0, families: [] })].filter(
    ({ name }) => name === 'wca_duration_seconds',
  );
  const of = (name: string) => durations.find(({ labels }) => labels['function'] === name)?.value;
  assert.equal(of('collect_platform_information'), 1 + 8);
  assert.equal(of('prepare_tasks_data'), 2 + 4 + 16 + 32);
});

test("the original's example of uncore counters gives its throughputs, with the labels of the host", async (t) => {
  const { collector, batches } = setUp(t);
  await settle();
  const imc = { socket: '0', pmu_type: '17' };
  const upi = { socket: '0', pmu_type: '22' };
  const uncore = schemaOf(
    [
      u64('platform_cas_count_reads', imc),
      u64('platform_cas_count_writes', imc),
      u64('platform_pmm_bandwidth_reads', imc),
      u64('platform_pmm_bandwidth_writes', imc),
      u64('platform_upi_rxl_flits', upi),
      u64('platform_upi_txl_flits', upi),
    ],
    [],
  );
  const growths = [2_000_000n, 1_000_000n, 600_000n, 400_000n, 9_000n, 18_000n];
  for (const times of [1n, 2n]) {
    const platform = growths.map((growth) => columnOf([growth * times]));
    const snapshot = { ...snapshotOf({ platform, rows: 1 }), monotonicNs: 2_000_000_000n * times };
    collector.stream.snapshot(uncore, snapshot, { ids: ['a'], revision: 1 });
    await settle();
  }
  const rates = (batch: MetricBatch | undefined) =>
    [...metricsOf(batch ?? { timestampMs: 0, families: [] })].flatMap(({ name, labels, value }) =>
      /_per_second$|_ratio$/.test(name) ? [[name, labels['pmu_type'], labels['host'], labels['rack'], value]] : [],
    );
  assert.deepEqual(rates(batches[0]), []);
  assert.deepEqual(rates(batches[1]), [
    ['platform_dram_hit_ratio', '17', 'node-7', 'r1', 0.75],
    ['platform_dram_reads_bytes_per_second', '17', 'node-7', 'r1', 64e6],
    ['platform_dram_total_bytes_per_second', '17', 'node-7', 'r1', 96e6],
    ['platform_dram_writes_bytes_per_second', '17', 'node-7', 'r1', 32e6],
    ['platform_pmm_reads_bytes_per_second', '17', 'node-7', 'r1', 19.2e6],
    ['platform_pmm_total_bytes_per_second', '17', 'node-7', 'r1', 32e6],
    ['platform_pmm_writes_bytes_per_second', '17', 'node-7', 'r1', 12.8e6],
    ['platform_upi_bandwidth_bytes_per_second', '22', 'node-7', 'r1', 96_000],
  ]);
});

test('the profiled steps have the names of the original', async (t) => {
  const { batches, play } = setUp(t);
  await settle();
  await play(1, [1n, 1n]);
  await play(2, [2n, 2n]);
  const last = batches.at(-1) ?? { timestampMs: 0, families: [] };
  for (const name of ['wca_duration_seconds', 'wca_duration_seconds_avg']) {
    const found = [...metricsOf(last)].filter((metric) => metric.name === name);
    assert.deepEqual(
      found.map(({ labels }) => labels['function']),
      ['collect_platform_information', 'iteration', 'prepare_tasks_data', 'sleep', 'sync_containers_state'],
    );
  }
});

test('a required measurement that the host does not have ends the run with 1 and says what to do', async (t) => {
  const rdt = { required: true, perDomain: false };
  const { collector, ended, lines } = setUp(t, { optional: { watch: { rdt } } });
  await settle();
  const remedy = 'mount -t resctrl resctrl /sys/fs/resctrl';
  const error = new WcaError('FEATURE_ABSENT', { subject: 'resctrl', message: 'is not mounted', remedy });
  collector.stream.emit(
    'error',
    toStatus(error, () => {}),
  );
  assert.equal(await ended, 1);
  assert.ok(lines.includes(`resctrl: is not mounted (${remedy})`), lines.join('\n'));
  assert.ok(!lines.some((line) => line.includes('trying again')));
});
