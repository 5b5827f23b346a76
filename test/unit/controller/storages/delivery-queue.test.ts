import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Delivered, DeliveryQueue } from '../../../../controller/storages/delivery-queue.ts';
import { chooseRetryMs, parseRetryAfter } from '../../../../controller/storages/retry-policy.ts';
import { storeThrough } from '../../../../controller/storages/store-through.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

interface Item {
  readonly id: number;
  readonly bytes: number;
}

const failed = (message: string, retryAfterMs?: number): Delivered => ({
  kind: 'failed',
  error: new WcaError('STORAGE_FAILED', { subject: 's', message }),
  retryAfterMs,
});
const delivered: Delivered = { kind: 'delivered' };
const refused: Delivered = { kind: 'refused', error: new WcaError('STORAGE_FAILED', { subject: 's', message: 'no' }) };

/** A queue whose attempts are answered by the test. */
function setUp({ maxBytes = 100, maxAgeMs = 60_000 } = {}) {
  const clock = new FakeClock();
  const sent: number[] = [];
  let answer: (outcome: Delivered) => void = () => assert.fail('nothing is on its way');
  const queue = new DeliveryQueue<Item>({
    subject: 's',
    send: ({ id }) => {
      sent.push(id);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    maxBytes,
    maxAgeMs,
    retry: { firstMs: 100, longestMs: 1_000 },
    clock,
    random: () => 0,
  });
  return {
    clock,
    queue,
    sent,
    push: (id: number, bytes = 10) => void queue.push({ id, bytes }),
    answer: async (outcome: Delivered) => {
      answer(outcome);
      await turn();
    },
    pass: async (ms: number) => {
      clock.advanceMs(ms);
      await turn();
    },
  };
}

test('items are delivered one at a time in their order', async () => {
  const { queue, sent, push, answer } = setUp();
  for (const id of [1, 2, 3]) push(id);
  assert.deepEqual(sent, [1]);
  await answer(delivered);
  await answer(delivered);
  assert.deepEqual([sent, queue.backlog.waiting], [[1, 2, 3], 1]);
  await answer(delivered);
  assert.deepEqual(queue.backlog, { waiting: 0, lost: 0, trouble: undefined });
  push(4);
  assert.deepEqual(sent, [1, 2, 3, 4], 'a queue that was empty begins again');
});

test('a failed item is tried again after waits that double, up to the longest, and nothing overtakes it', async () => {
  const { queue, sent, push, answer, pass } = setUp();
  push(1);
  push(2);
  for (const [attempt, ms] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
    await answer(failed(`attempt ${attempt}`));
    assert.equal(queue.backlog.trouble?.message, `attempt ${attempt}`);
    await pass(ms - 1);
    assert.equal(sent.length, attempt + 1, `not before ${ms} ms`);
    await pass(1);
    assert.equal(sent.length, attempt + 2, `after ${ms} ms`);
  }
  await answer(delivered);
  assert.equal(queue.backlog.trouble, undefined);
  assert.deepEqual(sent, [1, 1, 1, 1, 1, 1, 1, 2]);
  await answer(failed('again'));
  await pass(100);
  assert.equal(sent.length, 9, 'the waits begin anew after a delivery');
});

test('the other side is not asked again before the time it named', async () => {
  const { sent, push, answer, pass } = setUp();
  push(1);
  await answer(failed('busy', 5_000));
  await pass(4_999);
  assert.deepEqual(sent, [1]);
  await pass(1);
  assert.deepEqual(sent, [1, 1]);
});

test('what is refused is given up, counted, and told until the next delivery', async () => {
  const { queue, push, answer } = setUp();
  push(1);
  push(2);
  await answer(refused);
  assert.deepEqual([queue.backlog.waiting, queue.backlog.lost, queue.backlog.trouble?.message], [1, 1, 'no']);
  await answer(delivered);
  assert.deepEqual(queue.backlog, { waiting: 0, lost: 1, trouble: undefined });
});

test('a full queue gives up the oldest that is not on its way', async () => {
  const { queue, sent, push, answer } = setUp({ maxBytes: 30 });
  for (const id of [1, 2, 3, 4, 5]) push(id);
  assert.deepEqual([queue.backlog.waiting, queue.backlog.lost], [3, 2]);
  for (let i = 0; i < 3; i += 1) await answer(delivered);
  assert.deepEqual([sent, queue.backlog.waiting], [[1, 4, 5], 0]);
});

test('an item larger than the queue is refused at once and costs the others nothing', () => {
  const { queue, push } = setUp({ maxBytes: 30 });
  push(1);
  assert.throws(() => push(2, 31), { code: 'STORAGE_FAILED', message: /31 bytes does not fit into the buffer of 30/ });
  assert.deepEqual([queue.backlog.waiting, queue.backlog.lost], [1, 0]);
});

test('items that are too old are given up when their turn comes', async () => {
  const { queue, sent, push, answer, pass } = setUp({ maxAgeMs: 150 });
  push(1);
  await answer(failed('down'));
  await pass(90);
  push(2);
  await pass(10);
  await answer(failed('down'));
  await pass(200);
  assert.deepEqual([sent, queue.backlog.lost, queue.backlog.waiting], [[1, 1], 2, 0]);
});

test('stop tries once more without waiting and counts what is left', async () => {
  const { queue, sent, push, answer } = setUp();
  push(1);
  push(2);
  await answer(failed('down'));
  const stopped = queue.stop(1_000);
  await turn();
  assert.deepEqual(sent, [1, 1], 'the wait is cut short');
  await answer(failed('down'));
  await stopped;
  assert.deepEqual([queue.backlog.waiting, queue.backlog.lost], [0, 2]);
  assert.throws(() => push(3), /stopped/);
  await queue.stop(1_000);
});

test('stop waits no longer than it may for what hangs', async () => {
  const { queue, push, pass } = setUp();
  push(1);
  const stopped = queue.stop(1_000);
  await pass(1_000);
  await stopped;
  assert.equal(queue.backlog.lost, 1);
});

test('storing waits for the delivery while all goes well, and does not wait in trouble', async () => {
  const { clock, queue, answer, pass } = setUp();
  const { signal } = new AbortController();
  let stored = 0;
  const store = (id: number): void => {
    void storeThrough(queue, { id, bytes: 1 }, { maxWaitMs: 500, clock, signal }).then(() => {
      stored += 1;
    });
  };
  store(1);
  await turn();
  assert.equal(stored, 0);
  await answer(delivered);
  assert.equal(stored, 1);
  store(2);
  await pass(500);
  assert.equal(stored, 2);
  assert.equal(queue.backlog.trouble?.message, 'not delivered within 0.5 s');
  store(3);
  await turn();
  assert.equal(stored, 3, 'in trouble a batch only takes its place');
  await answer(delivered);
  assert.equal(queue.backlog.trouble, undefined);
});

test('waits double from the first to the longest, less up to a half', () => {
  const policy = { firstMs: 100, longestMs: 30_000 };
  const cases = [
    [{ attempt: 0, random: 0 }, 100],
    [{ attempt: 3, random: 0 }, 800],
    [{ attempt: 3, random: 1 }, 400],
    [{ attempt: 1_000_000, random: 0 }, 30_000],
    [{ attempt: 0, random: 0, retryAfterMs: 2_000 }, 2_000],
    [{ attempt: 0, random: 0, retryAfterMs: 1e12 }, 300_000],
  ] as const;
  for (const [facts, ms] of cases) assert.equal(chooseRetryMs(policy, facts), ms);
});

test('Retry-After is seconds or a date; anything else is nothing', () => {
  const now = Date.parse('2026-10-21T07:28:00Z');
  const cases: readonly (readonly [string | undefined, number | undefined])[] = [
    ['120', 120_000],
    ['0', 0],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['9'.repeat(65), undefined],
    [undefined, undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseRetryAfter(text, now), ms, text);
});
