import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Row } from '../../../../../collector/kernel/row.ts';
import type { TargetReading } from '../../../../../collector/watch/ports.ts';
import { WssSource, type WssSourceOptions } from '../../../../../collector/watch/sources/wss-source.ts';
import { systemClock } from '../../../../../shared/lifecycle/clock.ts';
import type { WssSpec } from '../../../../../shared/rpc/watch-messages.ts';
import { ProcessTree, until } from '../../../../kit/process-tree.ts';
import { doubleAt, integerAt } from '../../../../kit/rows.ts';

const spec = (resetEvery: number, stableCycles = 0, membwThreshold?: number): WssSpec => ({
  resetEvery,
  stableCycles,
  membwThreshold,
});

class Bench {
  readonly tree: ProcessTree;
  readonly source: WssSource;

  constructor(
    t: TestContext,
    options: Partial<WssSourceOptions> = {},
    prepare: (tree: ProcessTree) => void = () => {},
  ) {
    this.tree = new ProcessTree(t);
    prepare(this.tree);
    const { roots, layout } = this.tree;
    const defaults = { roots, layout, spec: spec(1), allowed: true, clock: systemClock, bandwidth: () => undefined };
    this.source = new WssSource({ ...defaults, ...options });
    t.after(() => this.source.close());
  }

  get columns(): readonly string[] {
    return this.source.targets?.columns.map(({ metric, kind }) => `${metric} ${kind}`) ?? [];
  }

  get unavailable(): readonly string[] {
    return this.source.unavailable.map(({ code, remedy }) => `${code}: ${remedy}`);
  }

  open(cgroup: string, pids: readonly number[]): TargetReading {
    this.tree.setMembers(cgroup, pids);
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
}

const referenced = 'task_wss_referenced_bytes u64';
const overhead = 'task_wss_measure_overhead_seconds f64';
const workingSet = 'task_working_set_size_bytes u64';
const allow = "PERMISSION: allow wss-reset in the collector's configuration: --allow wss-reset";
const monitor = 'FEATURE_ABSENT: use a kernel with CONFIG_PROC_PAGE_MONITOR';

const cases: readonly {
  readonly name: string;
  readonly spec: WssSpec;
  readonly allowed: boolean;
  readonly remove?: readonly string[];
  readonly columns: readonly string[];
  readonly unavailable: readonly string[];
}[] = [
  { name: 'clears at intervals', spec: spec(5), allowed: true, columns: [referenced, overhead], unavailable: [] },
  {
    name: 'never clears, needs no permission',
    spec: spec(0),
    allowed: false,
    columns: [referenced, overhead],
    unavailable: [],
  },
  {
    name: 'clears when stable',
    spec: spec(0, 2, 0.1),
    allowed: true,
    columns: [referenced, overhead, workingSet],
    unavailable: [],
  },
  {
    name: 'notes stability only, needs no permission',
    spec: spec(0, -2, 0.1),
    allowed: false,
    columns: [referenced, overhead, workingSet],
    unavailable: [],
  },
  {
    name: 'may not clear at intervals',
    spec: spec(5),
    allowed: false,
    columns: [referenced, overhead],
    unavailable: [allow],
  },
  {
    name: 'may not clear when stable',
    spec: spec(0, 2, 0.1),
    allowed: false,
    columns: [referenced, overhead, workingSet],
    unavailable: [allow],
  },
  {
    name: 'old kernel',
    spec: spec(5),
    allowed: true,
    remove: ['smaps_rollup'],
    columns: [referenced, overhead],
    unavailable: [],
  },
  {
    name: 'kernel without the files',
    spec: spec(5),
    allowed: true,
    remove: ['smaps_rollup', 'smaps', 'clear_refs'],
    columns: [],
    unavailable: [monitor],
  },
  {
    name: 'kernel that does not clear',
    spec: spec(5),
    allowed: true,
    remove: ['clear_refs'],
    columns: [referenced, overhead],
    unavailable: [monitor],
  },
];

for (const { name, spec: wss, allowed, remove = [], columns, unavailable } of cases) {
  test(`${name}: ${columns.length} columns, ${unavailable.length} things unavailable`, (t) => {
    const bench = new Bench(t, { spec: wss, allowed }, ({ kernel }) => {
      for (const file of remove) kernel.remove(`proc/self/${file}`);
    });
    assert.deepEqual([bench.columns, bench.unavailable], [columns, unavailable]);
    assert.equal(bench.source.platform === undefined, columns.length === 0);
    assert.equal(bench.source.notes.length, columns.length === 0 ? 0 : 1);
  });
}

test('what it costs is a note, the same array each time', (t) => {
  const { notes } = new Bench(t).source;
  assert.match(notes[0]?.message ?? '', /disturbs the tasks.*80 times/);
  const { source } = new Bench(t);
  assert.equal(source.notes, source.notes);
});

test('all targets are measured after a tick, and again after the next one', async (t) => {
  const bench = new Bench(t);
  const readings = [bench.open('/a', [7]), bench.open('/b', [8, 9])];
  for (const pid of [7, 8, 9]) bench.tree.setReferenced(pid, pid);
  const values = () => readings.map(({ row }) => integerAt(row, 0));
  assert.deepEqual(values(), [undefined, undefined]);
  await bench.tickUntil('both measured', () => values().every((value) => value !== undefined));
  assert.deepEqual(values(), [7n * 1024n, 17n * 1024n]);
  bench.tree.setReferenced(9, 1);
  await bench.tickUntil('measured again', () => values()[1] === 9n * 1024n);
});

test('the time it takes is a column of the platform', async (t) => {
  const bench = new Bench(t);
  const reading = bench.open('/a', [7]);
  bench.tree.setReferenced(7, 7);
  const { platform } = bench.source;
  assert.deepEqual(platform?.columns, [{ metric: 'wca_wss_seconds', labels: {}, kind: 'f64', divisor: 1 }]);
  assert.equal(platform.refresh(), false);
  const row = new Row(2);
  const seconds = (): number => {
    platform.readInto(row, 1);
    return doubleAt(row, 1) ?? assert.fail();
  };
  assert.equal(seconds(), 0);
  await bench.tickUntil('the round is booked', () => seconds() >= (doubleAt(reading.row, 1) ?? 1));
  assert.ok(seconds() > 0 && seconds() < 5);
});

test('without permission it reads and never clears', async (t) => {
  const bench = new Bench(t, { allowed: false });
  const reading = bench.open('/a', [7]);
  bench.tree.setReferenced(7, 7);
  for (const kibibytes of [7, 8, 9]) {
    bench.tree.kernel.write('proc/7/smaps_rollup', `Referenced: ${kibibytes} kB\n`);
    await bench.tickUntil('measured', () => integerAt(reading.row, 0) === BigInt(kibibytes) * 1024n);
  }
  assert.deepEqual(bench.tree.takeCleared([7]), []);
  assert.deepEqual(reading.problems, []);
});

test('on an old kernel smaps is read', async (t) => {
  const bench = new Bench(t, {}, ({ kernel }) => kernel.remove('proc/self/smaps_rollup'));
  const reading = bench.open('/a', [7]);
  bench.tree.setReferenced(7, 1);
  bench.tree.kernel.write('proc/7/smaps', 'Referenced: 3 kB\nReferenced: 2 kB\n');
  await bench.tickUntil('measured', () => integerAt(reading.row, 0) === 5120n);
});

test('a target that is closed is measured no more; nothing is after close of the source', async (t) => {
  const bench = new Bench(t);
  const [left, stays] = [bench.open('/a', [7]), bench.open('/b', [8])];
  for (const pid of [7, 8]) bench.tree.setReferenced(pid, 1);
  left.close();
  left.close();
  await bench.tickUntil('measured', () => bench.tree.kernel.read('proc/8/clear_refs') === '1\n');
  assert.equal(integerAt(left.row, 0), undefined);
  assert.deepEqual(bench.tree.takeCleared([7, 8]), [8]);
  bench.source.close();
  bench.source.close();
  bench.source.targets?.afterTick();
  for (let i = 0; i < 100; i += 1) await setImmediate();
  assert.deepEqual(bench.tree.takeCleared([7, 8]), []);
  assert.equal(integerAt(stays.row, 0), 1024n);
});
