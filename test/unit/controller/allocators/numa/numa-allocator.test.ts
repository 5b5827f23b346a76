import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { numaAllocator } from '../../../../../controller/allocators/numa/component.ts';
import { NUMAAllocator } from '../../../../../controller/allocators/numa/numa-allocator.ts';
import type { AllocationResult } from '../../../../../controller/model/allocation.ts';
import type { Platform } from '../../../../../controller/model/platform.ts';
import { createComponent, fakePlatform } from '../../../../../controller/plugin-kit.ts';
import { ask, cpusOfNode, giga, makeNuma, movedPages, numaPlatform, numaTask } from '../../../../kit/numa-bench.ts';

const all = [...cpusOfNode(0), ...cpusOfNode(1)];
const platform = numaPlatform([60 * giga, 70 * giga]);
const a = numaTask({ id: 'a', memBytes: 20 * giga, gigas: [15, 5], cpus: all });
const b = numaTask({ id: 'b', memBytes: 10 * giga, gigas: [5, 5], cpus: all });
const c = numaTask({ id: 'c', memBytes: 5 * giga, gigas: [1, 1], cpus: all });

function allocated({ allocations }: AllocationResult): Readonly<Record<string, object>> {
  return Object.fromEntries(allocations);
}

function series({ metrics = [] }: AllocationResult): readonly string[] {
  return metrics.map(({ name, labels, value }) => {
    const label = labels['numa_node'] ?? labels['task_id'];
    return `${name}${label === undefined ? '' : `{${label}}`} ${value}`;
  });
}

test('the metrics tell load, place and moved pages, the number of tasks once (W40)', () => {
  const p = numaTask({ id: 'p', memBytes: 30 * giga, gigas: [30, 0], cpus: cpusOfNode(0) });
  assert.deepEqual(series(ask(makeNuma(), platform, [p, b])).toSorted(), [
    'numa__balanced_memory_size{0} 30000000000',
    'numa__balanced_memory_size{1} 0',
    'numa__balanced_memory_tasks{0} 1',
    'numa__balanced_memory_tasks{1} 0',
    'numa__task_current_node{b} -1',
    'numa__task_current_node{p} 0',
    'numa__task_pages_to_move{b} 1220703',
    'numa__task_pages_to_move{p} 0',
    'numa__task_tasks_count 2',
    'numa__total_pages_to_move 1220703',
  ]);
});

test('a dry run tells the load only', () => {
  assert.deepEqual(series(ask(makeNuma('{dryrun: true}'), platform, [a])).toSorted(), [
    'numa__balanced_memory_size{0} 0',
    'numa__balanced_memory_size{1} 0',
    'numa__balanced_memory_tasks{0} 0',
    'numa__balanced_memory_tasks{1} 0',
    'numa__task_tasks_count 1',
  ]);
});

test('moved pages add up while the task is there, and start again when it comes back', () => {
  const numa = makeNuma();
  const pinned = numaTask({ id: 'a', memBytes: 20 * giga, gigas: [2, 18], cpus: cpusOfNode(1) });
  assert.deepEqual(movedPages(ask(numa, platform, [pinned])), { a: 488281 });
  assert.deepEqual(movedPages(ask(numa, platform, [pinned])), { a: 976562 });
  assert.deepEqual(movedPages(ask(numa, platform, [])), {});
  assert.deepEqual(movedPages(ask(numa, platform, [pinned])), { a: 488281 });
});

test('memory migration is the type that exists (W20), and only with memory binding', () => {
  const both = makeNuma('{cgroups_memory_binding: true, cgroups_memory_migrate: true}');
  assert.deepEqual(allocated(ask(both, platform, [a])), {
    a: { cpuset_cpus: '0-9', cpuset_mems: '0', cpuset_memory_migrate: 1, migrate_pages: 0 },
  });
  const alone = makeNuma('{cgroups_memory_migrate: true}');
  assert.deepEqual(allocated(ask(alone, platform, [a])), { a: { cpuset_cpus: '0-9', migrate_pages: 0 } });
});

test('tasks without pages or allocations are passed over, the others are not (W45)', () => {
  const answer = ask(makeNuma(), platform, [
    { id: 'nothing', resources: { mem: 50 * giga } },
    { id: 'no pages', resources: { mem: 50 * giga }, allocations: { cpuset_cpus: all } },
    { ...a, id: 'no cpus', allocations: { cpu_quota: 1 } },
    b,
  ]);
  assert.deepEqual(allocated(answer), { b: { cpuset_cpus: '0-9', migrate_pages: 0 } });
});

test('a node of memory alone gets no task and is in no metric (W46)', () => {
  const measurements = {
    platform_mem_numa_free_bytes: { numa_node: { 0: 10 * giga, 1: 500 * giga, 2: 20 * giga } },
    platform_mem_numa_used_bytes: { numa_node: { 0: 86 * giga, 1: 0, 2: 76 * giga } },
  };
  const nodeCpus = new Map([
    [0, cpusOfNode(0)],
    [1, []],
    [2, cpusOfNode(1)],
  ]);
  const withMemoryNode: Platform = fakePlatform({ nodeCpus, measurements });
  const p = numaTask({ id: 'p', memBytes: 30 * giga, gigas: [30, 0, 0], cpus: cpusOfNode(0) });
  for (const algorithm of ['fill_biggest_first', 'minimize_migration']) {
    const numa = makeNuma(`{algorithm: ${algorithm}}`);
    const spread = numaTask({ id: 'x', memBytes: 8 * giga, gigas: [0, 8, 0], cpus: all });
    const answer = ask(numa, withMemoryNode, [p, spread]);
    assert.deepEqual(allocated(answer), { x: { cpuset_cpus: '10-19', migrate_pages: 2 } }, algorithm);
    assert.ok(series(answer).every((line) => !line.includes('{1}')));
  }
});

test('an empty cpuset is no restriction: the task is not bound and gets all CPUs of a node (W46)', () => {
  const task = numaTask({ id: 'e', memBytes: 8 * giga, gigas: [4, 4], cpus: [] });
  assert.deepEqual(allocated(ask(makeNuma(), platform, [task])), { e: { cpuset_cpus: '0-9', migrate_pages: 0 } });
});

test('a task on some CPUs of a node is bound to it (W47)', () => {
  const part = numaTask({ id: 'r', memBytes: 30 * giga, gigas: [30, 0], cpus: [1, 2, 3] });
  assert.deepEqual(allocated(ask(makeNuma(), platform, [part, b])), { b: { cpuset_cpus: '10-19', migrate_pages: 1 } });
});

test('a task gets no CPU that it did not have: it may be reserved (W47)', () => {
  const reserved = numaTask({ id: 'r', memBytes: 8 * giga, gigas: [8, 0], cpus: all.filter((cpu) => cpu % 10 > 1) });
  assert.deepEqual(allocated(ask(makeNuma(), platform, [reserved])), { r: { cpuset_cpus: '2-9', migrate_pages: 0 } });
});

test('a node on which the task would lose most of its CPUs is not chosen', () => {
  const lopsided = numaTask({ id: 'l', memBytes: 8 * giga, gigas: [8, 0], cpus: [0, ...cpusOfNode(1)] });
  assert.deepEqual(allocated(ask(makeNuma(), platform, [lopsided])), {
    l: { cpuset_cpus: '10-19', migrate_pages: 1 },
  });
});

test('a task that cannot be bound lets the others go first and is tried more and more seldom (W47)', () => {
  const numa = makeNuma();
  // Nothing is ever applied: each task is asked for, found unbound, and waits 1, 2, 4, ... iterations.
  const asked = Array.from({ length: 16 }, () => [...ask(numa, platform, [a, b, c]).allocations.keys()].join(' '));
  assert.deepEqual(asked.slice(0, 4), ['a', 'b', 'a', 'b']);
  assert.equal(asked[4], 'c');
  assert.ok(asked.filter((ids) => ids === 'a').length <= 5, asked.join());
  assert.ok(asked.includes(''));
});

test('a task that is bound at last, or gone, has no failures any more', () => {
  const numa = makeNuma();
  const next = (...tasks: Parameters<typeof ask>[2]): string =>
    [...ask(numa, platform, tasks).allocations.keys()].join();
  const bound = numaTask({ id: 'a', memBytes: 20 * giga, gigas: [20, 0], cpus: cpusOfNode(0) });
  assert.equal(next(a), 'a');
  assert.equal(next(a), '', 'it waits');
  assert.equal(next(bound), '');
  assert.equal(next(a), 'a', 'unbound by somebody else: at once');
  assert.equal(next(), '');
  assert.equal(next(a), 'a', 'a new task of the same id');
});

test('the page size is that of the machine (W48)', () => {
  const room = { platform_mem_numa_free_bytes: { numa_node: { 0: 6 * giga, 1: 5 * giga } } };
  const task = { ...numaTask({ id: 't', memBytes: 12 * giga, gigas: [0, 0], cpus: all }) };
  const pages = { task_mem_numa_pages: { numa_node: { 0: 100_000, 1: 83_000 } } };
  const answerOf = (pageSizeBytes: number): AllocationResult =>
    ask(
      makeNuma('{free_space_check: true}'),
      fakePlatform({
        pageSizeBytes,
        measurements: { ...room, platform_mem_numa_used_bytes: { numa_node: { 0: 9e10, 1: 9e10 } } },
      }),
      [{ ...task, measurements: pages }],
    );
  assert.deepEqual(allocated(answerOf(4096)), {}, 'most has to move');
  assert.deepEqual(allocated(answerOf(65_536)), { t: { cpuset_cpus: '0-9', migrate_pages: 0 } });
});

test('several tasks in one iteration are placed as if they came one after the other (W48)', () => {
  const tasks = [
    numaTask({ id: 'A', memBytes: 40 * giga, gigas: [20, 20], cpus: all }),
    numaTask({ id: 'B', memBytes: 30 * giga, gigas: [15, 15], cpus: all }),
    numaTask({ id: 'C', memBytes: 20 * giga, gigas: [10, 10], cpus: all }),
    numaTask({ id: 'D', memBytes: 10 * giga, gigas: [5, 5], cpus: all }),
  ];
  const nodes = (count: number): readonly string[] =>
    [...ask(makeNuma(`{max_tasks_per_iteration: ${count}}`), platform, tasks).allocations].map(
      ([id, { migrate_pages }]) => `${id} → ${migrate_pages}`,
    );
  assert.deepEqual(nodes(1), ['A → 0']);
  assert.deepEqual(nodes(3), ['A → 0', 'B → 1', 'C → 1']);
  assert.deepEqual(nodes(100), ['A → 0', 'B → 1', 'C → 1', 'D → 0']);
});

test('the algorithm is a string or the tag of the original, numbers may be whole', () => {
  for (const parameters of [
    '{algorithm: minimize_migration, loop_min_task_balance: 0, migrate_pages_min_task_balance: 1}',
    '{algorithm: !NUMAAlgorithm minimize_migration}',
    '{cgroups_cpus_binding: false, migrate_pages_min_task_balance: null}',
  ]) {
    assert.ok(createComponent(numaAllocator, parameters), parameters);
  }
});

for (const [parameters, message] of [
  ['{algorithm: minimize_migrations}', /did you mean "minimize_migration"/],
  ['{max_tasks_per_iteration: 0}', /too small/],
  ['{cgroups_cpu_binding: true}', /did you mean "cgroups_cpus_binding"/],
] as const) {
  test(`${parameters} is refused`, () => {
    assert.throws(() => createComponent(numaAllocator, parameters), { code: 'INVALID_CONFIG', message });
  });
}

test('a task without a cpuset is left where it is, and told once as long as it has none', () => {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line).task) });
  const allocator = new NUMAAllocator({
    ...{ algorithm: 'fill_biggest_first', loopMinTaskBalance: 0, freeSpaceCheck: false, maxTasks: 1 },
    ...{ migratePages: true, remigrateBelow: undefined, bindMemory: false, migrateMemory: false, dryRun: false },
    logger,
  });
  const { allocations: _none, ...bare } = a;
  for (const tasks of [
    [bare, b],
    [bare, b],
    [a, b],
    [bare, b],
  ]) {
    const { allocations } = ask(allocator, platform, tasks);
    assert.equal(allocations.has('a') && tasks[0] === bare, false);
  }
  assert.deepEqual(lines, ['a', 'a']);
});
