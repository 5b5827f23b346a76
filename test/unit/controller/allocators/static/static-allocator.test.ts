import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOPAllocator } from '../../../../../controller/allocators/nop-allocator.ts';
import { staticAllocator } from '../../../../../controller/allocators/static/static-allocator.ts';
import { createComponent, type FakeTask, fakePlatform, fakeTasks } from '../../../../../controller/plugin-kit.ts';

/** t1 with foo=bar, t2 without labels of its own (spec allocation §6.1). */
const twoTasks: readonly FakeTask[] = [{ id: 't1', labels: { foo: 'bar' } }, { id: 't2' }];

async function allocate(rules: string, tasks: readonly FakeTask[] = twoTasks): Promise<Record<string, object>> {
  const allocator = createComponent(staticAllocator, `{rules: ${rules}}`);
  const { allocations } = await allocator.allocate(fakePlatform(), fakeTasks(...tasks), new AbortController().signal);
  return Object.fromEntries(allocations);
}

const x = (labels: Readonly<Record<string, string>>): readonly FakeTask[] => [{ id: 'x', labels }];
const quota = 'allocations: {cpu_quota: 1}';
const matched = { x: { cpu_quota: 1 } };

const cases: readonly {
  readonly name: string;
  readonly rules: string;
  readonly tasks?: readonly FakeTask[];
  readonly allocations: object;
}[] = [
  {
    name: 'a rule without subject is for all tasks',
    rules: '[{allocations: {cpu_quota: 2}}]',
    allocations: { t1: { cpu_quota: 2 }, t2: { cpu_quota: 2 } },
  },
  {
    name: 'a later rule for one task wins',
    rules: '[{allocations: {cpu_quota: 2}}, {task_id: t2, allocations: {cpu_quota: 3}}]',
    allocations: { t1: { cpu_quota: 2 }, t2: { cpu_quota: 3 } },
  },
  {
    name: 'a later rule by label wins',
    rules:
      '[{allocations: {cpu_quota: 2}}, {task_id: t2, allocations: {cpu_quota: 3}}, {labels: {foo: bar}, allocations: {cpu_quota: 1}}]',
    allocations: { t1: { cpu_quota: 1 }, t2: { cpu_quota: 3 } },
  },
  {
    name: 'rdt is a mapping',
    rules: '[{task_id: t1, allocations: {rdt: {name: foo, l3: x}}}]',
    allocations: { t1: { rdt: { name: 'foo', l3: 'x' } } },
  },
  {
    name: 'rules are merged by type of allocation',
    rules: '[{allocations: {cpu_quota: 1, cpu_shares: 2}}, {task_id: t1, allocations: {cpu_shares: 3}}]',
    allocations: { t1: { cpu_quota: 1, cpu_shares: 3 }, t2: { cpu_quota: 1, cpu_shares: 2 } },
  },
  {
    name: 'rdt is replaced as a whole',
    rules: '[{allocations: {rdt: {l3: a}}}, {task_id: t1, allocations: {rdt: {mb: b}}}]',
    allocations: { t1: { rdt: { mb: 'b' } }, t2: { rdt: { l3: 'a' } } },
  },
  {
    name: 'a label rule works without an earlier rule for a task (W2)',
    rules: `[{labels: {foo: bar}, ${quota}}]`,
    allocations: { t1: { cpu_quota: 1 } },
  },
  {
    name: 'a rule for a task that is not there is ignored (W17)',
    rules: `[{task_id: absent, allocations: {cpu_quota: 5}}, {task_id: t2, ${quota}}]`,
    allocations: { t2: { cpu_quota: 1 } },
  },
  {
    name: 'the id wins over labels',
    rules: `[{task_id: t2, labels: {foo: bar}, ${quota}}]`,
    allocations: { t2: { cpu_quota: 1 } },
  },
  {
    name: 'a label matches at its beginning',
    rules: `[{labels: {foo: bar}, ${quota}}]`,
    tasks: x({ foo: 'barbar' }),
    allocations: matched,
  },
  {
    name: 'a label does not match further on',
    rules: `[{labels: {foo: bar}, ${quota}}]`,
    tasks: x({ foo: 'a bar' }),
    allocations: {},
  },
  {
    name: 'a pattern can end',
    rules: `[{labels: {foo: bar$}, ${quota}}]`,
    tasks: x({ foo: 'barbar' }),
    allocations: {},
  },
  {
    name: 'one label is enough (W16)',
    rules: `[{labels: {foo: bar, b: NO}, ${quota}}]`,
    tasks: x({ foo: 'bar', b: 'zz' }),
    allocations: matched,
  },
  {
    name: 'labels that the task lacks are ignored',
    rules: `[{labels: {foo: bar, b: NO}, ${quota}}]`,
    tasks: x({ foo: 'bar' }),
    allocations: matched,
  },
  {
    name: 'match: all wants every label to match',
    rules: `[{match: all, labels: {foo: bar, b: NO}, ${quota}}]`,
    tasks: x({ foo: 'bar', b: 'zz' }),
    allocations: {},
  },
  {
    name: 'match: all wants every label to be there',
    rules: `[{match: all, labels: {foo: bar, b: NO}, ${quota}}]`,
    tasks: x({ foo: 'bar' }),
    allocations: {},
  },
  {
    name: 'match: all is content when all match',
    rules: `[{match: all, labels: {foo: bar, b: z+$}, ${quota}}]`,
    tasks: x({ foo: 'bar', b: 'zz' }),
    allocations: matched,
  },
  { name: 'no label matches no task', rules: `[{labels: {}, ${quota}}]`, allocations: {} },
  {
    name: 'match: all without a label matches no task',
    rules: `[{match: all, labels: {}, ${quota}}]`,
    allocations: {},
  },
  {
    name: 'patterns are Python regular expressions',
    rules: `[{labels: {job: '(?P<n>[01])(?P=n)'}, ${quota}}]`,
    tasks: x({ job: '00' }),
    allocations: matched,
  },
  {
    name: 'patterns that are no strings are what Python writes for them',
    rules: `[{labels: {n: 5, b: true}, match: all, ${quota}}]`,
    tasks: x({ n: '51', b: 'True' }),
    allocations: matched,
  },
  { name: 'inherited properties are no labels', rules: `[{labels: {toString: '.*'}, ${quota}}]`, allocations: {} },
  { name: 'a rule without allocations is skipped', rules: '[{task_id: t1}]', allocations: {} },
  { name: 'a rule with null for allocations is skipped', rules: '[{task_id: t1, allocations: null}]', allocations: {} },
  { name: 'a rule with empty allocations is skipped', rules: '[{task_id: t1, allocations: {}}]', allocations: {} },
  { name: 'no rules allocate nothing', rules: '[]', allocations: {} },
  {
    name: 'all types pass through, in or out of range',
    rules:
      '[{task_id: t1, name: 7, allocations: {cpu_quota: 2, cpu_shares: 10, cpuset_cpus: "1-3", cpuset_mems: 0, cpuset_memory_migrate: true, migrate_pages: 1, cpu_idle: 1, cpu_burst: 0.1, memory_high: 1000000000, memory_low: max, io_weight: 100, rdt: {name: "", l3: "L3:0=f", mb: "MB:0=50", l3code: "L3CODE:0=f", l3data: "L3DATA:0=f", l2: "L2:0=f"}}}]',
    allocations: {
      t1: {
        cpu_quota: 2,
        cpu_shares: 10,
        cpuset_cpus: '1-3',
        cpuset_mems: 0,
        cpuset_memory_migrate: true,
        migrate_pages: 1,
        cpu_idle: 1,
        cpu_burst: 0.1,
        memory_high: 1e9,
        memory_low: 'max',
        io_weight: 100,
        rdt: { name: '', l3: 'L3:0=f', mb: 'MB:0=50', l3code: 'L3CODE:0=f', l3data: 'L3DATA:0=f', l2: 'L2:0=f' },
      },
    },
  },
  {
    name: 'ids may be a list',
    rules: '[{task_id: t1, allocations: {cpuset_cpus: [0, 2], cpuset_mems: "0,1"}}]',
    allocations: { t1: { cpuset_cpus: [0, 2], cpuset_mems: '0,1' } },
  },
];

for (const { name, rules, tasks, allocations } of cases) {
  test(name, async () => assert.deepEqual(await allocate(rules, tasks), allocations));
}

test('a pattern that goes back and forth does not match, and does not take long', async () => {
  const rules = `[{labels: {foo: '(a+)+b'}, ${quota}}, {labels: {foo: a}, allocations: {cpu_shares: 1}}]`;
  assert.deepEqual(await allocate(rules, x({ foo: 'a'.repeat(200) })), { x: { cpu_shares: 1 } });
});

test('a value that is very long does not match', async () => {
  assert.deepEqual(await allocate(`[{labels: {foo: a}, ${quota}}]`, x({ foo: 'a'.repeat(5000) })), {});
});

const wrong: readonly (readonly [rules: string, message: RegExp])[] = [
  [
    '[{allocations: {cpu_quotas: 1}}]',
    /rules\[0\]\.allocations\.cpu_quotas: no such key of allocations, did you mean "cpu_quota"/,
  ],
  ['[{allocations: {foo: 1}}]', /no such key of allocations \(cpu_quota, /],
  ['[{allocations: {rdt: {l4: x}}}]', /rules\[0\]\.allocations\.rdt\.l4: no such key of rdt/],
  ['[{allocations: {rdt: "L3:0=f"}}]', /got the string "L3:0=f"/],
  ['[{allocations: {cpu_quota: null}}]', /got null \(number\)/],
  ['[{allocations: {cpu_quota: .nan}}]', /not finite/],
  ['[{allocations: {cpuset_memory_migrate: 2}}]', /got the int 2/],
  ['[{lables: {a: b}}]', /no such key of a rule, did you mean "labels"/],
  ['[{labels: {a: "(b"}}]', /rules\[0\]\.labels\.a: got the string "\(b", /],
  ['[{task_id: 5}]', /rules\[0\]\.task_id: got the int 5/],
  ['[{match: some}]', /one of any, all/],
  ['[5]', /rules\[0\]: got the int 5/],
];

for (const [rules, message] of wrong) {
  test(`${rules} is refused when the configuration is read`, () => {
    assert.throws(() => createComponent(staticAllocator, `{rules: ${rules}}`), { code: 'INVALID_CONFIG', message });
  });
}

test('NOPAllocator allocates nothing', () => {
  assert.deepEqual(new NOPAllocator().allocate(), { allocations: new Map() });
});
