import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { targetIdOf } from '../../../../controller/model/target-id.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { checkTasks } from '../../../../controller/runners/checked-tasks.ts';
import { Discovery } from '../../../../controller/runners/discovery.ts';
import { LabelledTasks } from '../../../../controller/runners/labelled-tasks.ts';
import { TargetList } from '../../../../controller/runners/target-list.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import type { Target } from '../../../../shared/rpc/watch-messages.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { settle } from '../../../kit/fake-collector.ts';

const never = new AbortController().signal;

function task(id: string, facts: Partial<Task> = {}): Task {
  return { id, name: id, cgroupPath: `/${id}`, subcgroupPaths: [], labels: {}, resources: {}, ...facts };
}

/** A discovery of a node that answers what a test puts into `answer`. */
function setUp() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const episodes = new Episodes(pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) }), clock);
  const node = {
    answer: (async () => []) as (signal: AbortSignal) => Promise<readonly Task[]>,
    describe: () => 'FakeNode',
    tasks: (signal: AbortSignal) => node.answer(signal),
  };
  const discovery = new Discovery({ node, clock, episodes, timeoutMs: 500, keepMs: 60_000 });
  /** Looks for tasks, later than the last time. */
  const look = (): Promise<void> => {
    clock.advanceMs(1000);
    return discovery.refresh(never);
  };
  return { clock, lines, episodes, node, discovery, look };
}

const idsOf = (tasks: readonly Task[]): readonly string[] => tasks.map(({ id }) => id);

test('a discovered list is fresh and stays', async () => {
  const { node, discovery, look, clock } = setUp();
  node.answer = async () => [task('a')];
  assert.equal(discovery.succeeded, false);
  await look();
  assert.deepEqual(idsOf(discovery.tasks), ['a']);
  assert.deepEqual([discovery.text, discovery.succeeded], ['fresh', true]);
  clock.advanceMs(500_000);
  assert.deepEqual(idsOf(discovery.tasks), ['a']);
  assert.equal(discovery.ageSeconds, 500);
});

test('tasks are looked for once a second, however often that is asked', async () => {
  const { node, discovery, look, clock } = setUp();
  let asked = 0;
  node.answer = async () => {
    asked += 1;
    return [];
  };
  await look();
  for (let i = 0; i < 8; i += 1) {
    clock.advanceMs(100);
    await discovery.refresh(never);
  }
  assert.equal(asked, 1);
  clock.advanceMs(200);
  await discovery.refresh(never);
  assert.equal(asked, 2);
});

test('while discovery fails the last list is kept for a while, then there are no tasks', async () => {
  const { node, discovery, look, clock, lines, episodes } = setUp();
  node.answer = async () => [task('a')];
  await look();
  node.answer = () => Promise.reject(new Error('the agent answers 503'));
  await look();
  await look();
  assert.deepEqual(idsOf(discovery.tasks), ['a']);
  assert.match(discovery.text, /^2 s old: FakeNode: the agent answers 503/);
  assert.deepEqual(episodes.counts(), [{ code: 'DISCOVERY_FAILED', source: 'discovery', count: 2 }]);
  clock.advanceMs(60_000);
  assert.deepEqual(discovery.tasks, []);
  node.answer = async () => [task('b')];
  await look();
  assert.deepEqual(idsOf(discovery.tasks), ['b']);
  assert.deepEqual(lines, ['trouble with discovery, keeping the last list of tasks for 60 s', 'discovery works again']);
});

test('a node that throws at once is a failure like another', async () => {
  const { node, discovery, look } = setUp();
  node.answer = () => {
    throw new TypeError('bug');
  };
  await look();
  assert.match(discovery.text, /bug/);
  node.answer = async () => [task('a')];
  await look();
  assert.equal(discovery.text, 'fresh');
});

test('a node that hangs fails after the timeout, is asked to stop, and is not asked twice at once', async () => {
  const { node, discovery, clock, look, episodes } = setUp();
  const answers: ((tasks: readonly Task[]) => void)[] = [];
  let stopped = 0;
  node.answer = (signal) => {
    signal.addEventListener('abort', () => {
      stopped += 1;
    });
    return new Promise((resolve) => answers.push(resolve));
  };
  const looking = look();
  await settle();
  clock.advanceMs(500);
  await looking;
  assert.match(discovery.text, /no answer within 0.5 s/);
  assert.equal(stopped, 1);
  await look();
  assert.match(discovery.text, /has not answered an earlier question yet/);
  assert.equal(answers.length, 1);
  assert.equal(episodes.counts()[0]?.count, 2);
  answers[0]?.([task('late')]);
  await settle();
  assert.deepEqual(discovery.tasks, []);
  node.answer = async () => [task('a')];
  await look();
  assert.deepEqual(idsOf(discovery.tasks), ['a']);
});

test('stopping is no failure', async () => {
  const { node, discovery, clock, episodes } = setUp();
  const stop = new AbortController();
  node.answer = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
  clock.advanceMs(1000);
  const looking = discovery.refresh(stop.signal);
  stop.abort();
  await looking;
  assert.deepEqual(episodes.counts(), []);
});

const badTasks: readonly { readonly name: string; readonly item: unknown; readonly reason: RegExp }[] = [
  { name: 'null', item: null, reason: /not of the form/ },
  { name: 'a string', item: 'a', reason: /not of the form/ },
  { name: 'a number as id', item: task('a', { id: 7 as unknown as string }), reason: /not of the form/ },
  { name: 'no labels', item: { ...task('a'), labels: undefined }, reason: /not of the form/ },
  { name: 'a label that is a number', item: { ...task('a'), labels: { x: 1 } }, reason: /not of the form/ },
  { name: 'labels in a list', item: { ...task('a'), labels: ['x'] }, reason: /not of the form/ },
  { name: 'a path that is a number', item: { ...task('a'), subcgroupPaths: [1] }, reason: /not of the form/ },
  { name: 'a resource that is an object', item: { ...task('a'), resources: { cpus: {} } }, reason: /not of the form/ },
  { name: 'an empty id', item: task(''), reason: /empty id/ },
  { name: 'the id of another task', item: task('good', { name: 'twin' }), reason: /id of another/ },
  { name: 'too long a path', item: task('a', { cgroupPath: 'x'.repeat(4096) }), reason: /path longer/ },
  { name: 'too many containers', item: task('a', { subcgroupPaths: Array(65).fill('/x') }), reason: /more than 64/ },
];

for (const { name, item, reason } of badTasks) {
  test(`a task with ${name} is left out alone`, () => {
    const { tasks, errors } = checkTasks([task('good'), item], 'FakeNode');
    assert.deepEqual(tasks, [task('good')]);
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.toText() ?? '', reason);
  });
}

test('an answer that is no list is refused, whatever it is', () => {
  for (const answer of [undefined, null, {}, 'tasks', new Map()]) {
    assert.throws(() => checkTasks(answer, 'FakeNode'), { code: 'DISCOVERY_FAILED' });
  }
});

test('of too many tasks the first ones are measured', () => {
  const many = Array.from({ length: limits.maxTargets + 5 }, (_, i) => task(`t${i}`));
  const { tasks, errors } = checkTasks(many, 'FakeNode');
  assert.equal(tasks.length, limits.maxTargets);
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['LIMIT_REACHED'],
  );
});

test('checkTasks survives anything in a list', () => {
  fc.assert(fc.property(fc.array(fc.anything(), { maxLength: 5 }), (answer) => void checkTasks(answer, 'FakeNode')));
});

test('a target id is the id of the task, or a digest where that is too long', () => {
  assert.equal(targetIdOf('x'.repeat(256)), 'x'.repeat(256));
  assert.match(targetIdOf('x'.repeat(257)), /^sha256:[0-9a-f]{64}$/);
  assert.notEqual(targetIdOf('x'.repeat(257)), targetIdOf('x'.repeat(258)));
  assert.ok(targetIdOf('ä'.repeat(129)).length < 256);
});

/** A sink that counts revisions as a session with a stream does. */
class FakeSink {
  revision = 0;
  sent: readonly string[] = [];

  setTargets(targets: ReadonlyMap<string, Target>): number {
    const ids = [...targets.keys()];
    if (this.revision === 0 || ids.join() !== this.sent.join()) this.revision += 1;
    this.sent = ids;
    return this.revision;
  }
}

function listOf(discovery: Discovery) {
  const sink = new FakeSink();
  const list = new TargetList({ discovery, labels: new LabelledTasks(new Map()), sink, onLabelError: () => undefined });
  return { sink, list };
}

test('new tasks become targets at once, those that are gone stay until the next snapshot', async () => {
  const { node, discovery, look } = setUp();
  const { sink, list } = listOf(discovery);
  node.answer = async () => [task('a'), task('b')];
  await look();
  list.takeFound();
  node.answer = async () => [task('b'), task('c')];
  await look();
  list.takeFound();
  assert.deepEqual(sink.sent, ['b', 'c', 'a']);
  assert.deepEqual([...list.tasks.keys()], ['b', 'c', 'a']);
  assert.equal(list.size, 2);
  list.dropGone();
  assert.deepEqual(sink.sent, ['b', 'c']);
  const before = list.tasks;
  await look();
  list.takeFound();
  list.dropGone();
  assert.equal(list.tasks, before, 'the same object while nothing changes');
});

test('a roster includes the first tasks only when they were listed before it', async () => {
  const { node, discovery, look } = setUp();
  const { sink, list } = listOf(discovery);
  node.answer = () => Promise.reject(new Error('not yet'));
  await look();
  list.takeFound();
  assert.deepEqual([sink.revision, list.includesFirst(1)], [1, false]);
  node.answer = async () => [task('a')];
  await look();
  list.takeFound();
  assert.deepEqual([list.includesFirst(1), list.includesFirst(2), list.includesFirst(3)], [false, true, true]);
});

test('an empty first list is included as well', async () => {
  const { discovery, look } = setUp();
  const { list } = listOf(discovery);
  await look();
  list.takeFound();
  assert.equal(list.includesFirst(1), true);
});

test('a task that was dropped and comes back is a target again', async () => {
  const { node, discovery, look } = setUp();
  const { sink, list } = listOf(discovery);
  node.answer = async () => [task('a')];
  await look();
  list.takeFound();
  node.answer = async () => [];
  await look();
  list.takeFound();
  assert.deepEqual(sink.sent, ['a']);
  node.answer = async () => [task('a', { labels: { generation: '2' } })];
  await look();
  list.takeFound();
  list.dropGone();
  assert.deepEqual(sink.sent, ['a']);
  assert.equal(list.tasks.get('a')?.labels['generation'], '2');
});

test('labels are generated once for a task that stays as it is', () => {
  let generated = 0;
  const generator = {
    generate: () => {
      generated += 1;
      return String(generated);
    },
  };
  const labelled = new LabelledTasks(new Map([['n', generator]]));
  const first = labelled.update([task('a')], assert.fail);
  assert.equal(labelled.update([task('a')], assert.fail), first);
  assert.equal(generated, 1);
  assert.deepEqual(first.get('a')?.labels, { task_id: 'a', task_name: 'a', n: '1' });
  const changes: readonly Partial<Task>[] = [
    { name: 'b' },
    { labels: { x: '1' } },
    { resources: { cpus: 1 } },
    { cgroupPath: '/b' },
    { subcgroupPaths: ['/b'] },
  ];
  for (const change of changes) labelled.update([task('a', change)], assert.fail);
  assert.equal(generated, 6);
});

test('a generator that throws costs its label and is told', () => {
  const errors: string[] = [];
  const generator = {
    generate: () => {
      throw new Error('no');
    },
  };
  const labelled = new LabelledTasks(new Map([['n', generator]]));
  const tasks = labelled.update([task('a')], (error) => errors.push(error.code));
  assert.deepEqual([tasks.get('a')?.labels, errors], [{ task_id: 'a', task_name: 'a' }, ['PLUGIN_FAILED']]);
});
