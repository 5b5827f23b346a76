import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, type Question, type Thresholds } from '../../../../../controller/detectors/psi/judge.ts';
import type { HostRates, TaskRates } from '../../../../../controller/detectors/psi/rates.ts';
import { pressureResources } from '../../../../../controller/detectors/psi/sample.ts';

const thresholds: Thresholds = {
  cpuPressure: 0.1,
  memoryPressure: 0.05,
  ioPressure: 0.05,
  steal: 0.05,
  hostBusy: 0.7,
  memoryUsed: 0.8,
  contenderShare: 0.1,
};

const host = (more: Partial<HostRates> = {}): HostRates => ({
  cpus: 4,
  busy: 0.95,
  steal: 0,
  memoryShare: 0.9,
  ...more,
});

interface Given {
  readonly pressure?: Partial<TaskRates['pressure']>;
  readonly use?: Partial<TaskRates['use']>;
  readonly throttled?: number | undefined;
  readonly limitShare?: number | undefined;
}

const task = ({ pressure, use, ...rest }: Given = {}): TaskRates => ({
  pressure: { cpu: 0, memory: 0, io: 0, ...pressure },
  use: { cpu: 0, memory: 0, io: 0, ...use },
  throttled: 0,
  limitShare: 0.1,
  ...rest,
});

const ask = (
  resource: Question['resource'],
  tasks: Readonly<Record<string, TaskRates>>,
  more: Partial<HostRates> = {},
) => judge({ resource, id: 'victim', tasks: new Map(Object.entries(tasks)), host: host(more), thresholds });

const waits = { cpu: 0.4, memory: 0.2, io: 0.2 };
const noisyCpu = task({ use: { cpu: 3 } });
const victim = (more: Given = {}): TaskRates =>
  task({ pressure: waits, use: { cpu: 0.5, memory: 1e6, io: 1e6 }, ...more });

const scenarios: readonly (readonly [string, ReturnType<typeof ask>, string, readonly string[]])[] = [
  ['a noisy CPU neighbour', ask('cpu', { victim: victim(), noisy: noisyCpu }), 'neighbour', ['noisy']],
  [
    'the most use comes first',
    ask('cpu', { victim: victim(), a: task({ use: { cpu: 1 } }), b: task({ use: { cpu: 2 } }) }),
    'neighbour',
    ['b', 'a'],
  ],
  ['no pressure', ask('cpu', { victim: task({ use: { cpu: 0.5 } }), noisy: noisyCpu }), 'calm', []],
  ['its own quota', ask('cpu', { victim: victim({ throttled: 0.35 }), noisy: noisyCpu }), 'self', []],
  [
    'what the quota leaves is little',
    ask('cpu', { victim: victim({ pressure: { cpu: 0.14 }, throttled: 0.06 }), noisy: noisyCpu }),
    'self',
    [],
  ],
  ['the hypervisor', ask('cpu', { victim: victim(), noisy: noisyCpu }, { steal: 0.2 }), 'hypervisor', []],
  ['a host that is not busy', ask('cpu', { victim: victim(), noisy: noisyCpu }, { busy: 0.3 }), 'self', []],
  [
    'its own threads',
    ask('cpu', { victim: victim({ use: { cpu: 3.5 } }), calm: task({ use: { cpu: 0.1 } }) }),
    'self',
    [],
  ],
  ['tasks like it', ask('cpu', { victim: victim({ use: { cpu: 2 } }), other: task({ use: { cpu: 2 } }) }), 'peers', []],
  ['what belongs to no task', ask('cpu', { victim: victim({ use: { cpu: 0.1 } }) }), 'unattributed', []],
  [
    'PSI off and no run-queue delay',
    ask('cpu', { victim: victim({ pressure: { cpu: undefined } }), noisy: noisyCpu }),
    'unknown',
    [],
  ],
  ['steal not measured', ask('cpu', { victim: victim(), noisy: noisyCpu }, { steal: undefined }), 'unknown', []],
  ['throttling not measured', ask('cpu', { victim: victim({ throttled: undefined }), noisy: noisyCpu }), 'unknown', []],
  [
    'a memory neighbour',
    ask('memory', { victim: victim(), noisy: task({ use: { memory: 1e9 } }) }),
    'neighbour',
    ['noisy'],
  ],
  [
    'its own memory limit',
    ask('memory', { victim: victim({ limitShare: 0.99 }), noisy: task({ use: { memory: 1e9 } }) }),
    'self',
    [],
  ],
  [
    'memory is free',
    ask('memory', { victim: victim(), noisy: task({ use: { memory: 1e9 } }) }, { memoryShare: 0.3 }),
    'self',
    [],
  ],
  ['an IO neighbour', ask('io', { victim: victim(), noisy: task({ use: { io: 1e8 } }) }), 'neighbour', ['noisy']],
  ['its own IO', ask('io', { victim: victim({ use: { io: 1e8 } }), calm: task({ use: { io: 10 } }) }), 'self', []],
];

for (const [name, { verdict, contenders }, wanted, who] of scenarios) {
  test(`${name}: ${wanted}`, () => {
    assert.equal(verdict, wanted);
    assert.deepEqual(
      contenders.map(({ id }) => id),
      who,
    );
  });
}

test('what is missing is named', () => {
  const { missing } = ask('cpu', { victim: victim({ throttled: undefined }) }, { steal: undefined });
  assert.deepEqual(missing, ['task_cpu_throttled_seconds', 'platform_cpu_steal']);
});

const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
const amount = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
const anyTask: fc.Arbitrary<TaskRates> = fc.record({
  pressure: fc.record({ cpu: share, memory: share, io: share }),
  throttled: share,
  use: fc.record({ cpu: amount, memory: amount, io: amount }),
  limitShare: share,
});
const anyQuestion: fc.Arbitrary<Question> = fc.record({
  resource: fc.constantFrom(...pressureResources),
  id: fc.constantFrom('a', 'b'),
  tasks: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), anyTask).map((tasks) => new Map(Object.entries(tasks))),
  host: fc.record({ cpus: fc.integer({ min: 1, max: 512 }), busy: share, steal: share, memoryShare: share }),
  thresholds: fc.constant(thresholds),
});

test('whatever is measured: never the victim itself, in the order of use, and only of a neighbour', () => {
  fc.assert(
    fc.property(anyQuestion, (question) => {
      const { verdict, contenders, missing, pressure } = judge(question);
      assert.equal(verdict === 'neighbour', contenders.length > 0);
      assert.equal(verdict === 'unknown', missing.length > 0);
      const own = question.tasks.get(question.id)?.use[question.resource] ?? 0;
      contenders.forEach(({ id, use }, i) => {
        assert.notEqual(id, question.id);
        assert.ok(use >= own && use <= (contenders[i - 1]?.use ?? Number.POSITIVE_INFINITY));
      });
      if (verdict === 'neighbour') assert.ok((pressure ?? 0) >= 0.05);
    }),
  );
});

test('without pressure nobody is blamed', () => {
  fc.assert(
    fc.property(anyQuestion, (question) => {
      const calm = new Map(
        [...question.tasks].map(([id, one]) => [id, { ...one, pressure: { cpu: 0, memory: 0, io: 0 } }]),
      );
      assert.ok(['calm', 'unknown'].includes(judge({ ...question, tasks: calm }).verdict));
    }),
  );
});
