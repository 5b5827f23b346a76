import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TaskLabelGenerator } from '../../../../controller/labels/label-generator.ts';
import { defaultLabelGenerators, labelTasks } from '../../../../controller/labels/label-tasks.ts';
import { TaskLabelRegexGenerator, taskLabelRegexGenerator } from '../../../../controller/labels/regex-generator.ts';
import {
  TaskLabelResourceGenerator,
  taskLabelResourceGenerator,
} from '../../../../controller/labels/resource-generator.ts';
import { sanitiseLabelName, sanitiseLabels } from '../../../../controller/labels/sanitise-labels.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { formatPythonFloat } from '../../../../controller/python/float.ts';
import { problemsOf } from '../../../kit/configurations.ts';

function task(facts: Partial<Task> = {}): Task {
  return {
    id: 'id-1',
    name: 'staging/redis-0',
    cgroupPath: '/x',
    subcgroupPaths: [],
    labels: {},
    resources: {},
    ...facts,
  };
}

const floats: readonly (readonly [value: number, text: string])[] = [
  [8, '8.0'],
  [0.6, '0.6'],
  [0, '0.0'],
  [-0, '-0.0'],
  [-1.5, '-1.5'],
  [1073741824, '1073741824.0'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [1e15, '1000000000000000.0'],
  [123456789012345680, '1.2345678901234568e+17'],
  [9999999999999998, '9999999999999998.0'],
  [1e16, '1e+16'],
  [1e100, '1e+100'],
  [Number.NaN, 'nan'],
  [Number.NEGATIVE_INFINITY, '-inf'],
];

for (const [value, text] of floats) {
  test(`${value} prints as ${text}`, () => assert.equal(formatPythonFloat(value), text));
}

test('a printed float reads back as itself and always has a fraction or an exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = formatPythonFloat(value);
      assert.ok(Object.is(Number(text), value), text);
      assert.match(text, /^-?(\d+\.\d+|\d(\.\d+)?e[-+]\d{2,3})$/);
    }),
  );
});

test('a resource becomes a label: numbers with a fraction, texts as they are, else unknown', () => {
  const resources = { cpus: 8, mem: 0.5, disk: 'big' };
  const make = (name: string): string => new TaskLabelResourceGenerator(name).generate(task({ resources }));
  assert.deepEqual(['cpus', 'mem', 'disk', 'gpu', 'toString'].map(make), ['8.0', '0.5', 'big', 'unknown', 'unknown']);
});

test('the regex generator has no value without its source label', () => {
  const generator = new TaskLabelRegexGenerator({ pattern: 'a', repl: '', source: 'toString' });
  assert.equal(generator.generate(task()), undefined);
});

test('the regex generator copies what it does not match', () => {
  const generator = new TaskLabelRegexGenerator({ pattern: '^x$', repl: 'y', source: 'l' });
  assert.equal(generator.generate(task({ labels: { l: 'z' } })), 'z');
});

test('a label that takes too long is an error of its own', () => {
  const generator = new TaskLabelRegexGenerator({ pattern: '(a+)+b', repl: '', source: 'l' });
  assert.throws(() => generator.generate(task({ labels: { l: 'a'.repeat(200) } })), {
    code: 'LIMIT_REACHED',
    subject: 'label l of task id-1',
  });
});

test('a bad pattern or replacement is told when the configuration loads', () => {
  const definitions = [taskLabelRegexGenerator, taskLabelResourceGenerator];
  assert.throws(() => new TaskLabelRegexGenerator({ pattern: '(', repl: '', source: 'a' }), {
    code: 'INVALID_CONFIG',
    message: /pattern "\(", repl "": missing \), unterminated subpattern at position 0/,
  });
  assert.throws(() => new TaskLabelRegexGenerator({ pattern: 'a', repl: '\\1', source: 'a' }), /there is no group 1/);
  assert.match(problemsOf('runner: !TaskLabelRegexGenerator {}', { definitions }), /is a task label generator/);
});

const names: readonly (readonly [name: string, valid: string])[] = [
  ['app', 'app'],
  ['_x9', '_x9'],
  ['app.kubernetes.io/name', 'app_kubernetes_io_name'],
  ['9lives', '_9lives'],
  ['__name__', '_name__'],
  ['--x', '_x'],
  ['a:b', 'a_b'],
  ['ż😀', '_'],
  ['', '_'],
  ['a\nb', 'a_b'],
];

for (const [name, valid] of names) {
  test(`the label name ${JSON.stringify(name)} becomes ${valid}`, () => assert.equal(sanitiseLabelName(name), valid));
}

test('any text becomes a valid label name that stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const valid = sanitiseLabelName(name);
      assert.match(valid, /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/);
      assert.equal(sanitiseLabelName(valid), valid);
    }),
  );
});

test('of labels whose names become the same the last one wins', () => {
  assert.deepEqual(
    [...sanitiseLabels({ 'a.b': '1', c: '2', 'a-b': '3' })],
    [
      ['a_b', '3'],
      ['c', '2'],
    ],
  );
});

function labelsOf(subject: Task, generators: ReadonlyMap<string, TaskLabelGenerator>): unknown {
  const { tasks, errors } = labelTasks([subject], generators);
  assert.deepEqual(errors, []);
  return tasks[0]?.labels;
}

const fixed = (value: string | undefined): TaskLabelGenerator => ({ generate: () => value });
const copyOf = (source: string): TaskLabelGenerator => ({ generate: ({ labels }) => labels[source] });

test('task_id and task_name are always set, over what the orchestrator says', () => {
  assert.deepEqual(labelsOf(task({ labels: { task_id: 'x', task_name: 'y', z: '1' } }), new Map()), {
    task_id: 'id-1',
    task_name: 'staging/redis-0',
    z: '1',
  });
});

test('generators add in order, see what was made before, replace nothing', () => {
  const generators = new Map([
    ['env', fixed('generated')],
    ['first', fixed('1')],
    ['second', copyOf('first')],
    ['absent', fixed(undefined)],
    ['empty', fixed('')],
    ['task_id', fixed('forged')],
    ['bad-name', fixed('v')],
  ]);
  assert.deepEqual(labelsOf(task({ labels: { env: 'prod' } }), generators), {
    env: 'prod',
    task_id: 'id-1',
    task_name: 'staging/redis-0',
    first: '1',
    second: '1',
    empty: '',
    bad_name: 'v',
  });
});

test('the default generators give the name as application and an empty version', () => {
  assert.deepEqual(labelsOf(task(), defaultLabelGenerators()), {
    task_id: 'id-1',
    task_name: 'staging/redis-0',
    application: 'staging/redis-0',
    application_version_name: '',
  });
});

test('a generator that throws costs one label and one error', () => {
  const throwing: TaskLabelGenerator = {
    generate: ({ id }) => {
      if (id === 'b') throw new Error('bang');
      return 'v';
    },
  };
  const { tasks, errors } = labelTasks(
    [task({ id: 'a' }), task({ id: 'b' })],
    new Map([
      ['l', throwing],
      ['m', fixed('w')],
    ]),
  );
  assert.deepEqual(
    tasks.map(({ labels }) => [labels['l'], labels['m']]),
    [
      ['v', 'w'],
      [undefined, 'w'],
    ],
  );
  assert.deepEqual(
    errors.map(({ code, subject, message }) => [code, subject, message]),
    [['PLUGIN_FAILED', 'label l of task b', 'bang']],
  );
});

test('a generator that returns no string costs one error', () => {
  const wrong: TaskLabelGenerator = JSON.parse('{}');
  const { errors } = labelTasks([task()], new Map([['l', { ...wrong, generate: () => JSON.parse('5') }]]));
  assert.match(errors.map(({ message }) => message).join(), /returns a string or undefined, not number/);
});

test('the given tasks are not changed', () => {
  const given = Object.freeze(task({ labels: Object.freeze({ a: '1' }) }));
  labelTasks([given], defaultLabelGenerators());
  assert.deepEqual(given.labels, { a: '1' });
});
