import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeTask } from '../../../../../controller/plugin-kit.ts';
import { ask, cpusOfNode, giga, makeNuma, movedPages, numaPlatform, numaTask } from '../../../../kit/numa-bench.ts';

/** The worked examples of spec allocation §7.10. */
interface Example {
  readonly name: string;
  readonly parameters?: string;
  /** GB; two nodes unless there are more. */
  readonly free: readonly number[];
  /** `a 20 [15,5] @0` */
  readonly tasks: readonly string[];
  readonly allocations: Readonly<Record<string, object>>;
  readonly moved: Readonly<Record<string, number>>;
}

const minimize = '{algorithm: minimize_migration}';
const onNode0 = { cpuset_cpus: '0-9', migrate_pages: 0 };
const onNode1 = { cpuset_cpus: '10-19', migrate_pages: 1 };
const onNode2 = { cpuset_cpus: '20-29', migrate_pages: 2 };
const n5 = ['p 60 [60,0] @0', 'a 50 [40,10]'];
const n8 = ['p 50 [50,0] @0', 'a 20 [16,4]'];
const n19 = ['p 40 [40,0,0,0] @0', 'q 40 [0,40,0,0] @1', 'a 16 [4,6,6,0]', 'b 8 [0,0,0,8]'];

const examples: readonly Example[] = [
  {
    name: 'N1: the biggest first, a tie goes to node 0',
    free: [60, 70],
    tasks: ['b 10 [5,5]', 'a 20 [15,5]'],
    allocations: { a: onNode0 },
    moved: { a: 1220703, b: 0 },
  },
  {
    name: 'N2: the less loaded node',
    free: [60, 70],
    tasks: ['p 30 [30,0] @0', 'a 20 [15,5]', 'b 10 [5,5]'],
    allocations: { a: onNode1 },
    moved: { p: 0, a: 3662109, b: 0 },
  },
  {
    name: 'N3: load is the sum of limits',
    free: [60, 70],
    tasks: ['p 30 [30,0] @0', 'a 20 [0,20] @1', 'b 10 [5,5]'],
    allocations: { b: onNode1 },
    moved: { p: 0, a: 0, b: 1220703 },
  },
  {
    name: 'N4: without room the next task is tried',
    parameters: '{free_space_check: true}',
    free: [20, 30],
    tasks: ['p 60 [60,0] @0', 'a 50 [40,10]', 'b 10 [5,5]'],
    allocations: { b: onNode1 },
    moved: { p: 0, a: 0, b: 1220703 },
  },
  {
    name: 'N5: 40000001024 bytes do not fit into 40 GB',
    parameters: '{free_space_check: true}',
    free: [20, 40],
    tasks: n5,
    allocations: {},
    moved: { p: 0, a: 0 },
  },
  {
    name: 'N6: room that is just enough is not',
    parameters: '{free_space_check: true}',
    free: [20, 40.000001024],
    tasks: n5,
    allocations: {},
    moved: { p: 0, a: 0 },
  },
  {
    name: 'N7: most used and best agree',
    parameters: minimize,
    free: [60, 70],
    tasks: ['a 20 [16,4]'],
    allocations: { a: onNode0 },
    moved: { a: 976562 },
  },
  {
    name: 'N8: best and most free agree',
    parameters: minimize,
    free: [40, 70],
    tasks: n8,
    allocations: { a: onNode1 },
    moved: { p: 0, a: 3906250 },
  },
  {
    name: 'N9: most used and most free agree',
    parameters: minimize,
    free: [70, 40],
    tasks: n8,
    allocations: { a: onNode0 },
    moved: { p: 0, a: 976562 },
  },
  {
    name: 'N10: without agreement the next task is tried',
    parameters: minimize,
    free: [20, 10],
    tasks: [...n8, 'b 5 [1,4]'],
    allocations: { b: onNode1 },
    moved: { p: 0, a: 0, b: 244140 },
  },
  {
    name: 'N11: a task that is spread too much is left alone',
    parameters: '{algorithm: minimize_migration, loop_min_task_balance: 0.9}',
    free: [60, 70],
    tasks: ['a 20 [16,4]', 'b 5 [4.75,0.25]'],
    allocations: { b: onNode0 },
    moved: { a: 0, b: 61035 },
  },
  {
    name: 'N12: 40 and 39 GB are the same load',
    parameters: minimize,
    free: [40, 60],
    tasks: ['p 30 [30,0] @0', 'q 29 [0,29] @1', 'a 10 [3,7]'],
    allocations: { a: onNode1 },
    moved: { p: 0, q: 0, a: 732421 },
  },
  {
    name: 'N13: pages of a bound task are moved again',
    free: [60, 70],
    tasks: ['a 20 [2,18] @1'],
    allocations: { a: { migrate_pages: 1 } },
    moved: { a: 488281 },
  },
  {
    name: 'N14: not while another node has more free memory',
    free: [70, 60],
    tasks: ['a 20 [2,18] @1'],
    allocations: {},
    moved: { a: 0 },
  },
  {
    name: 'N15: not when enough of them are there',
    free: [60, 70],
    tasks: ['a 20 [1,19] @1'],
    allocations: {},
    moved: { a: 0 },
  },
  {
    name: 'N16: one task is bound while another is moved again',
    free: [60, 70],
    tasks: ['a 20 [2,18] @1', 'b 10 [5,5]'],
    allocations: { b: onNode0, a: { migrate_pages: 1 } },
    moved: { a: 488281, b: 1220703 },
  },
  {
    name: 'N17: memory is bound instead of moved',
    parameters: '{migrate_pages: false, cgroups_memory_binding: true}',
    free: [60, 70],
    tasks: ['p 30 [30,0] @0', 'a 20 [15,5]'],
    allocations: { a: { cpuset_cpus: '10-19', cpuset_mems: '1' } },
    moved: { p: 0, a: 0 },
  },
  {
    name: 'N19: most used of four nodes and best agree',
    parameters: minimize,
    free: [50, 50, 90, 20],
    tasks: n19,
    allocations: { a: onNode2 },
    moved: { p: 0, q: 0, a: 2441405, b: 0 },
  },
  {
    name: 'N20: nodes 2 and 3 tie',
    free: [50, 50, 90, 20],
    tasks: n19,
    allocations: { a: onNode2 },
    moved: { p: 0, q: 0, a: 2441405, b: 0 },
  },
  {
    name: 'N21: a dry run tells of no task',
    parameters: '{dryrun: true}',
    free: [60, 70],
    tasks: ['a 20 [15,5]'],
    allocations: {},
    moved: {},
  },
  {
    name: 'N22: nodes with the same free memory: the first one',
    free: [70, 70],
    tasks: ['a 20 [10,10] @0', 'b 20 [10,10] @1'],
    allocations: { a: { migrate_pages: 0 } },
    moved: { a: 2441406, b: 0 },
  },
  {
    name: 'N23: equal limits keep their order',
    free: [60, 70],
    tasks: ['a 10 [5,5]', 'b 10 [0,10]'],
    allocations: { a: onNode0 },
    moved: { a: 1220703, b: 0 },
  },
  {
    name: 'N24: 20 is not less than 20',
    parameters: minimize,
    free: [20, 20],
    tasks: ['a 20 [12,8]'],
    allocations: { a: onNode0 },
    moved: { a: 1953125 },
  },
];

/** `a 20 [15,5] @0`: limit in GB, GB by node, the node to which it is bound; without it has all CPUs. */
function parseTask(text: string, nodes: number): FakeTask {
  const [, id = '', limit = '', gigas = '', node] = /^(\w+) (\S+) \[(.*)\](?: @(\d))?$/.exec(text) ?? [];
  const all = Array.from({ length: nodes }, (_, index) => cpusOfNode(index)).flat();
  return numaTask({
    id,
    memBytes: Number(limit) * giga,
    gigas: gigas.split(',').map(Number),
    cpus: node === undefined ? all : cpusOfNode(Number(node)),
  });
}

for (const { name, parameters, free, tasks, allocations, moved } of examples) {
  test(name, () => {
    const platform = numaPlatform(free.map((gigas) => gigas * giga));
    const answer = ask(
      makeNuma(parameters),
      platform,
      tasks.map((text) => parseTask(text, free.length)),
    );
    assert.deepEqual(Object.fromEntries(answer.allocations), allocations);
    assert.deepEqual(movedPages(answer), moved);
  });
}

test('N18: limits above the memory of the host are passed over; a task without any is left alone', () => {
  const unlimited = 2 ** 63 - 4096;
  const limits = { task_mem_limit_bytes: unlimited, task_mem_soft_limit_bytes: unlimited };
  const cpus = [...cpusOfNode(0), ...cpusOfNode(1)];
  const answer = ask(makeNuma(), numaPlatform([60 * giga, 70 * giga]), [
    numaTask({ id: 'g', gigas: [0, 0], cpus, measurements: { ...limits, task_mem_usage_bytes: 0 } }),
    numaTask({
      id: 'u',
      gigas: [3, 1],
      cpus,
      measurements: { ...limits, task_mem_max_usage_bytes: 5 * giga, task_mem_usage_bytes: 4 * giga },
    }),
  ]);
  assert.deepEqual(Object.fromEntries(answer.allocations), { u: onNode0 });
  assert.deepEqual(movedPages(answer), { g: 0, u: 244140 });
});

test('the sequence: A → 0, B → 1, C → 1, D → 0, each in its own iteration', () => {
  const allocator = makeNuma();
  const platform = numaPlatform([90 * giga, 90 * giga]);
  const tasks = ['D 10 [5,5]', 'C 20 [10,10]', 'A 40 [20,20]', 'B 30 [15,15]'].map((text) => parseTask(text, 2));
  const steps: string[] = [];
  const bound = new Map<string, number>();
  for (let iteration = 0; iteration < 5; iteration++) {
    const present = tasks.map((task) => {
      const node = bound.get(task.id);
      if (node === undefined) return task;
      const gigas = [0, 1].map((own) => (own === node ? 1 : 0));
      return numaTask({ id: task.id, memBytes: Number(task.resources?.['mem']), gigas, cpus: cpusOfNode(node) });
    });
    const { allocations } = ask(allocator, platform, present);
    for (const [id, { migrate_pages: node = -1 }] of allocations) {
      steps.push(`${id} → ${node}`);
      bound.set(id, node);
    }
  }
  assert.deepEqual(steps, ['A → 0', 'B → 1', 'C → 1', 'D → 0']);
});
