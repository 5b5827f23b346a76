import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { MetricBatch } from '../../../../controller/model/metric-batch.ts';
import { FilterStorage } from '../../../../controller/storages/filter-storage.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const batch = batchOf(
  ['a', 'ab', 'b'].map((name) => ({ name, value: 1, labels: {} })),
  1,
);

/** Remembers the names of the metrics it got. */
class MemoryStorage implements Storage {
  readonly got: string[][] = [];
  readonly calls: string[] = [];
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  describe(): string {
    return this.#name;
  }

  async start(): Promise<void> {
    this.calls.push('start');
  }

  async store({ families }: MetricBatch): Promise<void> {
    this.got.push(families.map(({ name }) => name));
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
  }
}

const failing = (name: string, message: string): Storage => ({
  describe: () => name,
  store: () => Promise.reject(new WcaError('STORAGE_FAILED', { subject: name, message })),
});

const filters: readonly { readonly filter: readonly string[] | undefined; readonly kept: readonly string[] }[] = [
  { filter: undefined, kept: ['a', 'ab', 'b'] },
  { filter: ['a'], kept: ['a'] },
  { filter: ['b', 'a', 'unknown'], kept: ['a', 'b'] },
  { filter: [], kept: [] },
];
for (const { filter, kept } of filters) {
  test(`filter ${JSON.stringify(filter) ?? 'absent'} keeps ${JSON.stringify(kept)}`, async () => {
    const storage = new MemoryStorage('m');
    await new FilterStorage({ storages: [storage], filter, clock: new FakeClock() }).store(batch);
    assert.deepEqual(storage.got, [kept]);
  });
}

test('a storage that fails keeps the batch from no other, and its error is told', async () => {
  const [first, last] = [new MemoryStorage('first'), new MemoryStorage('last')];
  const storage = new FilterStorage({ storages: [first, failing('bad', 'disk full'), last], clock: new FakeClock() });
  await assert.rejects(storage.store(batch), { subject: 'bad', message: 'disk full' });
  assert.deepEqual([first.got.length, last.got.length], [1, 1]);
});

test('all failures of a batch are told', async () => {
  const storages = [failing('one', 'disk full'), failing('two', 'no broker')];
  await assert.rejects(new FilterStorage({ storages, clock: new FakeClock() }).store(batch), (thrown) => {
    assert.ok(thrown instanceof WcaError);
    assert.equal(thrown.message, 'one: disk full; two: no broker');
    assert.ok(thrown.cause instanceof AggregateError);
    return true;
  });
});

test('a storage that hangs costs the others one wait and then nothing', async () => {
  const clock = new FakeClock();
  const good = new MemoryStorage('good');
  const hanging: Storage = { describe: () => 'hanging', store: () => new Promise(() => {}) };
  const storage = new FilterStorage({ storages: [hanging, good], clock });
  const first = storage.store(batch);
  await new Promise((resolve) => setImmediate(resolve));
  clock.advanceMs(2_000);
  await assert.rejects(first, { code: 'DEADLINE', subject: 'hanging' });
  await assert.rejects(storage.store(batch), { subject: 'hanging', message: /busy/ });
  assert.equal(good.got.length, 2);
});

test('when one storage does not start those already started are stopped', async () => {
  const first = new MemoryStorage('first');
  const bad: Storage = { ...failing('bad', ''), start: () => Promise.reject(new Error('port in use')) };
  const storage = new FilterStorage({ storages: [first, bad], clock: new FakeClock() });
  await assert.rejects(storage.start(), /port in use/);
  assert.deepEqual(first.calls, ['start', 'stop']);
});

test('stop stops all, also when one refuses', async () => {
  const last = new MemoryStorage('last');
  const bad: Storage = { ...failing('bad', ''), stop: () => Promise.reject(new Error('no')) };
  await new FilterStorage({ storages: [bad, last], clock: new FakeClock() }).stop();
  assert.deepEqual(last.calls, ['stop']);
});

test('endpoints and dropped series are those of its storages', () => {
  const counted: Storage = { ...failing('x', ''), endpoints: () => ['http://a/'], seriesDropped: () => 3 };
  const storage = new FilterStorage({ storages: [counted, failing('y', ''), counted], clock: new FakeClock() });
  assert.deepEqual([storage.endpoints(), storage.seriesDropped()], [['http://a/', 'http://a/'], 6]);
});

test('a host that stores while another does is not turned away', async () => {
  const finish: (() => void)[] = [];
  const sources: (string | undefined)[] = [];
  const slow: Storage = {
    describe: () => 'slow',
    store: ({ source }) => {
      sources.push(source);
      return new Promise((resolve) => finish.push(resolve));
    },
    forget: (source) => sources.push(`forget ${source}`),
  };
  const storage = new FilterStorage({ storages: [slow], clock: new FakeClock() });
  const stored = ['n1', 'n2'].map((source) => storage.store({ ...batch, source }));
  await assert.rejects(storage.store({ ...batch, source: 'n1' }), /busy/);
  for (const done of finish) done();
  await Promise.all(stored);
  storage.forget('n1');
  assert.deepEqual(sources, ['n1', 'n2', 'forget n1']);
});
