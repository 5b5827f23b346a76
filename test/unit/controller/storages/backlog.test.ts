import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import { FilterStorage } from '../../../../controller/storages/filter-storage.ts';
import type { Backlog, Storage } from '../../../../controller/storages/storage.ts';
import { StorageOutlet } from '../../../../controller/storages/storage-outlet.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

/** What storages that deliver later do to the accounts of an outlet. */

const empty = batchOf([], 0);
const trouble = new WcaError('STORAGE_FAILED', { subject: 'broker', message: 'down' });

class LateStorage implements Storage {
  state: Backlog = { waiting: 0, lost: 0, trouble: undefined };
  describe(): string {
    return 'LateStorage';
  }
  async store(): Promise<void> {}
  backlog(): Backlog {
    return this.state;
  }
}

function outletOf(storage: Storage) {
  const told: (string | undefined)[] = [];
  const onSettled = (error: WcaError | undefined): void => void told.push(error?.message);
  const clock = new FakeClock();
  return { told, outlet: new StorageOutlet({ name: 'x', storage, timeoutMs: 1_000, clock, onSettled }) };
}

test('a batch counts as waiting until it is stored or lost', async () => {
  const storage = new LateStorage();
  const { outlet, told } = outletOf(storage);
  for (let i = 0; i < 5; i += 1) {
    storage.state = { waiting: i + 1, lost: 0, trouble };
    await outlet.attempt(empty);
  }
  assert.deepEqual(outlet.status, { stored: 0, waiting: 5, dropped: 0, failed: 0, error: trouble });
  storage.state = { waiting: 1, lost: 2, trouble };
  assert.deepEqual(outlet.status, { stored: 2, waiting: 1, dropped: 0, failed: 2, error: trouble });
  storage.state = { waiting: 0, lost: 2, trouble: undefined };
  await outlet.attempt(empty);
  assert.deepEqual(outlet.status, { stored: 4, waiting: 0, dropped: 0, failed: 2, error: undefined });
  assert.deepEqual(told, [...Array(5).fill('down'), undefined]);
});

test('a filter hands on the trouble of its storages and counts a batch once', async () => {
  const [one, two] = [new LateStorage(), new LateStorage()];
  const filter = new FilterStorage({ storages: [one, two], clock: new FakeClock() });
  const { outlet, told } = outletOf(filter);
  await outlet.attempt(empty);
  assert.equal(outlet.status.stored, 1);
  one.state = { waiting: 1, lost: 1, trouble: undefined };
  two.state = { waiting: 2, lost: 0, trouble };
  await outlet.attempt(empty);
  await outlet.attempt(empty);
  assert.deepEqual(outlet.status, { stored: 0, waiting: 2, dropped: 0, failed: 1, error: trouble });
  assert.deepEqual(told, [undefined, 'down', 'down']);
});
