import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { checkCgroupPath } from '../../../../collector/kernel/cgroup/path.ts';
import type { Host, HostCgroup, ListCgroupsOptions } from '../../../../controller/model/host.ts';
import { CgroupNode, type CgroupNodeOptions, cgroupNode } from '../../../../controller/nodes/cgroup-node.ts';
import { StaticNode, type StaticNodeOptions, staticNode } from '../../../../controller/nodes/static-node.ts';
import { registryOf } from '../../../kit/configurations.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';

const signal = new AbortController().signal;

/** A host whose cgroups a test changes; `asked` is what was asked of it. */
class FakeHost implements Host {
  cgroups: HostCgroup[] = [];
  readonly asked: ListCgroupsOptions[] = [];

  add(path: string, facts: Partial<HostCgroup> = {}): this {
    this.cgroups.push({ path, populated: true, leaf: true, controllers: ['cpu'], ...facts });
    return this;
  }

  async listCgroups(options: ListCgroupsOptions): Promise<readonly HostCgroup[]> {
    this.asked.push(options);
    const { paths = [], includeEmpty = false } = options;
    return this.cgroups.filter(
      ({ path, populated }) => (paths.length === 0 || paths.includes(path)) && (includeEmpty || populated),
    );
  }
}

/** A logger and the messages it was given, as `level message`. */
function logged(): { logger: CgroupNodeOptions['logger']; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string): void => {
    const { level, msg }: { level: number; msg: string } = JSON.parse(line);
    lines.push(`${level >= 40 ? 'warn' : 'info'} ${msg}`);
  };
  return { logger: pino({ level: 'info' }, { write }), lines };
}

function makeStatic(host: Host, options: Partial<StaticNodeOptions> = {}) {
  const { logger, lines } = logged();
  const clock = new FakeClock();
  const node = new StaticNode({
    host,
    clock,
    logger,
    tasks: [],
    directory: undefined,
    requirePids: false,
    defaultLabels: {},
    defaultResources: {},
    tasksLabels: new Map(),
    ...options,
  });
  return { node, lines, clock };
}

function makeCgroup(host: Host, options: Partial<CgroupNodeOptions> = {}) {
  const { logger, lines } = logged();
  const clock = new FakeClock();
  const node = new CgroupNode({
    host,
    clock,
    logger,
    include: undefined,
    exclude: [],
    leavesOnly: true,
    includeEmpty: false,
    maxTasks: 100,
    defaultLabels: {},
    ...options,
  });
  return { node, lines, clock };
}

const idsOf = (tasks: readonly { readonly id: string }[]): readonly string[] => tasks.map(({ id }) => id);

test('StaticNode makes the tasks of the original: name, labels, resources', async () => {
  const host = new FakeHost().add('/batch/job7').add('/web');
  const { node } = makeStatic(host, {
    tasks: ['batch/job7', '/web/'],
    defaultLabels: { env: 'test', own: 'no' },
    defaultResources: { cpus: 2, mem: '5' },
    tasksLabels: new Map([['web', { own: 'yes' }]]),
  });
  assert.deepEqual(await node.tasks(signal), [
    {
      id: 'batch/job7',
      name: 'batch/job7',
      cgroupPath: '/batch/job7',
      subcgroupPaths: [],
      labels: { env: 'test', own: 'no' },
      resources: { cpus: 2, mem: '5' },
    },
    {
      id: 'web',
      name: 'web',
      cgroupPath: '/web',
      subcgroupPaths: [],
      labels: { env: 'test', own: 'yes' },
      resources: { cpus: 2, mem: '5' },
    },
  ]);
  assert.deepEqual(host.asked, [{ paths: ['/batch/job7', '/web'], includeEmpty: true }]);
});

test('StaticNode tells a missing cgroup once, its coming once, and its going again', async () => {
  const host = new FakeHost();
  const { node, lines, clock } = makeStatic(host, { tasks: ['a'] });
  assert.deepEqual(await node.tasks(signal), []);
  assert.deepEqual(await node.tasks(signal), []);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^warn there is no such cgroup/);
  host.add('/a');
  assert.deepEqual(idsOf(await node.tasks(signal)), ['a']);
  assert.deepEqual(lines.slice(1), ['info the cgroup of the task is there now']);
  host.cgroups = [];
  assert.deepEqual(idsOf(await node.tasks(signal)), ['a'], 'what is there is asked for once a minute');
  clock.advanceMs(60_000);
  assert.deepEqual(await node.tasks(signal), []);
  assert.equal(lines.length, 3);
});

test('StaticNode leaves out an empty cgroup only with require_pids', async () => {
  const host = new FakeHost().add('/a', { populated: false });
  assert.deepEqual(idsOf(await makeStatic(host, { tasks: ['a'] }).node.tasks(signal)), ['a']);
  const { node, lines } = makeStatic(host, { tasks: ['a'], requirePids: true });
  assert.deepEqual(await node.tasks(signal), []);
  assert.match(lines[0] ?? '', /holds no process/);
});

test('StaticNode takes the children of a directory, not their children, and no task twice', async () => {
  const host = new FakeHost().add('/docker').add('/docker/a').add('/docker/a/b').add('/dockers/x').add('/docker/c');
  const { node } = makeStatic(host, { tasks: ['docker/a'], directory: '/docker/' });
  assert.deepEqual(idsOf(await node.tasks(signal)), ['docker/a', 'docker/c']);
});

test('StaticNode without tasks asks nothing', async () => {
  const host = new FakeHost();
  assert.deepEqual(await makeStatic(host).node.tasks(signal), []);
  assert.deepEqual(host.asked, []);
});

test('StaticNode tells a missing directory once and its coming once', async () => {
  const host = new FakeHost().add('/other');
  const { node, lines } = makeStatic(host, { directory: 'docker' });
  assert.deepEqual(await node.tasks(signal), []);
  assert.deepEqual(await node.tasks(signal), []);
  assert.deepEqual(lines, ['warn there is no such directory on any hierarchy, its tasks are left out until there is']);
  host.add('/docker').add('/docker/a');
  assert.deepEqual(idsOf(await node.tasks(signal)), ['docker/a']);
  assert.deepEqual(lines.slice(1), ['info the directory is there now']);
  await node.tasks(signal);
  assert.equal(lines.length, 2);
});

test('StaticNode spends no more than a small share of the time on listing its directory', async () => {
  const clock = new FakeClock();
  const host = new FakeHost().add('/docker').add('/docker/a');
  const slow: Host = {
    listCgroups: (options) => {
      clock.advanceMs(10);
      return host.listCgroups(options);
    },
  };
  const { node } = makeStatic(slow, { directory: 'docker', clock });
  await node.tasks(signal);
  host.add('/docker/b');
  clock.advanceMs(1_999);
  assert.deepEqual(idsOf(await node.tasks(signal)), ['docker/a']);
  clock.advanceMs(1);
  assert.deepEqual(idsOf(await node.tasks(signal)), ['docker/a', 'docker/b']);
});

test('StaticNode measures the root cgroup as the task /', async () => {
  const host = new FakeHost().add('/');
  const { node } = makeStatic(host, { tasks: ['/'], directory: '/' });
  assert.deepEqual(
    (await node.tasks(signal)).map(({ id, name, cgroupPath }) => [id, name, cgroupPath]),
    [['/', '/', '/']],
  );
});

test('StaticNode takes every path that the collector takes, and no other', () => {
  for (const task of ['a b', 'ä'.repeat(127), `${'b'.repeat(255)}/c`]) {
    assert.doesNotThrow(() => makeStatic(new FakeHost(), { tasks: [task] }));
    assert.ok(checkCgroupPath(`/${task}`).ok);
  }
});

for (const task of ['', 'a/../b', '..', './a', 'a\0b', 'a\nb', 'b'.repeat(256), 'ä'.repeat(128), 'a/'.repeat(2100)]) {
  test(`StaticNode refuses ${JSON.stringify(task.slice(0, 20))}, ${task.length} characters`, () => {
    assert.throws(() => makeStatic(new FakeHost(), { tasks: [task] }), { code: 'INVALID_CONFIG' });
  });
}

test('CgroupNode makes a task of each leaf, with name and labels from the path', async () => {
  const host = new FakeHost().add('/a', { leaf: false }).add('/a/x.service').add('/empty', { populated: false });
  const { node } = makeCgroup(host, { defaultLabels: { rack: 'r1' } });
  assert.deepEqual(await node.tasks(signal), [
    {
      id: '/a/x.service',
      name: 'x.service',
      cgroupPath: '/a/x.service',
      subcgroupPaths: [],
      labels: { cgroup_kind: 'systemd', systemd_unit: 'x.service', rack: 'r1' },
      resources: {},
    },
  ]);
});

test('CgroupNode gives the same object for a task that stays', async () => {
  const host = new FakeHost().add('/a');
  const { node } = makeCgroup(host);
  const [first] = await node.tasks(signal);
  const [second] = await node.tasks(signal);
  assert.equal(first, second);
});

test('CgroupNode follows leaf: a cgroup that gets children is no task any more', async () => {
  const host = new FakeHost().add('/a');
  const { node } = makeCgroup(host);
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a']);
  host.cgroups = [];
  host.add('/a', { leaf: false }).add('/a/b');
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a/b']);
  const all = makeCgroup(host, { leavesOnly: false });
  assert.deepEqual(idsOf(await all.node.tasks(signal)), ['/a', '/a/b']);
});

test('CgroupNode includes, and excludes the stronger', async () => {
  const host = new FakeHost().add('/a/1').add('/a/2').add('/b/1');
  const { node } = makeCgroup(host, { include: ['/a/*'], exclude: ['/**/2'] });
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a/1']);
});

test('CgroupNode measures the first max_tasks and says so once', async () => {
  const host = new FakeHost().add('/a').add('/b').add('/c');
  const { node, lines } = makeCgroup(host, { maxTasks: 2 });
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a', '/b']);
  await node.tasks(signal);
  assert.equal(lines.length, 1);
});

test('both nodes pass on that the host cannot be asked', async () => {
  const host: Host = { listCgroups: () => Promise.reject(new Error('gone')) };
  await assert.rejects(makeStatic(host, { tasks: ['a'] }).node.tasks(signal), /gone/);
  await assert.rejects(makeCgroup(host).node.tasks(signal), /gone/);
});

test('the components are registered under their tags with documented parameters', () => {
  const registry = registryOf([staticNode, cgroupNode]);
  assert.deepEqual(registry.tags(), ['CgroupNode', 'StaticNode']);
  for (const { definition } of registry.list()) {
    for (const [name, { doc }] of definition.parameters) assert.ok(doc.length > 10, name);
  }
});

test('CgroupNode spends no more than a small share of the time on listing', async () => {
  const clock = new FakeClock();
  const host = new FakeHost().add('/a');
  const slow: Host = {
    listCgroups: (options) => {
      clock.advanceMs(10);
      return host.listCgroups(options);
    },
  };
  const { node } = makeCgroup(slow, { clock });
  await node.tasks(signal);
  host.add('/b');
  clock.advanceMs(1_999);
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a']);
  clock.advanceMs(1);
  assert.deepEqual(idsOf(await node.tasks(signal)), ['/a', '/b']);
});
