import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnswerMemo } from '../../../../controller/allocators/answer-memo.ts';
import { checkAllocationResult } from '../../../../controller/allocators/check-result.ts';
import { MeasurementTable } from '../../../../controller/runners/measurement-views.ts';
import type { AllocationUnits } from '../../../../shared/allocation/normalise.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';

const units = { cpus: 4, periodUs: 100_000, sharesUnit: 1000, conversion: 'kernel' } as const;
const task = (id: string) => ({
  id,
  name: id,
  cgroupPath: `/${id}`,
  subcgroupPaths: [],
  labels: {},
  resources: {},
  measurements: new MeasurementTable([]).row(0),
  allocations: undefined,
});
const tasks = new Map(['t1', 't2'].map((id) => [id, task(id)]));
const check = (answer: unknown) => checkAllocationResult(answer, tasks, { units });
const answer = (...entries: readonly (readonly [unknown, unknown])[]) => ({ allocations: new Map(entries) });

test('what is wrong with one task costs that task only', () => {
  const { wishes, problems } = check(answer(['t1', { cpu_quota: 0.5 }], ['t2', { cpu_quota: 2 }]));
  assert.deepEqual(wishes.get('t1'), [{ type: 'cpu_quota', quotaUs: 200_000, periodUs: 100_000 }]);
  assert.equal(wishes.has('t2'), false);
  assert.deepEqual(
    problems.map(({ subject }) => subject),
    ['task t2 cpu_quota'],
  );
});

for (const [name, entry, subject, message] of [
  ['an unknown task', ['t9', { cpu_quota: 1 }], 'task t9', /no such task/],
  ['a key that is no text', [7, {}], 'task (a key that is number)', /no such task/],
  ['a key without any text', [Object.create(null), {}], 'task (a key that is object)', /no such task/],
  ['allocations that are a list', ['t1', []], 'task t1', /no object/],
  ['allocations that are null', ['t1', null], 'task t1', /no object/],
  ['an unknown type', ['t1', { foo: 1 }], 'task t1', /no allocation "foo"; known are .*cpu_quota/],
  ['null as a value', ['t1', { cpu_quota: null }], 'task t1 cpu_quota', /./],
  ['a plain map as a quota', ['t1', { cpu_quota: {} }], 'task t1 cpu_quota', /./],
] as const) {
  test(`${name} is one problem with subject, message and remedy`, () => {
    const { wishes, problems } = check(answer(entry, ['t2', { cpu_quota: 0.5 }]));
    const [problem] = problems;
    assert.equal(problems.length, 1);
    assert.equal(problem?.subject, subject);
    assert.match(problem.message, message);
    assert.ok((problem.remedy ?? '') !== '');
    assert.deepEqual([...wishes.keys()], ['t2']);
  });
}

for (const [name, bad] of [
  ['undefined', undefined],
  ['a list', []],
  ['allocations that are a plain object', { allocations: {} }],
] as const) {
  test(`${name}: the whole answer is refused, with a remedy`, () => {
    assert.throws(() => check(bad), { code: 'PLUGIN_FAILED', remedy: 'correct what the plugin answers' });
  });
}

for (const [name, lists] of [
  ['anomalies that are no list', { anomalies: {} }],
  ['an anomaly that is none', { anomalies: [1] }],
  ['a metric that is none', { metrics: [{ name: 'x' }] }],
] as const) {
  test(`${name}: that list is refused, with a remedy, and allocations stand`, () => {
    const { wishes, problems, anomalies, metrics } = check({
      allocations: new Map([['t1', { cpu_quota: 0.5 }]]),
      ...lists,
    });
    assert.deepEqual([[...wishes.keys()], anomalies, metrics], [['t1'], [], []]);
    assert.deepEqual(
      problems.map(({ code, remedy }) => [code, remedy]),
      [['PLUGIN_FAILED', 'correct what the plugin answers']],
    );
  });
}

test('whatever a plugin answers, it is a result whose problems name a task and a remedy, or PLUGIN_FAILED', () => {
  const type = fc.constantFrom('cpu_quota', 'cpu_shares', 'cpuset_cpus', 'cpuset_mems', 'migrate_pages', 'rdt', 'foo');
  const key = fc.oneof(fc.constantFrom('t1', 't2', 't3'), fc.anything());
  const entry = fc.tuple(key, fc.oneof(fc.dictionary(type, fc.anything()), fc.anything()));
  const whole = fc.array(entry).map((entries) => ({ allocations: new Map(entries) }));
  const given = fc.oneof(whole, fc.anything());
  fc.assert(
    fc.property(given, (garbage) => {
      try {
        const { problems, wishes } = check(garbage);
        for (const id of wishes.keys()) assert.ok(tasks.has(id));
        for (const { code, subject, remedy } of problems)
          assert.ok((subject.startsWith('task ') || code === 'PLUGIN_FAILED') && remedy !== undefined);
      } catch (thrown) {
        assert.ok(thrown instanceof WcaError && thrown.code === 'PLUGIN_FAILED', String(thrown));
      }
    }),
    { numRuns: 500 },
  );
});

test('an answer that is as before is not checked again; one that was changed in place is', () => {
  const memo = new AnswerMemo();
  const again = (given: unknown, of: AllocationUnits = units) =>
    checkAllocationResult(given, tasks, { units: of, memo });
  const wanted = { cpu_quota: 0.5, cpu_shares: 1 };
  const first = again(answer(['t1', wanted], ['t2', { ...wanted }]));
  const second = again(answer(['t1', { ...wanted }], ['t2', wanted]));
  for (const id of ['t1', 't2']) assert.equal(second.wishes.get(id), first.wishes.get(id), id);
  wanted.cpu_quota = 0.25;
  assert.deepEqual(again(answer(['t1', wanted])).wishes, check(answer(['t1', wanted])).wishes);
  wanted.cpu_quota = 2;
  assert.equal(again(answer(['t1', wanted])).problems.length, 1);
  assert.equal(again(answer(['t2', { cpu_quota: 0.5 }])).wishes.get('t2')?.length, 1);
  const twice = { ...units, cpus: 8 };
  assert.deepEqual(again(answer(['t2', { cpu_quota: 0.5 }]), twice).wishes.get('t2'), [
    { type: 'cpu_quota', quotaUs: 400_000, periodUs: 100_000 },
  ]);
  const rdt = { rdt: { name: 'a', l3: 'L3:0=f' } };
  again(answer(['t1', rdt]));
  rdt.rdt.l3 = 'L3:0=3';
  assert.deepEqual(again(answer(['t1', rdt])).wishes, check(answer(['t1', rdt])).wishes);
});

test('notes are told in each iteration, tasks that are gone are forgotten', () => {
  const memo = new AnswerMemo();
  const tiny = answer(['t1', { cpu_quota: 0.000_001 }]);
  const told = [1, 2].map(() => checkAllocationResult(tiny, tasks, { units, memo }).notes);
  assert.deepEqual(told[1], told[0]);
  assert.equal(told[0]?.length, 1);
  for (let i = 0; i < 300; i += 1) {
    const id = `x${i}`;
    checkAllocationResult(answer([id, { cpu_quota: 0.5 }]), new Map([[id, task(id)]]), { units, memo });
  }
  assert.ok([...Array(300).keys()].filter((i) => memo.find(`x${i}`, { cpu_quota: 0.5 }) !== undefined).length <= 102);
});
