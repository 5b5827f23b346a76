import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planColumns } from '../../../../../collector/watch/sources/rdt-columns.ts';
import { planCoverage } from '../../../../../collector/watch/sources/rdt-cover.ts';
import { RmidGate } from '../../../../../collector/watch/sources/rdt-gate.ts';
import { planThreads } from '../../../../../collector/watch/sources/rdt-plan.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';

/** The decisions of RDT monitoring, without a kernel. */

const target = (path: string, ...cgroups: string[]) => ({ path, cgroups: cgroups.length === 0 ? [path] : cgroups });

const coverages = [
  { name: 'one target', targets: [target('/a')], cgroups: { '/a': ['/a'] }, nested: [] },
  {
    name: 'a pod by its containers, one of them a target too',
    targets: [target('/pod', '/pod/c1', '/pod/c2'), target('/pod/c1')],
    cgroups: { '/pod': ['/pod/c2'], '/pod/c1': ['/pod/c1'] },
    nested: [],
  },
  {
    name: 'a target inside of a target',
    targets: [target('/a/b/c'), target('/a')],
    cgroups: { '/a': ['/a'], '/a/b/c': ['/a/b/c'] },
    nested: ['/a/b/c'],
  },
  {
    name: 'names that begin alike are not nested',
    targets: [target('/a'), target('/ab')],
    cgroups: { '/a': ['/a'], '/ab': ['/ab'] },
    nested: [],
  },
  {
    name: 'the same cgroup for two targets of equal depth',
    targets: [target('/x', '/c'), target('/y', '/c')],
    cgroups: { '/x': [], '/y': ['/c'] },
    nested: [],
  },
  { name: 'the root cgroup is nobody’s', targets: [target('/a', '/')], cgroups: { '/a': [] }, nested: [] },
] as const;

for (const { name, targets, cgroups, nested } of coverages) {
  test(`coverage: ${name}`, () => {
    const coverage = planCoverage(targets);
    assert.deepEqual(Object.fromEntries(coverage.cgroups), cgroups);
    assert.deepEqual(coverage.nested, nested);
  });
}

test('coverage: each cgroup that is named has one owner, whatever the order', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 })
    .map((parts) => `/${parts.join('/')}`);
  const targets = fc.uniqueArray(fc.record({ path, cgroups: fc.uniqueArray(path, { minLength: 1, maxLength: 3 }) }), {
    selector: (one) => one.path,
    maxLength: 5,
  });
  fc.assert(
    fc.property(targets, (list) => {
      const { cgroups, named } = planCoverage(list);
      const owned = [...cgroups.values()].flat();
      assert.deepEqual(owned.toSorted(), [...named].sort());
      const reversed = planCoverage(list.toReversed());
      for (const [owner, names] of cgroups) {
        assert.deepEqual(reversed.cgroups.get(owner)?.toSorted(), names.toSorted());
      }
    }),
  );
});

const at = (control: string, monitoring = '') => ({ control, monitoring });
const threads = [
  { name: 'no thread', control: undefined, inside: 0, outside: [], to: undefined, moves: [] },
  { name: 'all in the root', control: undefined, inside: 0, outside: [at(''), at('')], to: '', moves: [0, 1] },
  {
    name: 'all in a control group, some in old groups of ours',
    control: undefined,
    inside: 0,
    outside: [at('batch'), at('batch', 'wca-old'), at('batch', 'wca-a')],
    to: 'batch',
    moves: [0, 1],
  },
  {
    name: 'as many here as there: the group stays',
    control: 'batch',
    inside: 1,
    outside: [at('')],
    to: 'batch',
    moves: [],
    elsewhere: { '': 1 },
  },
  {
    name: 'more there than here: the group goes',
    control: 'batch',
    inside: 1,
    outside: [at(''), at('')],
    to: '',
    moves: [0, 1],
    elsewhere: { batch: 1 },
  },
  {
    name: 'threads of others do not count for where the group belongs',
    control: undefined,
    inside: 0,
    outside: [at('x', 'theirs'), at('x', 'theirs'), at('')],
    to: '',
    moves: [2],
    foreign: { '/x/mon_groups/theirs': 2 },
  },
] as const;

for (const one of threads) {
  test(`threads: ${one.name}`, () => {
    const outside = one.outside.map((place, id) => ({ id, at: place }));
    const plan = planThreads({ name: 'wca-a', control: one.control, inside: one.inside, outside });
    assert.equal(plan.control, one.to);
    assert.deepEqual(plan.moves, one.moves);
    assert.deepEqual(Object.fromEntries(plan.elsewhere), 'elsewhere' in one ? one.elsewhere : {});
    assert.deepEqual(Object.fromEntries(plan.foreign), 'foreign' in one ? one.foreign : {});
  });
}

test('columns: only features of the machine, remote only with both bandwidths', () => {
  const names = (features: readonly string[], domains: readonly number[] = []) =>
    planColumns(features, domains).columns.map(({ metric, labels }) => `${metric} ${labels['domain_id'] ?? ''}`.trim());
  assert.deepEqual(names(['llc_occupancy']), ['task_llc_occupancy_bytes']);
  assert.deepEqual(names(['mbm_total_bytes', 'new_event']), ['task_mem_bandwidth_bytes']);
  assert.deepEqual(names(['mbm_total_bytes', 'mbm_local_bytes'], [3]), [
    'task_mem_bandwidth_bytes',
    'task_mem_bandwidth_local_bytes',
    'task_mem_bandwidth_remote_bytes',
    'task_mem_bandwidth_domain_bytes 3',
    'task_mem_bandwidth_local_domain_bytes 3',
  ]);
  const { slotOf } = planColumns(['llc_occupancy'], [0, 9]);
  assert.deepEqual(
    [slotOf('llc_occupancy', 9), slotOf('llc_occupancy', 1), slotOf('mbm_total_bytes', 0)],
    [2, undefined, undefined],
  );
});

test('gate: a busy machine is asked after 1, 2, 4, 8, 8 seconds and again after 1 when it worked meanwhile', () => {
  const gate = new RmidGate();
  const explain = (path: string) => new WcaError('LIMIT_REACHED', { subject: path, message: 'busy' });
  let nowMs = 1000;
  for (const waitMs of [1000, 2000, 4000, 8000, 8000]) {
    gate.busy(nowMs, explain);
    assert.equal(gate.mayTry(nowMs + waitMs - 1), false);
    nowMs += waitMs;
    assert.equal(gate.mayTry(nowMs), true);
  }
  assert.equal(gate.problem('/a', nowMs)?.subject, '/a');
  gate.open();
  assert.equal(gate.problem('/a', nowMs), undefined);
  gate.busy(nowMs, explain);
  assert.equal(gate.problem('/a', nowMs + 4999), undefined, 'too early to worry');
  assert.equal(gate.mayTry(nowMs + 1000), true);
});
