import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { controllerHandlers } from '../../../../controller/admin/controller-service.ts';
import { DelayMeter } from '../../../../controller/admin/delay-meter.ts';
import { AdminServer } from '../../../../controller/admin/server.ts';
import { builtinComponents } from '../../../../controller/config/builtin.ts';
import { ControllerPeer } from '../../../../controller/ctl/peers.ts';
import type { FollowedHost } from '../../../../controller/fleet/followed-host.ts';
import { batchOf } from '../../../../controller/model/group-metrics.ts';
import type { Task } from '../../../../controller/model/task.ts';
import { Board, type Iteration } from '../../../../controller/runners/board.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { Episodes } from '../../../../shared/log/episodes.ts';
import type { Usage__Output as Usage } from '../../../../shared/rpc/gen/wca/v1/Usage.ts';
import { loadContract } from '../../../../shared/rpc/proto.ts';
import { targetState } from '../../../../shared/rpc/watch-messages.ts';
import { registryOf } from '../../../kit/configurations.ts';
import { FakeClock } from '../../../kit/fake-clock.ts';
import { columnOf, rosterOf, schemaOf, snapshotOf, u64 } from '../../../kit/snapshots.ts';

const schema = schemaOf([], [u64('task_cpu_usage_seconds', {}, 1e9)]);

function task(id: string): Task {
  return {
    id,
    name: `name-${id}`,
    cgroupPath: `/${id}`,
    subcgroupPaths: [],
    labels: { k: 'v' },
    resources: { cpus: 2 },
  };
}

/** Iteration `sequence`: at that second, task a has used half of each second; b was refused; c has no row yet. */
function iteration(sequence: number): Iteration {
  const cpu = columnOf([BigInt(sequence) * 500_000_000n, undefined]);
  const error = { code: 'PERMISSION', subject: '/b', message: 'not allowed', remedy: 'ask', errno: 'EACCES' };
  const snapshot = {
    ...snapshotOf({ targets: [cpu], states: [targetState.measured, targetState.refused] }),
    monotonicNs: BigInt(sequence) * 1_000_000_000n,
    errors: [{ row: 1, error }],
  };
  const metrics = [
    { name: 'wca_up', value: sequence, labels: {} },
    { name: 'wca_tasks', value: 3, labels: {} },
  ];
  return {
    sequence,
    delivery: { attachment: 1, schema, roster: rosterOf('a', 'b'), snapshot },
    tasks: new Map(['a', 'b', 'c'].map((id) => [id, task(id)])),
    batch: batchOf(metrics, 1_600_000_000_000),
    steps: [{ name: 'store', seconds: 0.25 }],
  };
}

async function serve(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'wca-admin-'));
  const contract = loadContract();
  const board = new Board();
  const clock = new FakeClock();
  const logger = pino({ level: 'silent' });
  const episodes = new Episodes(logger, clock);
  const registry = registryOf(builtinComponents());
  const hosts: FollowedHost[] = [{ name: '', board, episodes }];
  const delay = new DelayMeter(clock);
  const parts = { hosts: () => hosts, registry, episodes, logger, delay, configFile: '/etc/wca.yaml' };
  const server = new AdminServer(contract.controller, controllerHandlers(parts));
  const socket = join(folder, 'admin.sock');
  await server.start(`unix:${socket}`);
  const peer = new ControllerPeer({ contract, address: `unix:${socket}`, timeoutMs: 5000 });
  t.after(() => {
    peer.close();
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { board, episodes, peer, socket, server, hosts, logger, clock };
}

test('the socket is for the user and the group only', async (t) => {
  const { socket } = await serve(t);
  assert.equal(statSync(socket).mode & 0o777, 0o660);
});

test('the status of a controller that has not measured yet is empty, not wrong', async (t) => {
  const { peer } = await serve(t);
  const status = await peer.getStatus();
  assert.deepEqual([status.pid, status.iterations, status.tasks], [process.pid, 0, 0]);
  assert.deepEqual([status.configFile, status.discovery], ['/etc/wca.yaml', 'not started']);
  assert.deepEqual((await peer.listTasks()).tasks, []);
  assert.equal((await peer.getMetrics([], '')).exposition, '');
});

test('the status tells sessions, storages, steps, counted errors and open episodes', async (t) => {
  const { board, episodes, peer } = await serve(t);
  const error = new WcaError('STORAGE_FAILED', { subject: 'x.prom', message: 'full', remedy: 'make room' });
  const session = {
    address: 'unix:/c',
    state: 'attached',
    snapshots: 5,
    lost: 1,
    attaches: 2,
    error: undefined,
  } as const;
  board.showStatus(() => ({
    collectors: [session],
    storages: [
      {
        name: 'metrics_storage',
        describe: 'LogStorage x',
        status: { stored: 1, waiting: 0, dropped: 2, failed: 3, error },
      },
    ],
    endpoints: ['http://x/metrics'],
    discovery: 'fresh',
  }));
  board.publish(iteration(7));
  episodes.failed('storage', error, { source: 'storage', doing: 'going on' });
  const status = await peer.getStatus();
  assert.deepEqual([status.iterations, status.tasks, status.steps], [7, 3, [{ name: 'store', seconds: 0.25 }]]);
  const facts = { node: '', hostname: '', tasks: 3, iterations: 7, discovery: 'fresh' };
  assert.deepEqual(status.collectors, [{ ...session, error: null, ...facts }]);
  const message = { code: 'STORAGE_FAILED', subject: 'x.prom', message: 'full', remedy: 'make room', errno: '' };
  assert.deepEqual(status.storages, [
    { name: 'metrics_storage: LogStorage x', stored: 1, dropped: 2, failed: 3, error: message },
  ]);
  assert.deepEqual(status.errorCounts, [{ code: 'STORAGE_FAILED', source: 'storage', count: 1 }]);
  assert.deepEqual(status.openEpisodes, [message]);
  assert.deepEqual(status.endpoints, ['http://x/metrics']);
});

test('tasks are listed with state and errors, those without a row as pending', async (t) => {
  const { board, peer } = await serve(t);
  board.publish(iteration(1));
  const { tasks } = await peer.listTasks();
  assert.deepEqual(
    tasks.map(({ id, state, errors }) => [id, state, errors.map(({ code }) => code)]),
    [
      ['a', 'measured', []],
      ['b', 'refused', ['PERMISSION']],
      ['c', 'pending', []],
    ],
  );
  assert.deepEqual([tasks[0]?.labels, tasks[0]?.resources], [{ k: 'v' }, { cpus: '2' }]);
});

test('metrics are those of the last batch, all or by name', async (t) => {
  const { board, peer } = await serve(t);
  board.publish(iteration(1));
  const all = await peer.getMetrics([], '');
  assert.match(all.exposition, /^wca_tasks 3$/m);
  assert.equal(all.sampledUnixSeconds, 1_600_000_000);
  const one = await peer.getMetrics(['wca_up', 'nonsense'], '');
  assert.match(one.exposition, /^wca_up 1$/m);
  assert.doesNotMatch(one.exposition, /wca_tasks/);
});

test('of several hosts tasks and sums are told of all, usage and all metrics of the one that is named', async (t) => {
  const { board, episodes, peer, hosts, logger, clock } = await serve(t);
  const other = { name: 'n2', board: new Board(), episodes: new Episodes(logger, clock) };
  hosts.splice(0, 1, { name: 'n1', board, episodes }, other);
  for (const [i, one] of [board, other.board].entries()) {
    one.publish(iteration(i + 1));
    const outlet = { stored: i + 1, waiting: 0, dropped: 0, failed: 0, error: undefined };
    one.showStatus(() => ({
      collectors: [],
      storages: [{ name: 'metrics_storage', describe: 'LogStorage x', status: outlet }],
      endpoints: ['http://x/metrics'],
      discovery: 'fresh',
    }));
  }
  const error = new WcaError('UNAVAILABLE', { subject: 'collector', message: 'gone' });
  for (const { episodes: of } of hosts) of.failed('collector', error, { source: 'collector', doing: 'waiting' });
  const status = await peer.getStatus();
  assert.deepEqual([status.iterations, status.tasks, status.steps.length], [3, 6, 0]);
  assert.deepEqual(status.endpoints, ['http://x/metrics']);
  assert.deepEqual(
    status.storages.map(({ stored }) => stored),
    [3],
  );
  assert.deepEqual(status.errorCounts, [{ code: 'UNAVAILABLE', source: 'collector', count: 2 }]);
  assert.deepEqual(
    status.openEpisodes.map(({ subject }) => subject),
    ['n1: collector', 'n2: collector'],
  );
  const { tasks } = await peer.listTasks();
  assert.deepEqual(
    tasks.map(({ node, id }) => `${node} ${id}`),
    ['n1 a', 'n1 b', 'n1 c', 'n2 a', 'n2 b', 'n2 c'],
  );
  assert.match((await peer.getMetrics([], 'n2')).exposition, /^wca_tasks 3$/m);
  assert.equal((await peer.getMetrics(['wca_tasks'], '')).exposition.match(/^wca_tasks /gm)?.length, 2);
  await assert.rejects(peer.getMetrics([], ''), /2 collectors are followed/);
  await assert.rejects(peer.getMetrics([], 'n3'), { subject: 'node n3', remedy: 'name one of them: --node n1, n2' });
  const stream = peer.client.watchUsage({ node: 'n2' });
  stream.on('error', () => undefined);
  const usages: AsyncIterator<Usage> = stream[Symbol.asyncIterator]();
  assert.equal((await usages.next()).value.sequence, 2);
  stream.cancel();
  const nobody: AsyncIterable<Usage> = peer.client.watchUsage({});
  await assert.rejects(nobody[Symbol.asyncIterator]().next(), /2 collectors are followed/);
});

test('components are listed, all or one', async (t) => {
  const { peer } = await serve(t);
  const { components } = await peer.listComponents('');
  assert.equal(components.length, builtinComponents().length);
  const one = await peer.listComponents('StaticNode');
  assert.deepEqual(
    one.components.map(({ name, source }) => [name, source]),
    [['StaticNode', 'built in']],
  );
  assert.deepEqual((await peer.listComponents('X')).components, []);
});

test('usage is told at once and after each iteration, until the client leaves', async (t) => {
  const { board, peer } = await serve(t);
  board.publish(iteration(1));
  board.publish(iteration(3));
  const stream = peer.client.watchUsage({});
  stream.on('error', () => undefined);
  const usages: AsyncIterator<Usage> = stream[Symbol.asyncIterator]();
  const first: Usage = (await usages.next()).value;
  assert.deepEqual([first.sequence, first.intervalSeconds, first.tasks[0]?.cpuCores], [3, 2, 0.5]);
  assert.deepEqual(
    first.tasks.map(({ id, state }) => `${id} ${state}`),
    ['a measured', 'b refused'],
  );
  assert.equal(first.tasks[1]?.cpuCores, undefined);
  board.publish(iteration(4));
  assert.equal((await usages.next()).value.sequence, 4);
  stream.cancel();
});

test('stopping ends the streams and removes the socket', async (t) => {
  const { peer, server, socket } = await serve(t);
  const stream = peer.client.watchUsage({});
  const ended = new Promise((resolve) => stream.on('error', resolve));
  stream.on('data', () => undefined);
  await new Promise((resolve) => peer.client.waitForReady(Date.now() + 5000, resolve));
  server.stop();
  server.stop();
  await ended;
  assert.equal(statSync(socket, { throwIfNoEntry: false }), undefined);
});

test('garbage on the socket disturbs nobody else', async (t) => {
  const { peer, socket } = await serve(t);
  const garbage = connect(socket);
  garbage.on('error', () => undefined).resume();
  garbage.write(Buffer.alloc(4096, 0xff));
  await new Promise((resolve) => garbage.once('close', resolve));
  assert.equal((await peer.getStatus()).pid, process.pid);
});
