import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SchedTotals } from '../../../../../collector/kernel/proc/sched.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import type { TargetReading } from '../../../../../collector/watch/ports.ts';
import { SchedReading } from '../../../../../collector/watch/sources/sched-reading.ts';
import { SchedSource } from '../../../../../collector/watch/sources/sched-source.ts';
import { systemClock } from '../../../../../shared/lifecycle/clock.ts';
import { ProcessTree, until } from '../../../../kit/process-tree.ts';
import { doubleAt, integerAt } from '../../../../kit/rows.ts';

const ruler = '-'.repeat(67);
const own = `wca (1, #threads: 9)\n${ruler}\nse.sum_exec_runtime : 1.5\nnr_switches : 5\nprio : 120\nnuma_faults node=2 task_private=0 task_shared=0 group_private=0 group_shared=0\n`;

class Bench {
  readonly tree: ProcessTree;
  readonly source: SchedSource;

  constructor(t: TestContext, ownText: string | undefined = own) {
    this.tree = new ProcessTree(t);
    if (ownText === '') this.tree.kernel.remove('proc/self/sched');
    else this.tree.kernel.write('proc/self/sched', ownText);
    this.source = new SchedSource({ ...this.tree, clock: systemClock });
    t.after(() => this.source.close());
  }

  open(cgroup: string, tids: readonly number[]): TargetReading {
    this.tree.setMembers(cgroup, tids);
    const reading = this.source.targets?.open({ path: cgroup, cgroups: [cgroup] });
    assert.ok(reading !== undefined);
    return reading;
  }

  /** Ticks until something is so: a tick during a round begins no other one. */
  tickUntil(what: string, isSo: () => boolean): Promise<void> {
    return until(what, () => {
      if (isSo()) return true;
      this.source.targets?.afterTick();
      return false;
    });
  }

  /** Values of the first three columns. */
  values({ row }: TargetReading): (number | undefined)[] {
    return [0, 1, 2].map((i) => doubleAt(row, i));
  }
}

test('columns are the fields of this kernel', (t) => {
  const { source } = new Bench(t);
  assert.deepEqual(
    source.targets?.columns.map(({ metric, labels, kind }) => [metric, ...Object.values(labels), kind].join(' ')),
    [
      'task_sched_stat se.sum_exec_runtime f64',
      'task_sched_stat nr_switches f64',
      'task_sched_stat prio f64',
      'task_sched_stat_numa_faults 2 task_private u64',
      'task_sched_stat_numa_faults 2 task_shared u64',
      'task_sched_stat_numa_faults 2 group_private u64',
      'task_sched_stat_numa_faults 2 group_shared u64',
    ],
  );
  assert.deepEqual(source.unavailable, []);
  assert.equal(source.notes.length, 1);
  assert.equal(source.notes, source.notes);
});

test('a kernel without the file is told of with what is to be done, and there are no columns', (t) => {
  const { source } = new Bench(t, '');
  assert.deepEqual(
    source.unavailable.map(({ code, remedy }) => [code, remedy]),
    [['FEATURE_ABSENT', 'use a kernel with CONFIG_SCHED_DEBUG']],
  );
  assert.deepEqual([source.targets, source.platform, source.notes], [undefined, undefined, []]);
});

test('all threads of a target are put together, those that ended left out', async (t) => {
  const bench = new Bench(t);
  const [a, b] = [bench.open('/a', [7, 8, 9]), bench.open('/b', [])];
  bench.tree.setSched(7, { 'se.sum_exec_runtime': '2.500000', nr_switches: 4, prio: 120 });
  bench.tree.setSched(9, { 'se.sum_exec_runtime': '1.000000', nr_switches: 6, prio: 100 });
  await bench.tickUntil('measured', () => bench.values(a)[0] !== undefined);
  assert.deepEqual(bench.values(a), [3.5, 10, 120]);
  assert.equal(integerAt(a.row, 3), undefined, 'no thread told of faults');
  assert.deepEqual([bench.values(b), a.problems], [Array(3).fill(undefined), []]);
  bench.tree.end(7);
  await bench.tickUntil('measured again', () => bench.values(a)[1] === 6);
});

test('a sum is never partial: a thread that cannot be read makes all fields absent', async (t) => {
  const bench = new Bench(t);
  const reading = bench.open('/a', [7, 8]);
  for (const tid of [7, 8]) bench.tree.setSched(tid, { nr_switches: tid });
  await bench.tickUntil('measured', () => bench.values(reading)[1] === 15);
  bench.tree.kernel.write('proc/8/sched', 'other');
  await bench.tickUntil('told of', () => reading.problems.length > 0);
  assert.deepEqual(bench.values(reading), Array(3).fill(undefined));
  assert.deepEqual(
    reading.problems.map(({ code, subject }) => `${code} ${subject}`),
    ['KERNEL_FORMAT /a sched'],
  );
  bench.tree.setSched(8, { nr_switches: 1 });
  await bench.tickUntil('measured again', () => bench.values(reading)[1] === 8);
  assert.deepEqual(reading.problems, []);
});

test('the time it takes is a column of the platform', async (t) => {
  const bench = new Bench(t);
  bench.open('/a', [7]);
  bench.tree.setSched(7, { nr_switches: 1 });
  const { platform } = bench.source;
  assert.deepEqual(
    platform?.columns.map(({ metric, kind }) => `${metric} ${kind}`),
    ['wca_sched_seconds f64'],
  );
  const row = new Row(1);
  const seconds = (): number => {
    platform.readInto(row, 0);
    return doubleAt(row, 0) ?? assert.fail();
  };
  assert.equal(seconds(), 0);
  await bench.tickUntil('the round is booked', () => seconds() > 0);
});

test('after close nothing is read', async (t) => {
  const bench = new Bench(t);
  const [left, stays] = [bench.open('/a', [7]), bench.open('/b', [7])];
  bench.tree.setSched(7, { nr_switches: 1 });
  left.close();
  left.close();
  await bench.tickUntil('measured', () => bench.values(stays)[1] === 1);
  assert.equal(bench.values(left)[1], undefined);
  bench.source.close();
  bench.source.close();
  bench.tree.setSched(7, { nr_switches: 2 });
  bench.source.targets?.afterTick();
  for (let i = 0; i < 100; i += 1) await setImmediate();
  assert.equal(bench.values(stays)[1], 1);
});

/** A reading whose target has these threads, outside of any round. */
function readingOf(bench: Bench, tids: Iterable<number>): SchedReading {
  return new SchedReading(
    { path: '/a', cgroups: ['/a'] },
    {
      roots: bench.tree.roots,
      members: { read: () => new Set(tids) },
      totals: new SchedTotals({ keys: ['nr_switches'], nodes: [] }),
      width: 1,
      scratch: new Scratch(),
      onClosed: () => {},
    },
  );
}

test('a target with too many threads is told of, not measured', async (t) => {
  const bench = new Bench(t);
  const reading = readingOf(
    bench,
    Array.from({ length: 20_001 }, (_, i) => i + 1),
  );
  await reading.measure({ next: () => assert.fail('read') });
  assert.deepEqual(
    reading.problems.map(({ code }) => code),
    ['LIMIT_REACHED'],
  );
});

test('closed in the middle, or given up, the row stays as it is', async (t) => {
  const bench = new Bench(t);
  bench.tree.setSched(7, { nr_switches: 1 });
  const reading = readingOf(bench, [7]);
  reading.read();
  await reading.measure({ next: async () => false });
  assert.equal(doubleAt(reading.row, 0), undefined);
  await reading.measure({
    next: async () => {
      reading.close();
      return true;
    },
  });
  assert.equal(doubleAt(reading.row, 0), undefined);
});
