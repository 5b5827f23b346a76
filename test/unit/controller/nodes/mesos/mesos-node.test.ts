import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import { HttpClient } from '../../../../../controller/net/http-client.ts';
import { MesosNode } from '../../../../../controller/nodes/mesos/mesos-node.ts';
import { cgroupOfProcess, parseMesosState, sanitiseMesosLabel } from '../../../../../controller/nodes/mesos/state.ts';

/** The example of spec config §4.3. */
function taskOf(more: object = {}, status: object = {}): object {
  const common = {
    task_id: { value: 'cart-0' },
    container_status: { container_id: { value: 'C1' }, executor_pid: 4711 },
  };
  return {
    name: 'shop/prod/cart',
    labels: {
      labels: [
        { key: 'org.apache.aurora.metadata.application', value: 'cart' },
        { key: 'team', value: 'blue' },
      ],
    },
    resources: [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 2.5 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 1024 } },
      { name: 'disk', type: 'SCALAR', scalar: { value: 512 } },
      { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 31000 }] } },
    ],
    statuses: [
      { ...common, state: 'TASK_STARTING' },
      { ...common, state: 'TASK_RUNNING', ...status },
    ],
    ...more,
  };
}

const stateOf = (...tasks: readonly unknown[]): string =>
  JSON.stringify({ type: 'GET_STATE', get_state: { get_tasks: { launched_tasks: tasks } } });

test('a running task gives id, name, labels and resources', () => {
  assert.deepEqual(parseMesosState(stateOf(taskOf())), {
    tasks: [
      {
        id: 'cart-0',
        name: 'shop/prod/cart',
        executorPid: 4711,
        containerId: 'C1',
        labels: { application: 'cart', team: 'blue' },
        resources: { cpus: 2.5, mem: 1_024_000_000, disk: 512_000_000 },
      },
    ],
    problems: [],
  });
});

const tolerated: readonly (readonly [what: string, task: object, tasks: number, problems: number])[] = [
  ['no labels at all', taskOf({ labels: undefined }), 1, 0],
  ['no resources', taskOf({ resources: undefined }), 1, 0],
  ['no name', taskOf({ name: undefined }), 1, 0],
  ['no container status', taskOf({}, { container_status: undefined }), 1, 0],
  ['a pid that is none', taskOf({}, { container_status: { executor_pid: -1 } }), 1, 0],
  ['another state', taskOf({}, { state: 'TASK_FAILED' }), 0, 0],
  ['no statuses', taskOf({ statuses: [] }), 0, 0],
  ['no id', taskOf({}, { task_id: {} }), 0, 1],
];
for (const [what, task, tasks, problems] of tolerated) {
  test(`${what} is tolerated`, () => {
    const state = parseMesosState(stateOf(task));
    assert.deepEqual([state?.tasks.length, state?.problems.length], [tasks, problems]);
  });
}

test('what is no state is told from one without tasks', () => {
  for (const text of ['', 'null', '[]', '{}', '{"get_state":{}}', '{"get_state":', '<html>'])
    assert.equal(parseMesosState(text), undefined, text);
  assert.deepEqual(parseMesosState('{"get_state":{"get_tasks":{}}}'), { tasks: [], problems: [] });
  fc.assert(
    fc.property(fc.array(fc.anything()), (items) => {
      assert.ok(parseMesosState(stateOf(...items)) !== undefined);
    }),
  );
});

for (const [key, name] of [
  ['org.apache.aurora.metadata.name', 'name'],
  ['org.apache.aurora.tier', 'aurora_tier'],
  ['aurora.metadata.x', 'x'],
  ['a.org.apache.b', 'a_org_apache_b'],
  ['x-y/z', 'x-y/z'],
] as const) {
  test(`the label ${key} is ${name}`, () => assert.equal(sanitiseMesosLabel(key), name));
}

test('the cgroup of a process is that of cpu on v1, else that of v2', () => {
  assert.equal(cgroupOfProcess('12:memory:/m\n4:cpu,cpuacct:/mesos/C1\n0::/init.scope\n'), '/mesos/C1');
  assert.equal(cgroupOfProcess('0::/mesos/C1\n'), '/mesos/C1');
  assert.equal(cgroupOfProcess('4:cpu:/a:b\n'), '/a:b');
  assert.equal(cgroupOfProcess(''), undefined);
});

async function bench(t: TestContext, answer: (response: ServerResponse) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${body}`);
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const procfs = mkdtempSync(join(tmpdir(), 'wca-mesos-'));
  const lines: string[] = [];
  const client = new HttpClient({ ssl: undefined, timeoutMs: 500, maxBodyBytes: 1_000_000 });
  const node = new MesosNode({
    client,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    procfs,
    logger: pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) }),
  });
  t.after(async () => {
    await node.stop();
    server.closeAllConnections();
    server.close();
    rmSync(procfs, { recursive: true, force: true });
  });
  const setProcess = (pid: number, text: string): void => {
    mkdirSync(join(procfs, String(pid)), { recursive: true });
    writeFileSync(join(procfs, String(pid), 'cgroup'), text);
  };
  return { node, asked, lines, setProcess, ask: () => node.tasks(AbortSignal.timeout(5000)) };
}

test('a task is where its executor is; one without a cgroup is left out and told once', async (t) => {
  const second = taskOf({}, { task_id: { value: 'cart-1' }, container_status: { executor_pid: 4712 } });
  const { asked, lines, setProcess, ask } = await bench(t, (response) => response.end(stateOf(taskOf(), second)));
  setProcess(4711, '4:cpu,cpuacct:/mesos/C1\n');
  setProcess(4712, '4:cpu,cpuacct:/\n');
  for (let i = 0; i < 2; i += 1) {
    const tasks = await ask();
    assert.deepEqual(
      tasks.map(({ id, cgroupPath, subcgroupPaths }) => [id, cgroupPath, subcgroupPaths]),
      [['cart-0', '/mesos/C1', []]],
    );
  }
  assert.equal(asked[0], 'POST /api/v1 {"type":"GET_STATE"}');
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /task cart-1: its executor has no cgroup of its own/);
});

for (const [what, answer, message] of [
  ['503', (response: ServerResponse) => response.writeHead(503).end(), /answers 503/],
  ['rubbish', (response: ServerResponse) => response.end('<html>'), /no state of an agent/],
  ['nothing', () => {}, /no answer in time/],
] as const) {
  test(`an agent that answers ${what} is a failed discovery that says so`, async (t) => {
    const { ask } = await bench(t, answer);
    await assert.rejects(ask(), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
  });
}
