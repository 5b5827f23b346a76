import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Row } from '../../../../collector/kernel/row.ts';
import { CgroupPool } from '../../../../collector/watch/cgroup-pool.ts';
import { ColumnBuffer } from '../../../../collector/watch/column-buffer.ts';
import { isDue, nextGridMs, secondTickMs, skippedTicks } from '../../../../collector/watch/grid.ts';
import { addSlot } from '../../../../collector/watch/merge.ts';
import { Outbox } from '../../../../collector/watch/outbox.ts';
import { decodeWatchResponse } from '../../../../shared/rpc/watch-codec.ts';
import type { Column } from '../../../../shared/rpc/watch-messages.ts';
import { FakeHost } from '../../../kit/fake-cgroups.ts';
import { columnIntegerAt, integerAt } from '../../../kit/rows.ts';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

function setBig(row: Row, i: number, value: bigint): void {
  row.setWords(i, Number(value & 0xffff_ffffn), Number(value >> 32n));
}

test('addSlot adds exactly, modulo 2^64', () => {
  fc.assert(
    fc.property(uint64, uint64, (a, b) => {
      const [into, from] = [new Row(1), new Row(1)];
      setBig(into, 0, a);
      setBig(from, 0, b);
      addSlot(into, from, 0);
      assert.equal(integerAt(into, 0), (a + b) % 2n ** 64n);
    }),
  );
});

const columns: readonly Column[] = ['a', 'b', 'c'].map((metric) => ({ metric, labels: {}, kind: 'u64', divisor: 1 }));

test('ColumnBuffer turns rows into columns, whatever was in it before', () => {
  const cell = fc.option(uint64, { nil: undefined });
  const table = fc.array(fc.tuple(cell, cell, cell), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 3 }), (ticks) => {
      const buffer = new ColumnBuffer();
      for (const rows of ticks) {
        buffer.resize(columns, rows.length);
        buffer.clear();
        rows.forEach((cells, r) => {
          const [left, right] = [new Row(1), new Row(2)];
          cells.forEach((value, c) => {
            if (value !== undefined) setBig(c === 0 ? left : right, c === 0 ? 0 : c - 1, value);
          });
          buffer.fill(r, 0, left);
          buffer.fill(r, 1, right);
        });
        const values = buffer.values();
        rows.forEach((cells, r) => {
          cells.forEach((value, c) => {
            assert.equal(columnIntegerAt(values[c], r), value);
          });
        });
        assert.ok(values.every(({ absent }, c) => absent.length === 0 || rows.some((cells) => cells[c] === undefined)));
      }
    }),
  );
});

const grids = [
  { now: 1_000, next: 2_000 },
  { now: 1_001, next: 2_000 },
  { now: 1_998.5, next: 2_000 },
  { now: 1_999.2, next: 3_000 },
  { now: 2_000.1, next: 3_000 },
];
for (const { now, next } of grids) {
  test(`after ${now} ms the next tick of 1000 ms is at ${next}`, () => {
    assert.equal(nextGridMs(now, 1_000), next);
  });
}

test('a tick that a timer woke one millisecond early is taken once', () => {
  assert.ok(isDue(2_000, 1_999.1));
  assert.ok(!isDue(nextGridMs(1_999.1, 1_000), 2_000.5));
});

test('property: the grid moves on, and by no more than one and a half intervals', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.integer({ min: 100, max: 60_000 }),
      (now, interval) => {
        const next = nextGridMs(now, interval);
        assert.ok(next > now && next - now <= interval + 1);
        assert.ok(!isDue(next, now));
        const second = secondTickMs(now, interval);
        assert.ok(second - now >= interval / 2 - 1 && second - now <= 1.5 * interval + 1, `${second - now}`);
      },
    ),
  );
});

test('skipped ticks are grid points between', () => {
  assert.equal(skippedTicks({ dueMs: 1_000, nextMs: 2_000, intervalMs: 1_000 }), 0);
  assert.equal(skippedTicks({ dueMs: 1_000, nextMs: 5_000, intervalMs: 1_000 }), 3);
});

/** An outbox on a stream that takes frames only when told. */
function manualOutbox() {
  const frames: string[] = [];
  const flushes: (() => void)[] = [];
  const outbox = new Outbox({
    send: (frame, flushed) => {
      const label = frame.subarray(0, 1).toString() === 's' ? frame.toString() : decodeWatchResponse(frame).kind;
      frames.push(label);
      flushes.push(flushed);
    },
  });
  const offer = (n: number, change: 'schema' | 'roster' | 'both' | 'allocations' | 'none' = 'none'): void =>
    outbox.offer({
      schema:
        change === 'schema' || change === 'both'
          ? { id: n, platform: [], target: [], unavailable: [], notes: [] }
          : undefined,
      roster: change === 'roster' || change === 'both' ? { id: n, targetsRevision: n, targetIds: [] } : undefined,
      allocations: change === 'allocations' ? { id: n, rosterId: n, targets: [] } : undefined,
      encodeSnapshot: (lost) => Buffer.from(`s${n} lost ${lost}`),
    });
  const flush = (): void => {
    for (const flushed of flushes.splice(0)) flushed();
  };
  return { outbox, frames, offer, flush };
}

test('a blocked stream gets the newest snapshot only, with schema, roster and allocations before it', () => {
  const { outbox, frames, offer, flush } = manualOutbox();
  offer(1, 'both');
  assert.deepEqual(frames.splice(0), ['schema', 'roster', 's1 lost 0']);
  offer(2);
  offer(2.5, 'allocations');
  offer(3, 'schema');
  offer(4, 'roster');
  offer(5);
  assert.deepEqual(frames, []);
  flush();
  assert.deepEqual(frames.splice(0), ['schema', 'roster', 'allocations', 's5 lost 4']);
  flush();
  assert.deepEqual(frames, []);
  offer(6);
  assert.deepEqual(frames, ['s6 lost 4']);
  assert.deepEqual([outbox.sent, outbox.lost], [3, 4]);
});

test('a closed outbox sends nothing more', () => {
  const { outbox, frames, offer, flush } = manualOutbox();
  offer(1);
  offer(2);
  outbox.close();
  flush();
  offer(3);
  assert.deepEqual(frames, ['s1 lost 0']);
});

test('a second event list of an open cgroup waits for its turn to be opened', () => {
  const host = new FakeHost();
  host.add('/a');
  const pool = new CgroupPool(host);
  const cgroup = pool.acquire('/a', pool.acquireSet({ events: ['task_page_faults'], perCpu: false }));
  assert.deepEqual([pool.openNext(), pool.openNext()], [true, false]);
  host.take('');
  const second = pool.acquireSet({ events: ['task_cpu_migrations'], perCpu: false });
  pool.acquire('/a', second);
  assert.deepEqual(host.take(''), [], 'acquiring does no work');
  assert.equal(pool.unopened, 1);
  pool.openNext();
  assert.deepEqual(host.take(''), ['open counters /a task_cpu_migrations']);
  pool.release(cgroup, second);
  assert.deepEqual(host.take(''), ['close counters /a']);
});

test('counters of a cgroup that is not on the perf hierarchy are tried again less and less often', () => {
  const host = new FakeHost();
  const cgroupInFiles = host.add('/a');
  const pool = new CgroupPool(host);
  const cgroup = pool.acquire('/a', pool.acquireSet({ events: ['task_page_faults'], perCpu: false }));
  host.cgroups.delete('/a');
  const { openFiles } = host;
  host.openFiles = (path) => {
    host.cgroups.set('/a', cgroupInFiles);
    const opened = openFiles.call(host, path);
    host.cgroups.delete('/a');
    return opened;
  };
  const tries: number[] = [];
  for (let tick = 1; tick <= 20; tick += 1) {
    cgroup.readFiles();
    cgroup.readCounters();
    if (host.take('open counters').length > 0) tries.push(tick);
  }
  assert.deepEqual(tries, [1, 3, 6, 11, 20]);
});
