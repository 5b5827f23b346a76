import assert from 'node:assert/strict';
import { test } from 'node:test';
import { config, defineComponent, defineConfig } from '../../../../controller/config/component.ts';
import { optional, required, withDefault } from '../../../../controller/config/parameters.ts';
import {
  bool,
  component,
  float,
  int,
  list,
  map,
  numeric,
  path,
  reserved,
  str,
  union,
} from '../../../../controller/config/types.ts';
import type { Runner } from '../../../../controller/runners/runner.ts';
import type { Storage } from '../../../../controller/storages/storage.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { load, problemsOf } from '../../../kit/configurations.ts';

/** Components that keep what they were made of. */
class TestStorage implements Storage {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  describe(): string {
    return this.name;
  }

  store(): Promise<void> {
    return Promise.resolve();
  }
}

interface RunnerArguments {
  readonly first: Storage | undefined;
  readonly second: Storage | undefined;
  readonly interval: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly storages: readonly Storage[];
  readonly settings: { readonly verify: boolean } | undefined;
  readonly resources: ReadonlyMap<string, string | number>;
}

class TestRunner implements Runner {
  readonly args: RunnerArguments;

  constructor(args: RunnerArguments) {
    this.args = args;
  }

  run(): Promise<number> {
    return Promise.resolve(0);
  }
}

const settings = defineConfig({
  tag: 'SSL',
  kind: 'config',
  since: 'seed',
  doc: 'TLS.',
  parameters: { verify: withDefault(bool(), true, { doc: 'Whether.' }) },
  create: ({ verify }) => ({ verify }),
});

function definitions(made: string[] = []) {
  const storage = defineComponent({
    tag: 'TestStorage',
    kind: 'storage',
    since: 'wca',
    doc: 'Keeps its name.',
    parameters: {
      name: withDefault(str(), 'unnamed', { doc: 'The name.' }),
      file: withDefault(path({ absolute: true, readable: true }), 'relative/absent', {
        doc: 'A default is not validated.',
      }),
      fail: withDefault(bool(), false, { doc: 'Whether to throw.' }),
    },
    create: ({ name, fail }) => {
      if (fail) throw new WcaError('INVALID_CONFIG', { subject: name, message: 'fails', remedy: 'let it not' });
      made.push(name);
      return new TestStorage(name);
    },
  });
  const runner = defineComponent({
    tag: 'TestRunner',
    kind: 'runner',
    since: 'wca',
    doc: 'Keeps its arguments.',
    parameters: {
      first: optional(component('storage'), { doc: 'One.' }),
      second: optional(component('storage'), { doc: 'Another.' }),
      interval: withDefault(numeric(0, 60), 1, { doc: 'Period.', unit: 'seconds', nullIsDefault: true }),
      labels: withDefault(map(str()), new Map(), { doc: 'Labels.' }),
      storages: withDefault(list(component('storage')), [], { doc: 'More.' }),
      settings: optional(config(settings), { doc: 'TLS.' }),
      resources: withDefault(map(union(str(), float())), new Map(), { doc: 'Resources.' }),
      later: optional(reserved('true or false'), { doc: 'Later.', notYet: { reason: 'soon', allowed: [false] } }),
      cycles: withDefault(int(), 0, { doc: 'Later.', notYet: { reason: 'it comes later', allowed: [-1, null] } }),
    },
    aliases: { action_delay: 'interval' },
    create: (args) => {
      made.push('runner');
      return new TestRunner(args);
    },
  });
  const needy = defineComponent({
    tag: 'NeedyRunner',
    kind: 'runner',
    since: 'wca',
    doc: 'Needs a storage.',
    parameters: { storage: required(component('storage'), { doc: 'It.' }) },
    create: ({ storage }) => new TestRunner({ ...emptyArguments, first: storage }),
  });
  return [storage, runner, needy, settings];
}

const emptyArguments: RunnerArguments = {
  first: undefined,
  second: undefined,
  interval: 1,
  labels: new Map(),
  storages: [],
  settings: undefined,
  resources: new Map(),
};

function argumentsOf(text: string, made: string[] = [], env: Readonly<Record<string, string>> = {}): RunnerArguments {
  const { runner } = load(text, { definitions: definitions(made), env });
  assert.ok(runner instanceof TestRunner);
  return runner.args;
}

function problems(text: string): string {
  return problemsOf(text, { definitions: definitions() });
}

test('defaults stand in for everything absent and are not validated', () => {
  const made: string[] = [];
  const { cycles, later, ...args }: RunnerArguments & { cycles?: number; later?: undefined } = argumentsOf(
    'runner: !TestRunner',
    made,
  );
  assert.deepEqual({ ...args }, emptyArguments);
  assert.equal(cycles, 0);
  assert.equal(later, undefined);
  assert.deepEqual(made, ['runner']);
});

test('an alias shares one instance, two equal components are two', () => {
  const shared = argumentsOf(
    'runner: !TestRunner\n  first: &s !TestStorage {name: a}\n  second: *s\n  storages: [*s, !TestStorage {name: a}]',
  );
  assert.equal(shared.first, shared.second);
  assert.equal(shared.storages[0], shared.first);
  assert.notEqual(shared.storages[1], shared.first);
});

test('components are made bottom-up, siblings in the order of the parameters', () => {
  const made: string[] = [];
  argumentsOf(
    'runner: !TestRunner\n  first: !TestStorage {name: a}\n  second: !TestStorage {name: b}\n  storages: [!TestStorage {name: c}]',
    made,
  );
  assert.deepEqual(made, ['a', 'b', 'c', 'runner']);
});

test('nothing is made of a file with a problem', () => {
  const made: string[] = [];
  problemsOf('runner: !TestRunner\n  first: !TestStorage {}\n  interval: x', { definitions: definitions(made) });
  assert.deepEqual(made, []);
});

test('merge keys give arguments to a component', () => {
  const args = argumentsOf(
    'runner: !TestRunner\n  first: &a !TestStorage\n    name: x\n  second: !TestStorage\n    <<: *a',
  );
  assert.notEqual(args.first, args.second);
  assert.equal(args.second?.describe(), 'x');
});

test('!Env feeds strings', () => {
  const args = argumentsOf('runner: !TestRunner {labels: {host: !Env HOST, none: !Env NONE}}', [], { HOST: 'n1' });
  assert.deepEqual(
    args.labels,
    new Map([
      ['host', 'n1'],
      ['none', ''],
    ]),
  );
});

test('an old name of a parameter works and is noted with its place', () => {
  const { runner, deprecations } = load('runner: !TestRunner\n  action_delay: 5', { definitions: definitions() });
  assert.ok(runner instanceof TestRunner);
  assert.equal(runner.args.interval, 5);
  assert.deepEqual(deprecations, ['/etc/wca.yaml:2:3 runner.action_delay: an old name, use interval']);
});

test('null means the default where it is promised, nothing for what is optional', () => {
  const args = argumentsOf('runner: !TestRunner {interval: null, first: ~, cycles: null}');
  assert.equal(args.interval, 1);
  assert.equal(args.first, undefined);
});

test('a value after a tag is ignored with a note', () => {
  const { deprecations } = load('runner: !TestRunner foo', { definitions: definitions() });
  assert.match(deprecations.join(), /wca.yaml:1:9 runner: the string "foo" after !TestRunner is ignored/);
});

test('a parameter of a later version may have any value that changes nothing', () => {
  for (const value of ['0', '-1', 'null']) argumentsOf(`runner: !TestRunner {cycles: ${value}}`);
  for (const value of ['false', 'null']) argumentsOf(`runner: !TestRunner {later: ${value}}`);
  assert.match(
    problems('runner: !TestRunner {later: true}'),
    /runner\.later: not supported yet: soon \(until then only false\)/,
  );
});

test('loggers: names of levels in any case', () => {
  const text = 'runner: !TestRunner\nloggers: {"": Warning, wca: TRACE, a.b: critical, c: notset}';
  const { loggers } = load(text, { definitions: definitions() });
  assert.deepEqual(
    [...loggers],
    [
      ['', 'warn'],
      ['wca', 'trace'],
      ['a.b', 'fatal'],
      ['c', 'trace'],
    ],
  );
});

const wrong: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ['an empty file (W-01)', '', /wca\.yaml:1:1: the file is empty/],
  ['a list as root (W-01)', '[1]', /wca\.yaml:1:1: the file holds a list/],
  ['a component as root', '!TestRunner {}', /the file holds !TestRunner/],
  ['no runner (W-01)', 'loggers: {}', /:1:1 runner: missing/],
  ['a runner that is none', 'runner: 5', /:1:9 runner: got the int 5 \(a runner: !NeedyRunner, !TestRunner\)/],
  ['a storage as runner', 'runner: !TestStorage', /:1:9 runner: !TestStorage is a storage \(a runner: /],
  [
    'an unknown root key',
    'runner: !TestRunner\nx-common: 5',
    /:2:1 x-common: no such root key \(runner, loggers, collectors\)/,
  ],
  [
    'loggers that are no mapping (W-02)',
    'runner: !TestRunner\nloggers: debug',
    /:2:10 loggers: got the string "debug"/,
  ],
  [
    'an unknown level',
    'runner: !TestRunner\nloggers: {wca: debgu}',
    /:2:16 loggers\.wca: got the string "debgu", did you mean "debug"\? \(one of critical,/,
  ],
  ['a level that is no string', 'runner: !TestRunner\nloggers: {wca: 5}', /loggers\.wca: got the int 5/],
  [
    'an unknown tag',
    'runner: !TestRuner',
    /the tag !TestRuner is unknown, did you mean "TestRunner"\? \(available: !NeedyRunner, !SSL, !TestRunner, !TestStorage\)/,
  ],
  [
    'an unknown parameter',
    'runner: !TestRunner\n  intervall: 5',
    /:2:3 runner\.intervall: !TestRunner has no such parameter, did you mean "interval"\? \(its parameters: cycles, first, interval, labels,/,
  ],
  ['a missing parameter', 'runner: !NeedyRunner', /:1:9 runner\.storage: missing, !NeedyRunner needs it \(a storage\)/],
  ['a list of arguments', 'runner: !TestRunner [1]', /:1:9 runner: got a list \(!TestRunner wants a mapping/],
  [
    'both names of a parameter',
    'runner: !TestRunner\n  interval: 1\n  action_delay: 2',
    /:3:3 runner\.action_delay: the same parameter as interval/,
  ],
  [
    'a parameter of a later version',
    'runner: !TestRunner {cycles: 5}',
    /runner\.cycles: not supported yet: it comes later \(until then only 0, -1, null\)/,
  ],
  ['null where it is not promised', 'runner: !TestRunner {labels: null}', /runner\.labels: got null/],
  ['YAML that is broken (W-03)', 'runner: [', /wca\.yaml:1:\d+: /],
  [
    'a duplicate key (W-03)',
    'runner: !TestRunner\nrunner: !TestRunner',
    /:2:1: the key runner stands already at line 1, column 1/,
  ],
  [
    'settings of another kind',
    'runner: !TestRunner {settings: !TestStorage {}}',
    /runner\.settings: got !TestStorage \(!SSL\)/,
  ],
  [
    'a number as a label',
    'runner: !TestRunner {labels: {rack: 5}}',
    /:1:37 runner\.labels\.rack: got the int 5 \(string\)/,
  ],
];

for (const [name, text, message] of wrong) {
  test(`refused: ${name}`, () => assert.match(problems(text), message));
}

test('all problems of a file are told at once, in its order, once each', () => {
  const text = [
    'runner: !TestRunner',
    '  interval: 61',
    '  first: &s !TestStorage {name: 5}',
    '  second: *s',
    '  storages: [!Nope {}, !TestStorage {nmae: x}]',
    'loggers: {a: loud}',
  ].join('\n');
  const lines = problems(text).split('\n');
  assert.equal(lines[0], '5 problems');
  assert.deepEqual(
    lines.slice(1).map((line) => /:(\d+:\d+) /.exec(line)?.[1]),
    ['2:13', '3:33', '5:14', '5:38', '6:14'],
  );
});

test('what a constructor throws is told with the place of its tag, for all that fail', () => {
  const made: string[] = [];
  const text =
    'runner: !TestRunner\n  first: !TestStorage {name: a, fail: true}\n  second: !TestStorage {name: b, fail: true}';
  const message = problemsOf(text, { definitions: definitions(made) });
  assert.match(message, /:2:10 runner\.first: !TestStorage cannot be made: a: fails \(let it not\)\n/);
  assert.match(message, /:3:11 runner\.second: !TestStorage cannot be made: b: fails/);
  assert.deepEqual(made, [], 'the runner is not made of parts that failed');
});

test('a file with very many problems tells the first fifty', () => {
  const items = Array.from({ length: 70 }, (_, i) => `    - ${i}`).join('\n');
  const lines = problems(`runner: !TestRunner\n  storages:\n${items}`).split('\n');
  assert.equal(lines.length, 52);
  assert.equal(lines.at(-1), '  and 20 more');
});

test('aliases that multiply end in a problem, soon', () => {
  const item = `[${Array.from({ length: 1_000 }, () => '!TestStorage {}').join(', ')}]`;
  const many = Array.from({ length: 1_000 }, () => '*a').join(', ');
  const runner = defineComponent({
    tag: 'ListRunner',
    kind: 'runner',
    since: 'wca',
    doc: 'Takes lists of lists.',
    parameters: { lists: required(list(list(component('storage'))), { doc: 'Them.' }) },
    create: () => new TestRunner(emptyArguments),
  });
  const text = `runner: !ListRunner\n  lists: [&a ${item}, ${many}]`;
  assert.match(problemsOf(text, { definitions: [...definitions(), runner] }), /more than 500000 values/);
});
