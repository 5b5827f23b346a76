import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricBatch } from '../../../../controller/model/metric-batch.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { StorageOutlet } from '../../../../controller/storages/storage-outlet.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const batch: MetricBatch = { timestampMs: 1, families: [] };

/** A storage whose calls the test settles. */
class HeldStorage implements Storage {
  readonly signals: AbortSignal[] = [];
  readonly #calls: { readonly resolve: () => void; readonly reject: (thrown: unknown) => void }[] = [];

  describe(): string {
    return 'HeldStorage';
  }

  store(_batch: MetricBatch, signal: AbortSignal): Promise<void> {
    this.signals.push(signal);
    return new Promise((resolve, reject) => this.#calls.push({ resolve, reject }));
  }

  resolve(): void {
    this.#calls.shift()?.resolve();
  }

  reject(thrown: unknown): void {
    this.#calls.shift()?.reject(thrown);
  }
}

function setUp(storage: Storage, timeoutMs = 1_000) {
  const clock = new FakeClock();
  const settled: (WcaError | undefined)[] = [];
  const outlet = new StorageOutlet({
    name: 'metrics_storage',
    storage,
    timeoutMs,
    clock,
    onSettled: (error) => settled.push(error),
  });
  return { clock, outlet, settled };
}

test('a stored batch is counted and told', async () => {
  const storage = new HeldStorage();
  const { outlet, settled } = setUp(storage);
  const result = outlet.attempt(batch);
  storage.resolve();
  assert.equal(await result, undefined);
  assert.deepEqual(outlet.status, { stored: 1, waiting: 0, dropped: 0, failed: 0, error: undefined });
  assert.deepEqual(settled, [undefined]);
});

test('offer returns at once, and while a batch is on its way newer ones are dropped', async () => {
  const storage = new HeldStorage();
  const { outlet } = setUp(storage);
  outlet.offer(batch);
  outlet.offer(batch);
  const dropped = await outlet.attempt(batch);
  assert.match(dropped?.message ?? '', /busy/);
  assert.equal(storage.signals.length, 1);
  assert.equal(outlet.status.dropped, 2);
  storage.resolve();
  await outlet.drain(1_000);
  assert.equal(outlet.status.stored, 1);
});

for (const [what, storage] of [
  ['rejects', { describe: () => 'x', store: () => Promise.reject(new Error('no broker')) }],
  [
    'throws',
    {
      describe: () => 'x',
      store: () => {
        throw new Error('no broker');
      },
    },
  ],
] as const) {
  test(`a storage that ${what} is survived: counted, told, tried again`, async () => {
    const { outlet, settled } = setUp(storage);
    const error = await outlet.attempt(batch);
    assert.deepEqual([error?.code, error?.subject, error?.message], ['STORAGE_FAILED', 'metrics_storage', 'no broker']);
    assert.equal(outlet.status.error, error);
    await outlet.attempt(batch);
    assert.equal(outlet.status.failed, 2);
    assert.equal(settled.length, 2);
  });
}

test('the error lasts until a batch is stored', async () => {
  const storage = new HeldStorage();
  const { outlet } = setUp(storage);
  const first = outlet.attempt(batch);
  storage.reject(new WcaError('STORAGE_FAILED', { subject: 'file', message: 'disk full' }));
  assert.equal((await first)?.subject, 'file');
  const second = outlet.attempt(batch);
  storage.resolve();
  await second;
  assert.deepEqual(outlet.status, { stored: 1, waiting: 0, dropped: 0, failed: 1, error: undefined });
});

test('a batch that takes too long counts as failed once, and is still awaited before the next', async () => {
  const storage = new HeldStorage();
  const { clock, outlet, settled } = setUp(storage, 500);
  const result = outlet.attempt(batch);
  clock.advanceMs(500);
  const error = await result;
  assert.deepEqual([error?.code, error?.message], ['DEADLINE', 'not stored within 0.5 s']);
  await outlet.attempt(batch);
  assert.equal(outlet.status.dropped, 1);
  storage.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  const next = outlet.attempt(batch);
  storage.resolve();
  assert.equal(await next, undefined);
  assert.deepEqual(outlet.status, { stored: 1, waiting: 0, dropped: 1, failed: 1, error: undefined });
  assert.equal(settled.length, 2);
});

test('drain waits for the batch on its way, then takes no more', async () => {
  const storage = new HeldStorage();
  const { outlet } = setUp(storage);
  outlet.offer(batch);
  const drained = outlet.drain(1_000);
  assert.equal(storage.signals[0]?.aborted, false);
  storage.resolve();
  await drained;
  outlet.offer(batch);
  assert.deepEqual([outlet.status.stored, outlet.status.dropped], [1, 1]);
});

test('drain gives up when the time is up, and tells the storage', async () => {
  const storage = new HeldStorage();
  const { clock, outlet } = setUp(storage, 60_000);
  outlet.offer(batch);
  const drained = outlet.drain(2_000);
  clock.advanceMs(2_000);
  await drained;
  assert.equal(storage.signals[0]?.aborted, true);
});

test('drain of an outlet that never stored anything is immediate and can be repeated', async () => {
  const { outlet } = setUp(new HeldStorage());
  await outlet.drain(1_000);
  await outlet.drain(1_000);
});
