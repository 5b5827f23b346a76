import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { BackgroundRound, type Turns } from '../../../../../collector/watch/sources/background-round.ts';
import { FakeClock } from '../../../../kit/fake-clock.ts';

/** Pieces of work that take so long each; every pass does all of them. */
class Bench {
  readonly clock = new FakeClock();
  readonly round: BackgroundRound;
  readonly piecesMs: readonly number[];
  readonly done: number[] = [];
  passes = 0;
  running = 0;
  mostRunning = 0;
  thrown: Error | undefined;

  constructor(piecesMs: readonly number[], share = 0.5) {
    this.piecesMs = piecesMs;
    this.round = new BackgroundRound({ clock: this.clock, share, subject: 'test', pass: (turns) => this.#pass(turns) });
  }

  async #pass(turns: Turns): Promise<void> {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    try {
      if (this.thrown !== undefined) throw this.thrown;
      for (const [i, ms] of this.piecesMs.entries()) {
        if (!(await turns.next())) return;
        this.clock.advanceMs(ms);
        this.done.push(i);
      }
      this.passes += 1;
    } finally {
      this.running -= 1;
    }
  }

  /** A tick, and all that its round can do. */
  async tick(afterMs = 0): Promise<void> {
    this.clock.advanceMs(afterMs);
    this.round.afterTick();
    await settle();
  }
}

/** Lets everything run that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await setImmediate();
}

test('nothing is done in the tick itself', async () => {
  const bench = new Bench([1]);
  bench.round.afterTick();
  assert.deepEqual(bench.done, []);
  await settle();
  assert.deepEqual(bench.done, [0]);
});

test('a tick does each piece once, the next one all of them again', async () => {
  const bench = new Bench([1, 2, 3]);
  await bench.tick();
  assert.deepEqual([bench.done, bench.passes], [[0, 1, 2], 1]);
  assert.equal(bench.round.spentSeconds, 0.006);
  await bench.tick(1000);
  assert.deepEqual([bench.done.length, bench.passes], [6, 2]);
  assert.equal(bench.round.spentSeconds, 0.012, 'time between rounds is not counted');
});

test('what its budget does not suffice for is done by the following rounds, where it stopped', async () => {
  const bench = new Bench([300, 300, 300, 300]);
  await bench.tick();
  assert.deepEqual(bench.done, [0, 1], 'half of a second is used up');
  await bench.tick(400);
  assert.deepEqual(bench.done, [0, 1, 2, 3], 'the distance was 1000 ms: 600 of work and 400');
  assert.equal(bench.passes, 1);
  await bench.tick(400);
  assert.deepEqual(bench.done.slice(4), [0, 1], 'a new pass');
});

test('the budget is a share of the distance of ticks, within bounds', async () => {
  const cases = [
    { distanceMs: 100, share: 0.2, pieces: 20 },
    { distanceMs: 1000, share: 0.2, pieces: 200 },
    { distanceMs: 3_600_000, share: 0.5, pieces: 1000 },
    { distanceMs: 1, share: 0.2, pieces: 2 },
  ];
  for (const { distanceMs, share, pieces } of cases) {
    const bench = new Bench(Array(5000).fill(1), share);
    await bench.tick();
    const before = bench.done.length;
    bench.clock.advanceMs(distanceMs - before);
    if (distanceMs < before) continue;
    bench.round.afterTick();
    for (let i = 0; i < 600; i += 1) await setImmediate();
    assert.equal(bench.done.length - before, pieces, `${distanceMs} ms`);
    bench.round.close();
  }
});

test('others have their turn every few milliseconds', async () => {
  const bench = new Bench(Array(20).fill(1));
  bench.round.afterTick();
  const seen: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    await setImmediate();
    seen.push(bench.done.length);
  }
  const steps = seen.map((count, i) => count - (seen[i - 1] ?? 0));
  assert.ok(Math.max(...steps) <= 4, `${steps}`);
  assert.equal(seen.at(-1), 20);
});

test('ticks during a pass begin no second one', async () => {
  const bench = new Bench([400, 400, 400, 400, 400]);
  for (let i = 0; i < 4; i += 1) {
    bench.round.afterTick();
    bench.round.afterTick();
    await settle();
  }
  assert.equal(bench.mostRunning, 1);
});

test('after close nothing more is done, whether the pass runs, waits or has not begun', async () => {
  const waiting = new Bench([600, 600, 600]);
  await waiting.tick();
  assert.deepEqual([waiting.done, waiting.running], [[0], 1]);
  waiting.round.close();
  await settle();
  assert.deepEqual([waiting.done, waiting.running], [[0], 0]);

  const begun = new Bench([1, 1]);
  begun.round.afterTick();
  begun.round.close();
  begun.round.close();
  await settle();
  await begun.tick(1000);
  assert.deepEqual(begun.done, []);

  const running = new Bench(Array(100).fill(5));
  running.round.afterTick();
  await setImmediate();
  await setImmediate();
  running.round.close();
  const { length } = running.done;
  await settle();
  assert.equal(running.done.length, length);
});

test('a pass that throws is told of and tried again', async () => {
  const bench = new Bench([1]);
  bench.thrown = new Error('boom');
  await bench.tick();
  assert.equal(bench.round.trouble?.toText(), 'test: boom');
  bench.thrown = undefined;
  await bench.tick(1000);
  assert.deepEqual([bench.round.trouble, bench.done], [undefined, [0]]);
});

test('whatever pieces take and ticks are apart: in order, each once a pass, and all time is counted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 12 }),
      async (piecesMs, distances) => {
        const bench = new Bench(piecesMs);
        for (const distanceMs of distances) await bench.tick(distanceMs);
        bench.round.close();
        await settle();
        assert.deepEqual(
          bench.done,
          bench.done.map((_, i) => i % piecesMs.length),
        );
        assert.ok(bench.done.length >= Math.min(distances.length, piecesMs.length), 'each round makes progress');
        const workedMs = bench.done.reduce((sum, i) => sum + (piecesMs[i] ?? 0), 0);
        assert.equal(Math.round(bench.round.spentSeconds * 1000), workedMs);
      },
    ),
    { numRuns: 40 },
  );
});
