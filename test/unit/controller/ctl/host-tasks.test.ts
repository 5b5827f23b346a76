import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listTasksOn } from '../../../../controller/ctl/host-tasks.ts';
import type { ControllerStatus, Tasks } from '../../../../controller/ctl/peers.ts';
import type { CollectorSession__Output as Session } from '../../../../shared/rpc/gen/wca/v1/CollectorSession.ts';
import type { Task__Output as Task } from '../../../../shared/rpc/gen/wca/v1/Task.ts';

const taskOf = (id: string, node: string): Task => ({
  id,
  name: id,
  cgroupPath: `/${id}`,
  childCgroupPaths: [],
  labels: {},
  resources: {},
  state: 'measured',
  errors: [],
  node,
});

const sessionOf = (node: string): Session => ({
  address: `tls:${node}:9153`,
  state: 'attached',
  snapshots: 1,
  lost: 0,
  error: null,
  attaches: 1,
  node,
  hostname: node,
  tasks: 1,
  iterations: 1,
  discovery: 'fresh',
});

function controllerOf(tasks: readonly Task[], nodes: readonly string[]) {
  const status: Pick<ControllerStatus, 'collectors'> = { collectors: nodes.map(sessionOf) };
  return {
    listTasks: async (): Promise<Tasks> => ({ tasks: [...tasks] }),
    // Of the status only the sessions are looked at.
    getStatus: async () => status as ControllerStatus,
  };
}

test('of a controller with one collector all tasks are meant', async () => {
  const { tasks } = await listTasksOn(controllerOf([taskOf('a', '')], []), 'unix:/run/wca/collector.sock');
  assert.deepEqual(
    tasks.map(({ id }) => id),
    ['a'],
  );
});

test('of one with several those on the host of the collector, though others have the same names', async () => {
  const controller = controllerOf([taskOf('web', 'n1'), taskOf('web', 'n2')], ['n1', 'n2']);
  const { tasks } = await listTasksOn(controller, 'tls:n2:9153');
  assert.deepEqual(
    tasks.map(({ id, node }) => `${node} ${id}`),
    ['n2 web'],
  );
  await assert.rejects(listTasksOn(controller, 'unix:/run/wca/collector.sock'), /the controller follows others/);
});
