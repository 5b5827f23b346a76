import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { nextBatchPages, restMs } from '../../../../../collector/apply/pages/batch-size.ts';
import { HostPageMover } from '../../../../../collector/apply/pages/page-mover.ts';
import type { MemoryReader, PageCalls } from '../../../../../collector/apply/pages/process-pages.ts';
import type { AllocationTarget } from '../../../../../collector/apply/ports.ts';
import type { Call, PageBatch } from '../../../../../collector/kernel/libc.ts';
import type { PageRange } from '../../../../../collector/kernel/numa/page-ranges.ts';
import { type Reading, WcaError } from '../../../../../shared/errors/wca-error.ts';
import { systemClock } from '../../../../../shared/lifecycle/clock.ts';

const pageSizeBytes = 4096;
const target: AllocationTarget = { id: 't', path: '/pod/a', children: ['/pod/a/c1'] };

interface Process {
  /** Page → node. */
  readonly pages: Map<number, number>;
  /** Pages the kernel does not move, with the errno it says. */
  readonly pinned: ReadonlySet<number>;
}

/** A kernel of processes with pages on two nodes. */
class PagesKernel implements PageCalls, MemoryReader {
  readonly processes = new Map<number, Process>();
  readonly batches: number[] = [];
  errno: string | undefined;
  /** Called before each call: things happen meanwhile. */
  meanwhile: () => void = () => undefined;
  #inFlight = 0;

  add(pid: number, nodes: readonly number[], pinned: readonly number[] = []): void {
    this.processes.set(pid, { pages: new Map(nodes.map((node, i) => [100 + i, node])), pinned: new Set(pinned) });
  }

  async movePages({ pid, count, addresses, nodes, status }: PageBatch): Promise<Call> {
    this.#inFlight += 1;
    assert.equal(this.#inFlight, 1, 'one call at a time');
    this.meanwhile();
    await setImmediate();
    this.#inFlight -= 1;
    if (this.errno !== undefined) return { ok: false, errno: this.errno };
    const process = this.processes.get(pid);
    if (process === undefined) return { ok: false, errno: 'ESRCH' };
    if (nodes !== undefined) this.batches.push(count);
    for (let i = 0; i < count; i += 1) {
      const page = Number(addresses.readBigUInt64LE(i * 8)) / pageSizeBytes;
      if (nodes !== undefined && process.pages.has(page) && !process.pinned.has(page)) {
        process.pages.set(page, nodes.readInt32LE(i * 4));
      }
      const isRefused = nodes !== undefined && process.pinned.has(page);
      status.writeInt32LE(isRefused ? -16 : (process.pages.get(page) ?? -14), i * 4);
    }
    return { ok: true, value: 0 };
  }

  async migratePages(pid: number, from: Buffer, to: Buffer): Promise<Call> {
    const process = this.processes.get(pid);
    if (process === undefined) return { ok: false, errno: 'ESRCH' };
    assert.equal(from.length, to.length);
    const node = Math.log2(to[0] ?? 0);
    let stayed = 0;
    for (const [page, at] of process.pages) {
      if ((((from[0] ?? 0) >> at) & 1) === 0) continue;
      if (process.pinned.has(page)) stayed += 1;
      else process.pages.set(page, node);
    }
    return { ok: true, value: stayed };
  }

  async readRanges(pid: number): Promise<Reading<readonly PageRange[]>> {
    const process = this.processes.get(pid);
    if (process !== undefined) return { ok: true, value: [{ start: 0, end: 100 + process.pages.size }] };
    return { ok: false, error: new WcaError('CGROUP_GONE', { subject: `process ${pid}`, message: 'has ended' }) };
  }

  readResidentPages(pid: number): number {
    return this.processes.get(pid)?.pages.size ?? 0;
  }

  *readPresent(pid: number): Generator<readonly number[]> {
    const process = this.processes.get(pid);
    if (process !== undefined) yield [...process.pages.keys()];
  }
}

function moverOf(kernel: PagesKernel, host: { nodes?: readonly number[]; swap?: boolean } = {}) {
  const troubles: WcaError[] = [];
  const mover = new HostPageMover({
    calls: kernel,
    memory: kernel,
    // Rests last no time.
    clock: { ...clockOf(), sleep: async () => undefined },
    pageSizeBytes,
    readNodes: () => host.nodes ?? [0, 1],
    isSwapOn: () => host.swap ?? false,
    readProcesses: () => new Set(kernel.processes.keys()),
    readIdentity: () => 7n,
    onTrouble: (error) => troubles.push(error),
  });
  return { mover, troubles };
}

function clockOf() {
  return {
    monotonicNs: () => systemClock.monotonicNs(),
    monotonicMs: () => systemClock.monotonicMs(),
    realtimeNs: () => systemClock.realtimeNs(),
  };
}

async function ended(mover: HostPageMover, path = target.path) {
  for (;;) {
    const progress = mover.progress(path);
    assert.ok(progress !== undefined);
    if (!progress.running) return progress;
    await setImmediate();
  }
}

const toNode1 = { type: 'migrate_pages', node: 1, bulk: false } as const;

test('pages that are elsewhere are moved, in batches of at least 64 and at most 1280', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, Array(5000).fill(0));
  kernel.add(11, [1, 1, 0]);
  const { mover } = moverOf(kernel);
  assert.deepEqual(mover.start(target, toNode1), { ok: true, value: 'started' });
  assert.deepEqual(mover.start(target, toNode1), { ok: true, value: 'running' });
  assert.deepEqual(await ended(mover), { node: 1, moved: 5001, notMoved: 0, left: 0, running: false });
  for (const { pages } of kernel.processes.values()) assert.deepEqual(new Set(pages.values()), new Set([1]));
  assert.equal(kernel.batches[0], 64);
  assert.ok(kernel.batches.every((pages) => pages <= 1280));
});

test('pages that the kernel does not move are counted', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, Array(300).fill(0), [101, 102, 250]);
  const { mover } = moverOf(kernel);
  mover.start(target, toNode1);
  assert.deepEqual(await ended(mover), { node: 1, moved: 297, notMoved: 3, left: 0, running: false });
});

test('in bulk it is one call a process', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, Array(300).fill(0), [101]);
  const { mover } = moverOf(kernel);
  mover.start(target, { ...toNode1, bulk: true });
  assert.deepEqual(await ended(mover), { node: 1, moved: 299, notMoved: 1, left: 0, running: false });
  assert.deepEqual(kernel.batches, []);
});

test('another node while it goes on begins anew, and a cancelled one stays as it is', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, Array(3000).fill(0));
  const { mover } = moverOf(kernel, { nodes: [0, 1, 2] });
  mover.start(target, toNode1);
  for (let i = 0; i < 5; i += 1) await setImmediate();
  assert.deepEqual(mover.start(target, { ...toNode1, node: 2 }), { ok: true, value: 'started' });
  const { node, notMoved } = await ended(mover);
  assert.deepEqual([node, notMoved], [2, 0]);
  assert.deepEqual(new Set(kernel.processes.get(10)?.pages.values()), new Set([2]));
  mover.start(target, toNode1);
  mover.cancel('/pod');
  assert.equal(mover.progress(target.path)?.running, false);
});

test('a process that is started meanwhile is found', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, Array(100).fill(0));
  let once = true;
  kernel.meanwhile = () => {
    if (once) kernel.add(12, [0, 0]);
    once = false;
  };
  const { mover } = moverOf(kernel);
  mover.start(target, toNode1);
  assert.equal((await ended(mover)).moved, 102);
});

test('without the right to move them it says so once and ends', async () => {
  const kernel = new PagesKernel();
  kernel.add(10, [0]);
  kernel.add(11, [0]);
  kernel.errno = 'EPERM';
  const { mover, troubles } = moverOf(kernel);
  mover.start(target, toNode1);
  await ended(mover);
  assert.deepEqual(
    troubles.map(({ code, remedy }) => [code, remedy]),
    [['PERMISSION', 'give the collector CAP_SYS_PTRACE and CAP_SYS_NICE']],
  );
});

test('what this machine cannot do is refused', () => {
  const kernel = new PagesKernel();
  const cases = [
    [{ nodes: [0] }, 1, 'FEATURE_ABSENT'],
    [{ nodes: [0, 2] }, 1, 'INVALID_ARGUMENT'],
    [{ swap: true }, 1, 'INVALID_ARGUMENT'],
  ] as const;
  for (const [host, node, code] of cases) {
    const started = moverOf(kernel, host).mover.start(target, { ...toNode1, node });
    assert.ok(!started.ok && started.error.code === code, JSON.stringify(host));
  }
});

test('whatever happens meanwhile it ends, and no page is counted twice', async () => {
  const page = fc.nat(2).map((node) => node % 2);
  const processes = fc.array(fc.array(page, { maxLength: 200 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      processes,
      fc.array(fc.nat(300)),
      fc.nat(20),
      fc.constantFrom('end', 'cancel', 'none'),
      async (all, pinned, at, what) => {
        const kernel = new PagesKernel();
        for (const [i, nodes] of all.entries()) kernel.add(10 + i, nodes, pinned);
        const elsewhere = all.flat().filter((node) => node === 0).length;
        const { mover } = moverOf(kernel);
        let calls = 0;
        kernel.meanwhile = () => {
          calls += 1;
          if (calls !== at || what === 'none') return;
          if (what === 'end') kernel.processes.delete(10);
          else mover.cancel(target.path);
        };
        mover.start(target, toNode1);
        const { moved, notMoved } = await ended(mover);
        if (what === 'none') assert.equal(moved + notMoved, elsewhere);
        else assert.ok(moved + notMoved <= elsewhere);
      },
    ),
    { numRuns: 60 },
  );
});

test('batches grow and shrink towards 20 ms, and rest as long as they took', () => {
  assert.equal(nextBatchPages(64, 1), 1280);
  assert.equal(nextBatchPages(64, 10), 128);
  assert.equal(nextBatchPages(1280, 40), 640);
  assert.equal(nextBatchPages(64, 500), 64);
  assert.equal(nextBatchPages(64, 0), 1280);
  assert.equal(restMs(1280, 20), 20);
  assert.equal(restMs(1280, 0.4), 6);
  assert.equal(restMs(1, 0.1), 1);
});
