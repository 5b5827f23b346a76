import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CgroupMembers } from '../../../../../collector/kernel/cgroup/members.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import { ClearRefs } from '../../../../../collector/kernel/task-memory/clear-refs.ts';
import { ReferencedMemory } from '../../../../../collector/kernel/task-memory/referenced-memory.ts';
import type { MeasuredTarget } from '../../../../../collector/watch/ports.ts';
import type { Turns } from '../../../../../collector/watch/sources/background-round.ts';
import { WssReading, type WssReadingParts } from '../../../../../collector/watch/sources/wss-reading.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';
import type { WssSpec } from '../../../../../shared/rpc/watch-messages.ts';
import { FakeClock } from '../../../../kit/fake-clock.ts';
import { ProcessTree } from '../../../../kit/process-tree.ts';
import { doubleAt, integerAt } from '../../../../kit/rows.ts';

const always: Turns = { next: async () => true };
const job: MeasuredTarget = { path: '/batch/job7', cgroups: ['/batch/job7'] };
const every = (resetEvery: number): WssSpec => ({ resetEvery, stableCycles: 0, membwThreshold: undefined });
const whenStable: WssSpec = { resetEvery: 0, stableCycles: 2, membwThreshold: 0.1 };

/** A reading on processes of plain files; parts can be replaced. */
class Bench {
  readonly clock = new FakeClock();
  readonly tree: ProcessTree;
  readonly reading: WssReading;
  readonly closed: WssReading[] = [];

  constructor(t: TestContext, parts: Partial<WssReadingParts> = {}, target = job) {
    this.tree = new ProcessTree(t);
    const { roots, layout } = this.tree;
    this.reading = new WssReading(target, {
      members: new CgroupMembers(layout, new Scratch()),
      memory: new ReferencedMemory(roots, 'smaps_rollup'),
      clearRefs: new ClearRefs(roots, true),
      bandwidth: () => undefined,
      clock: this.clock,
      spec: every(0),
      onClosed: (reading) => this.closed.push(reading),
      ...parts,
    });
  }

  get values() {
    const { row } = this.reading;
    return {
      referenced: integerAt(row, 0),
      overhead: doubleAt(row, 1),
      ...(row.width > 2 ? { workingSet: integerAt(row, 2) } : {}),
    };
  }

  get problems(): string[] {
    return this.reading.problems.map(({ code, subject }) => `${code} ${subject}`);
  }

  async cycle(turns = always): Promise<bigint | undefined> {
    await this.reading.measure(turns);
    return this.values.referenced;
  }
}

/** A memory whose processes reference these sizes, one after the other, each taking so long. */
function memoryOf(bench: () => Bench, kibibytes: readonly number[], tookMs = 0): WssReadingParts['memory'] {
  let i = 0;
  return {
    read: async () => {
      bench().clock.advanceMs(tookMs);
      const value = kibibytes[Math.min(i, kibibytes.length - 1)] ?? 0;
      i += 1;
      return { ok: true, value };
    },
  };
}

test('before the first measurement there are no values', (t) => {
  const bench = new Bench(t);
  bench.reading.read();
  assert.deepEqual(bench.values, { referenced: undefined, overhead: undefined });
  assert.deepEqual(bench.problems, []);
});

test('the example of the specification, in units of 1024: all processes, each once, of all containers and below', async (t) => {
  const target = { path: '/pod', cgroups: ['/pod/a', '/pod/b'] };
  const bench = new Bench(t, { spec: every(1) }, target);
  const { tree } = bench;
  for (const pid of [1, 2, 3, 4, 5]) tree.setReferenced(pid, 1024 * pid);
  tree.setMembers('/pod/a', [1, 2]);
  tree.setMembers('/pod/a/inner', [3, 2]);
  tree.setMembers('/pod/b', [4, 5, 1]);
  tree.setReferenced(6, 5000);
  tree.setMembers('/pod', [6]);
  assert.equal(await bench.cycle(), 15_728_640n);
  assert.deepEqual(tree.takeCleared([1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5], 'in the first cycle, and no others');
});

test('more than 2^53 bytes are exact', async (t) => {
  const bench = new Bench(t);
  bench.tree.setMembers('/batch/job7', [7]);
  bench.tree.setReferenced(7, 2 ** 50 + 1);
  assert.equal(await bench.cycle(), (2n ** 50n + 1n) * 1024n);
});

test('bits are cleared every n-th time only', async (t) => {
  const bench = new Bench(t, { spec: every(3) });
  bench.tree.setMembers('/batch/job7', [7]);
  bench.tree.setReferenced(7, 8);
  const cleared: boolean[] = [];
  for (let i = 0; i < 7; i += 1) {
    await bench.cycle();
    cleared.push(bench.tree.takeCleared([7]).length > 0);
  }
  assert.deepEqual(cleared, [false, false, true, false, false, true, false]);
});

test('a process that ended counts nothing, the others what they have', async (t) => {
  const bench = new Bench(t, { spec: every(1) });
  bench.tree.setMembers('/batch/job7', [7, 8, 9]);
  bench.tree.setReferenced(7, 8);
  bench.tree.setReferenced(9, 4);
  assert.equal(await bench.cycle(), 12n * 1024n);
  assert.deepEqual(bench.problems, []);
});

test('no process: nothing is referenced', async (t) => {
  const bench = new Bench(t);
  bench.tree.setMembers('/batch/job7', []);
  assert.equal(await bench.cycle(), 0n);
  bench.tree.kernel.remove('cgroup/batch/job7');
  assert.equal(await bench.cycle(), 0n);
});

test('a sum is never partial: one process that cannot be read makes it absent, is told of, and nothing is cleared', async (t) => {
  const bench = new Bench(t, { spec: every(2) });
  const { tree } = bench;
  tree.setMembers('/batch/job7', [7, 8]);
  tree.setReferenced(7, 8);
  tree.setReferenced(8, 'x');
  await bench.cycle();
  const { problems } = bench.reading;
  assert.deepEqual([await bench.cycle(), bench.problems], [undefined, ['KERNEL_FORMAT /batch/job7 smaps_rollup']]);
  assert.equal(bench.reading.problems, problems, 'the same array as long as it is the same problem');
  assert.deepEqual(tree.takeCleared([7, 8]), []);
  tree.setReferenced(8, 1);
  assert.deepEqual([await bench.cycle(), bench.problems], [9n * 1024n, []]);
  assert.deepEqual(tree.takeCleared([7, 8]), [], 'what could not be measured was no cycle');
  await bench.cycle();
  assert.deepEqual(tree.takeCleared([7, 8]), [7, 8]);
});

test('who is there when bits are cleared is cleared: not who left, but who came', async (t) => {
  const sets = [new Set([7, 8]), new Set([8, 9])];
  const bench = new Bench(t, { spec: every(1), members: { read: () => sets.shift() ?? new Set() } });
  for (const pid of [7, 8, 9]) bench.tree.setReferenced(pid, 1);
  assert.equal(await bench.cycle(), 2048n);
  assert.deepEqual(bench.tree.takeCleared([7, 8, 9]), [8, 9]);
});

test('a process whose bits cannot be cleared is told of; the value stays and the others are cleared', async (t) => {
  const bench = new Bench(t, { spec: every(1) });
  bench.tree.setMembers('/batch/job7', [7, 8]);
  for (const pid of [7, 8]) bench.tree.setReferenced(pid, 1);
  bench.tree.kernel.remove('proc/7/clear_refs');
  bench.tree.kernel.write('proc/7/clear_refs/x', '');
  assert.equal(await bench.cycle(), 2048n);
  assert.deepEqual(bench.problems, ['KERNEL_REFUSED /batch/job7 clear_refs']);
  assert.deepEqual(bench.tree.takeCleared([8]), [8]);
});

test('the overhead is the time of reading and clearing, of all cycles', async (t) => {
  let bench: Bench | undefined;
  const it = (): Bench => bench ?? assert.fail();
  bench = new Bench(t, {
    spec: every(2),
    memory: memoryOf(it, [1], 30),
    clearRefs: {
      clear: async () => {
        it().clock.advanceMs(20);
        return undefined;
      },
    },
  });
  bench.tree.setMembers('/batch/job7', [7, 8]);
  const waits: Turns = {
    next: async () => {
      it().clock.advanceMs(500);
      return true;
    },
  };
  await bench.cycle(waits);
  assert.equal(bench.values.overhead, 0.06, 'waiting for a turn is none');
  await bench.cycle(waits);
  assert.equal(bench.values.overhead, 0.16);
});

test('the trace of the specification gives the working set', async (t) => {
  let bench: Bench | undefined;
  const trace = [100, 400, 900, 1000, 1010, 1015, 120, 380, 880, 990, 1004, 1006, 100];
  let bandwidth = 0n;
  bench = new Bench(t, {
    spec: whenStable,
    memory: memoryOf(() => bench ?? assert.fail(), trace),
    bandwidth: () => {
      bandwidth += 1_000n * 1024n;
      return bandwidth;
    },
  });
  bench.tree.setMembers('/batch/job7', [7]);
  bench.tree.setReferenced(7, 0);
  const seen: string[] = [];
  for (const _ of trace) {
    await bench.cycle();
    seen.push(`${bench.values.workingSet ?? '-'}${bench.tree.takeCleared([7]).length > 0 ? ' cleared' : ''}`);
  }
  const size = `${1005 * 1024}`;
  assert.deepEqual(seen, ['-', '-', '-', '-', '-', '- cleared', '-', '-', '-', '-', '-', `${size} cleared`, size]);
});

test('missing bandwidth is told of when it stays missing', async (t) => {
  let bandwidth: bigint | undefined;
  const bench = new Bench(t, { spec: whenStable, bandwidth: () => bandwidth });
  bench.tree.setMembers('/batch/job7', []);
  await bench.cycle();
  assert.deepEqual(bench.problems, []);
  bench.clock.advanceMs(10_000);
  await bench.cycle();
  assert.deepEqual(bench.problems, ['FEATURE_ABSENT /batch/job7 wss']);
  assert.deepEqual(bench.values, { referenced: 0n, overhead: 0, workingSet: undefined });
  bandwidth = 5n;
  await bench.cycle();
  assert.deepEqual(bench.problems, []);
});

test('bandwidth is no question of referenced memory alone', async (t) => {
  const bench = new Bench(t, { spec: every(1), bandwidth: () => assert.fail('asked') });
  await bench.cycle();
  bench.clock.advanceMs(20_000);
  await bench.cycle();
  assert.deepEqual([bench.problems, bench.reading.row.width], [[], 2]);
});

test('a process that keeps the round waiting is told of, until it answers', async (t) => {
  let answer: (() => void) | undefined;
  const memory = {
    read: () =>
      new Promise<{ ok: true; value: number }>((resolve) => {
        answer = () => resolve({ ok: true, value: 1 });
      }),
  };
  const bench = new Bench(t, { memory, members: { read: () => new Set([7]) } });
  const measured = bench.reading.measure(always);
  await Promise.resolve();
  await Promise.resolve();
  bench.reading.read();
  assert.deepEqual(bench.problems, []);
  bench.clock.advanceMs(10_000);
  bench.reading.read();
  const { problems } = bench.reading;
  bench.reading.read();
  assert.deepEqual([bench.problems, bench.reading.problems], [['KERNEL_REFUSED /batch/job7 wss'], problems]);
  assert.ok(answer !== undefined);
  answer();
  await measured;
  bench.reading.read();
  assert.deepEqual([bench.problems, bench.values.referenced], [[], 1024n]);
});

test('a target with too many processes is told of, not measured', async (t) => {
  const pids = new Set(Array.from({ length: 20_001 }, (_, i) => i + 1));
  const memory = { read: () => assert.fail('read') };
  const bench = new Bench(t, { memory, members: { read: () => pids } });
  assert.equal(await bench.cycle(), undefined);
  assert.deepEqual(bench.problems, ['LIMIT_REACHED /batch/job7 wss']);
});

test('closed in the middle, nothing more is read, written or cleared', async (t) => {
  for (const closeAt of [1, 2, 3, 4]) {
    let turns = 0;
    const done: string[] = [];
    const bench = new Bench(t, {
      spec: every(1),
      members: { read: () => new Set([7, 8]) },
      memory: {
        read: async (pid) => {
          done.push(`read ${pid}`);
          return { ok: true, value: 1 };
        },
      },
      clearRefs: {
        clear: async (pid) => {
          done.push(`clear ${pid}`);
          return undefined;
        },
      },
    });
    await bench.cycle({
      next: async () => {
        turns += 1;
        if (turns === closeAt) bench.reading.close();
        return true;
      },
    });
    assert.deepEqual(done, ['read 7', 'read 8', 'clear 7', 'clear 8'].slice(0, closeAt - 1));
    assert.equal(bench.closed.length, 1);
    bench.reading.close();
    assert.equal(bench.closed.length, 1, 'idempotent');
  }
});

test('a round that is given up leaves values and problems as they are', async (t) => {
  const bench = new Bench(t);
  bench.tree.setMembers('/batch/job7', [7, 8]);
  bench.tree.setReferenced(7, 4);
  await bench.cycle();
  bench.tree.setReferenced(7, 9);
  assert.equal(await bench.cycle({ next: async () => false }), 4096n);
  assert.deepEqual(bench.problems, []);
});

test('the same problem of many processes is told once', async (t) => {
  const refusal = new WcaError('PERMISSION', { subject: '/batch/job7 clear_refs', message: 'no', errno: 'EACCES' });
  const bench = new Bench(t, {
    spec: every(1),
    members: { read: () => new Set(Array.from({ length: 50 }, (_, i) => i + 1)) },
    clearRefs: { clear: async () => refusal },
  });
  await bench.cycle();
  assert.deepEqual(bench.problems, ['PERMISSION /batch/job7 clear_refs']);
});
