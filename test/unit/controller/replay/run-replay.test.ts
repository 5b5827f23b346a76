import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Allocator } from '../../../../controller/allocators/allocator.ts';
import { loadConfiguration } from '../../../../controller/config/build.ts';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { type AnyDefinition, defineComponent } from '../../../../controller/config/component.ts';
import type { AnomalyDetector, DetectionResult } from '../../../../controller/detectors/detector.ts';
import type { MetricBatch } from '../../../../controller/model/metric-batch.ts';
import type { TasksData } from '../../../../controller/model/task-data.ts';
import { renderReport } from '../../../../controller/replay/render-report.ts';
import { type ReplayReport, runReplay } from '../../../../controller/replay/run-replay.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { LogFactory } from '../../../../shared/log/logger.ts';
import { registryOf } from '../../../kit/configurations.ts';
import {
  type Entry,
  openTestRecording,
  recordingFile,
  responseEntry,
  snapshotEntry,
  takeEntry,
  taskOf,
  tasksEntry,
  wholeTake,
  writeRecording,
} from '../../../kit/recordings.ts';
import { rosterOf } from '../../../kit/snapshots.ts';

interface Setting {
  readonly entries: readonly Entry[];
  /** YAML of the runner. */
  readonly config: string;
  readonly detector?: AnomalyDetector;
  readonly allocator?: Allocator;
  readonly storage?: Storage;
  readonly speed?: number;
  readonly store?: boolean;
  readonly iterations?: number;
}

const plain = (): AnomalyDetector => ({ detect: () => ({ anomalies: [] }) });

async function play(t: TestContext, setting: Setting): Promise<ReplayReport> {
  const file = recordingFile(t);
  writeRecording(file, setting.entries);
  const recording = openTestRecording(file);
  t.after(() => recording.close());
  const { detector = plain(), allocator = { allocate: () => ({ allocations: new Map() }) }, storage } = setting;
  const own: readonly AnyDefinition[] = [
    defineComponent({
      tag: 'TestDetector',
      kind: 'detector',
      since: 'wca',
      doc: '',
      parameters: {},
      create: () => detector,
    }),
    defineComponent({
      tag: 'TestAllocator',
      kind: 'allocator',
      since: 'wca',
      doc: '',
      parameters: {},
      create: () => allocator,
    }),
    defineComponent({
      tag: 'TestStorage',
      kind: 'storage',
      since: 'wca',
      doc: '',
      parameters: {},
      create: () => storage ?? { describe: () => 'test', store: async () => undefined },
    }),
  ];
  const logs = new LogFactory({ levels: new Map([['', 'silent']]), fd: 2, pretty: false });
  const registry = registryOf([...builtinComponents(), ...own]);
  const { speed, store = true, iterations } = setting;
  return runReplay(
    {
      recording,
      registry,
      logs,
      speed,
      store,
      iterations,
      configure: (replayed, host, clock) =>
        loadConfiguration({
          file: 'test.yaml',
          text: setting.config,
          registry: replayed,
          context: { host, clock, logger: (module) => logs.logger(module) },
          env: {},
        }).runner,
    },
    new AbortController().signal,
  );
}

const measuring = (more = ''): string => `!MeasurementRunner
    node: !StaticNode {tasks: [never/asked]}
    metrics_storage: !TestStorage {}
    ${more}`;
const detecting = (more = '', runner = ''): string => `runner: !DetectionRunner
  measurement_runner: ${measuring(more)}
  detector: !TestDetector {}
  anomalies_storage: !TestStorage {}
  ${runner}`;
const allocating = `runner: !AllocationRunner
  measurement_runner: ${measuring()}
  allocator: !TestAllocator {}
  allocations_storage: !TestStorage {}
  anomalies_storage: !TestStorage {}
  lease_seconds: 10
  restore_on_exit: true`;

/** A storage that remembers. */
class Memory implements Storage {
  readonly batches: MetricBatch[] = [];
  readonly #delayMs: number;

  constructor(delayMs = 0) {
    this.#delayMs = delayMs;
  }

  describe(): string {
    return 'memory';
  }

  async store(batch: MetricBatch): Promise<void> {
    if (this.#delayMs > 0) await wait(this.#delayMs);
    this.batches.push(batch);
  }
}

const measured = (batch: MetricBatch): boolean => batch.families.some(({ name }) => name === 'task_cpu_usage_seconds');

test('each snapshot is an iteration with the recorded tasks, and with the time of the recording', async (t) => {
  const memory = new Memory();
  const { findings, status, failure } = await play(t, {
    entries: wholeTake(['a', 'b'], { count: 30 }),
    config: `runner: ${measuring()}`,
    storage: memory,
  });
  assert.deepEqual([status, failure, findings.iterations, findings.mostTasks], [0, undefined, 30, 2]);
  assert.deepEqual(
    [...findings.tasks],
    [
      ['a', 'name of a'],
      ['b', 'name of b'],
    ],
  );
  const stored = memory.batches.filter(measured);
  assert.deepEqual(
    stored.map(({ timestampMs }) => timestampMs),
    Array.from({ length: 30 }, (_, i) => 1_600_000_100_000 + 1000 * i),
  );
  assert.equal(findings.errors.size, 0);
});

test('a storage that is slow gets every batch', async (t) => {
  const memory = new Memory(5);
  await play(t, { entries: wholeTake(['a'], { count: 20 }), config: `runner: ${measuring()}`, storage: memory });
  assert.equal(memory.batches.filter(measured).length, 20);
});

test('with --no-store no storage is opened', async (t) => {
  const refuse = async (): Promise<void> => assert.fail('touched');
  const storage = { describe: () => 'x', start: refuse, store: refuse, stop: refuse };
  const { findings, status } = await play(t, {
    entries: wholeTake(['a']),
    config: `runner: ${measuring()}`,
    storage,
    store: false,
  });
  assert.deepEqual([status, findings.iterations, findings.errors.size], [0, 5, 0]);
});

/** Seen by a detector in each iteration. */
class Watcher implements AnomalyDetector {
  readonly seen: { readonly unixSeconds: number; readonly ids: readonly string[] }[] = [];
  readonly #answer: (call: number, tasks: TasksData, signal: AbortSignal) => DetectionResult | Promise<DetectionResult>;

  constructor(
    answer: (call: number, tasks: TasksData, signal: AbortSignal) => DetectionResult | Promise<DetectionResult>,
  ) {
    this.#answer = answer;
  }

  detect(platform: { readonly timestamp: number }, tasks: TasksData, signal: AbortSignal) {
    this.seen.push({ unixSeconds: platform.timestamp, ids: [...tasks.keys()] });
    return this.#answer(this.seen.length, tasks, signal);
  }
}

const nothing = (): DetectionResult => ({ anomalies: [] });

test('a detector sees every iteration, also one that takes its time', async (t) => {
  const detector = new Watcher(async () => {
    await wait(3);
    return nothing();
  });
  await play(t, { entries: wholeTake(['a'], { count: 25 }), config: detecting(), detector });
  assert.equal(detector.seen.length, 25);
});

test('anomalies are told once for the time they last, with the names of tasks', async (t) => {
  const anomaly = {
    kind: 'contention',
    resource: 'cpus',
    contendedTaskId: 'a',
    contendingTaskIds: ['b'],
    metrics: [],
  } as const;
  const detector = new Watcher((call) => ({ anomalies: [2, 3, 4, 8].includes(call) ? [anomaly] : [] }));
  const report = await play(t, { entries: wholeTake(['a', 'b'], { count: 10 }), config: detecting(), detector });
  const from = 1_600_000_100_000;
  const facts = { by: '!TestDetector', resource: 'cpus', contended: 'name of a', contending: ['name of b'] };
  assert.deepEqual(report.findings.anomalies, [
    { ...facts, firstUnixMs: from + 1000, lastUnixMs: from + 3000, iterations: 3 },
    { ...facts, firstUnixMs: from + 7000, lastUnixMs: from + 7000, iterations: 1 },
  ]);
  const text = renderReport(report, 'x.wcarec', { colour: false, unicode: false, width: undefined }).join('\n');
  assert.match(text, /2020-09-13T12:28:21Z +12:28:23 +3 +cpus +name of a +name of b +!TestDetector/);
});

test('a detector that throws, answers nonsense or hangs costs its iterations, and the replay goes on', async (t) => {
  const detector = new Watcher((call, _tasks, signal) => {
    if (call === 2) throw new Error('thrown in a detector');
    if (call === 3) return Object.assign(nothing(), { anomalies: 5 });
    if (call === 4) return new Promise((resolve) => signal.addEventListener('abort', () => resolve(nothing())));
    return nothing();
  });
  const started = performance.now();
  const { findings, status } = await play(t, {
    entries: wholeTake(['a'], { count: 10 }),
    config: detecting('', 'detector_timeout: 0.2'),
    detector,
  });
  assert.ok(performance.now() - started < 5_000);
  assert.deepEqual([status, findings.iterations, findings.errors.get('detection')?.times], [0, 10, 3]);
  assert.equal(detector.seen.length, 10);
});

test('the time limit of a detector is one of real time: a slow machine gives no other result', async (t) => {
  const detector = new Watcher(async () => {
    await wait(60);
    return nothing();
  });
  const { findings } = await play(t, {
    entries: wholeTake(['a'], { count: 3 }),
    config: detecting('', 'detector_timeout: 0.5'),
    detector,
  });
  assert.deepEqual([...findings.errors.keys()], []);
});

test('a task that begins or ends is there from its first row to its last', async (t) => {
  const detector = new Watcher(nothing);
  const entries = wholeTake(['a'], { from: 100, count: 3 }).slice(0, -1);
  const born: readonly Entry[] = [
    tasksEntry(taskOf('a'), taskOf('b')),
    responseEntry({ kind: 'roster', roster: { ...rosterOf('a', 'b'), id: 2 } }),
    ...[103, 104, 105].map((seconds) => snapshotEntry({ seconds, values: [1n, 1n], rosterId: 2 })),
    tasksEntry(taskOf('b')),
    snapshotEntry({ seconds: 106, values: [1n, 1n], rosterId: 2 }),
    responseEntry({ kind: 'roster', roster: { ...rosterOf('b'), id: 3 } }),
    snapshotEntry({ seconds: 107, values: [1n], rosterId: 3 }),
  ];
  await play(t, { entries: [...entries, ...born], config: detecting(), detector });
  assert.deepEqual(
    detector.seen.map(({ ids }) => ids.join()),
    ['a', 'a', 'a', 'a,b', 'a,b', 'a,b', 'a,b', 'b'],
  );
});

test('the next take is another attachment: hours between them are not lived through', async (t) => {
  const memory = new Memory();
  const later = wholeTake(['a'], { from: 90_000, count: 5 });
  const { findings } = await play(t, {
    entries: [...wholeTake(['a'], { count: 5 }), ...later],
    config: `runner: ${measuring()}`,
    storage: memory,
  });
  assert.equal(findings.iterations, 10);
  assert.equal(memory.batches.filter(measured).length, 10);
  assert.ok(memory.batches.length < 20, `${memory.batches.length} batches`);
  const errors = [...findings.errors.values()].map(({ first }) => first.message);
  assert.deepEqual(errors, ['the recording was interrupted here']);
});

test('a clock of the recorded host that was set back changes labels of time, not intervals', async (t) => {
  const detector = new Watcher(nothing);
  const entries = [
    ...wholeTake(['a'], { count: 3 }).slice(0, -1),
    ...[103, 104].map((seconds) =>
      snapshotEntry({ seconds, values: [1n], parts: { realtimeNs: 1_500_000_000_000_000_000n + BigInt(seconds) } }),
    ),
  ];
  const { findings } = await play(t, { entries, config: detecting(), detector });
  assert.equal(findings.iterations, 5);
  assert.equal(Math.round(detector.seen[4]?.unixSeconds ?? 0), 1_500_000_000);
});

test('snapshots between two of a longer interval are left out', async (t) => {
  const detector = new Watcher(nothing);
  await play(t, { entries: wholeTake(['a'], { count: 20 }), config: detecting('interval: 5'), detector });
  assert.deepEqual(
    detector.seen.map(({ unixSeconds }) => unixSeconds - 1_600_000_000),
    [100, 105, 110, 115],
  );
});

test('a shorter interval than the recorded one is told', async (t) => {
  const { findings } = await play(t, { entries: wholeTake(['a']), config: `runner: ${measuring('interval: 0.2')}` });
  assert.deepEqual([...findings.notes], ['measured every 1 s as recorded, not every 0.2 s']);
});

test('events that were not recorded are told', async (t) => {
  const config = `runner: ${measuring('event_names: [task_instructions]')}`;
  const { findings } = await play(t, { entries: wholeTake(['a']), config });
  assert.deepEqual([...findings.notes], ['events that are not in the recording: task_instructions']);
});

test('allocations are told and not made: neither leases nor restoring', async (t) => {
  let calls = 0;
  const allocator: Allocator = {
    allocate: (_platform, tasks) => {
      calls += 1;
      return { allocations: new Map([...tasks.keys()].map((id) => [id, { cpu_quota: calls < 5 ? 0.5 : 0.9 }])) };
    },
  };
  const { findings, status } = await play(t, {
    entries: wholeTake(['a'], { count: 10 }),
    config: allocating,
    allocator,
  });
  assert.deepEqual([status, calls], [0, 10]);
  const facts = { task: 'name of a', type: 'cpu_quota', before: '', times: 1 };
  const [at0, at4] = [1_600_000_100_000, 1_600_000_104_000];
  assert.deepEqual(findings.allocations, [
    { ...facts, value: '1000 of 1000 us', firstUnixMs: at0, lastUnixMs: at0 },
    { ...facts, value: '1800 of 1000 us', firstUnixMs: at4, lastUnixMs: at4 },
  ]);
});

test('--iterations ends the replay', async (t) => {
  const { findings, status } = await play(t, {
    entries: wholeTake(['a'], { count: 50 }),
    config: `runner: ${measuring()}`,
    iterations: 7,
  });
  assert.deepEqual([status, findings.iterations], [0, 7]);
});

test('--speed 20 plays twenty seconds in one', async (t) => {
  const { tookSeconds } = await play(t, {
    entries: wholeTake(['a'], { count: 11 }),
    config: `runner: ${measuring()}`,
    speed: 20,
  });
  assert.ok(tookSeconds >= 0.5 && tookSeconds < 3, `${tookSeconds} s`);
});

test('a recording that is broken further on is replayed until there', async (t) => {
  const entries = [...wholeTake(['a'], { count: 4 }).slice(0, -1), snapshotEntry({ seconds: 1, values: [1n] })];
  const { findings, failure, status } = await play(t, { entries, config: `runner: ${measuring()}` });
  // The frame before the broken one is read when that is found.
  assert.deepEqual([findings.iterations, failure?.code, status], [3, 'INVALID_ARGUMENT', 0]);
  assert.match(failure?.message ?? '', /not later/);
});

test('a recording without a snapshot is refused', async (t) => {
  await assert.rejects(play(t, { entries: [takeEntry()], config: `runner: ${measuring()}` }), (thrown) => {
    assert.ok(thrown instanceof WcaError);
    return thrown.code === 'INVALID_ARGUMENT' && thrown.message === 'holds no snapshot';
  });
});

test('the same recording and configuration give the same bytes', async (t) => {
  const file = recordingFile(t, 'metrics.prom');
  const config = (n: number): string => `runner: !DetectionRunner
  measurement_runner: !MeasurementRunner
    node: !CgroupNode {}
    enable_derived_metrics: true
    metrics_storage: !LogStorage {output_filename: ${file}${n}}
  detector: !PsiContentionDetector {}
  anomalies_storage: !LogStorage {output_filename: ${file}${n}.anomalies}`;
  const entries = [...wholeTake(['a', 'b'], { count: 40 }), ...wholeTake(['a'], { from: 7, count: 5 })];
  for (const n of [1, 2]) await play(t, { entries, config: config(n) });
  for (const suffix of ['', '.anomalies']) {
    const [one, two] = [1, 2].map((n) => readFileSync(`${file}${n}${suffix}`, 'utf8').replaceAll(`${file}${n}`, ''));
    assert.ok((one?.length ?? 0) > 1000);
    assert.equal(one, two);
  }
});
