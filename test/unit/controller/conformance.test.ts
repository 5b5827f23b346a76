import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfiguration } from '../../../controller/config/build.ts';
import { builtinComponents } from '../../../controller/config/builtin.ts';
import { defineComponent } from '../../../controller/config/component.ts';
import { optional, withDefault } from '../../../controller/config/parameters.ts';
import {
  bool,
  component,
  float,
  int,
  ipPort,
  list,
  map,
  numeric,
  path,
  str,
  union,
  url,
} from '../../../controller/config/types.ts';
import { defaultLabelGenerators, type LabelGenerators, labelTasks } from '../../../controller/labels/label-tasks.ts';
import { batchOf } from '../../../controller/model/group-metrics.ts';
import type { Host } from '../../../controller/model/host.ts';
import type { Metric } from '../../../controller/model/metric.ts';
import type { Task } from '../../../controller/model/task.ts';
import type { Node } from '../../../controller/nodes/node.ts';
import type { Runner } from '../../../controller/runners/runner.ts';
import { ExpositionFormatter } from '../../../controller/storages/exposition.ts';
import { splitExposition } from '../../../controller/storages/kafka/split-exposition.ts';
import type { Storage } from '../../../controller/storages/storage.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { idleContext, registryOf } from '../../kit/configurations.ts';

/**
 * The checklist at the end of the configuration spec (§9), row by row, from the YAML of a user to what a component does.
 * Rows on processes (CLI, exit, file checks) are in test/integration/controller-cli.test.ts; the row on permissions is
 * about a single privileged process: here the controller needs none, see test/integration/required-measurements.test.ts.
 */

interface Parts extends Runner {
  readonly node: Node | undefined;
  readonly storage: Storage | undefined;
  readonly storage2: Storage | undefined;
  readonly labels: LabelGenerators;
  readonly text: string | undefined;
}

/** A runner that only shows what it was given. */
const parts = defineComponent({
  tag: 'Parts',
  kind: 'runner',
  since: 'wca',
  doc: 'Of this test.',
  parameters: {
    node: optional(component('node'), { doc: '.' }),
    storage: optional(component('storage'), { doc: '.' }),
    storage2: optional(component('storage'), { doc: '.' }),
    labels: withDefault(map(component('labels')), new Map(), { doc: '.' }),
    text: optional(str(), { doc: '.' }),
    never_there: withDefault(path({ absolute: true, readable: true }), '/nonexistent', { doc: '.' }),
    bool: optional(bool(), { doc: '.' }),
    int: optional(int(), { doc: '.' }),
    float: optional(float(), { doc: '.' }),
    numeric: optional(numeric(0, 60), { doc: '.' }),
    url: optional(url(), { doc: '.' }),
    ip_port: optional(ipPort(), { doc: '.' }),
    path: optional(path(), { doc: '.' }),
    nested: optional(list(map(int())), { doc: '.' }),
    either: optional(union(int(), list(int())), { doc: '.' }),
  },
  create: (args): Parts => ({ ...args, run: () => Promise.resolve(0) }),
});

interface LoadOptions {
  readonly host?: Host;
  readonly env?: Readonly<Record<string, string>>;
}

function load(lines: string, { host, env = {} }: LoadOptions = {}): Parts {
  const registry = registryOf([parts, ...builtinComponents()]);
  const context = { ...idleContext(), ...(host === undefined ? {} : { host }) };
  const text = `runner: !Parts\n${lines}`;
  const { runner } = loadConfiguration({ file: '/etc/wca.yaml', text, registry, context, env });
  assert.ok('node' in runner && 'labels' in runner);
  return Object.assign(Object.create(null), runner);
}

function refusal(lines: string): string {
  try {
    load(lines);
  } catch (thrown) {
    assert.ok(thrown instanceof WcaError && thrown.code === 'INVALID_CONFIG', String(thrown));
    return thrown.message;
  }
  return assert.fail(`accepted: ${lines}`);
}

const { signal } = new AbortController();

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-conformance-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('YAML: an alias shares one instance', () => {
  const { storage, storage2 } = load('  storage: &s !LogStorage {}\n  storage2: *s\n');
  assert.ok(storage !== undefined && storage === storage2);
});

test('YAML: !Env of an unset variable is the empty string, of a set one its text', () => {
  assert.equal(load('  text: !Env NOT_SET\n').text, '');
  assert.equal(load('  text: !Env PORT\n', { env: { PORT: '6443' } }).text, '6443');
});

test('YAML: `yes` is a string; a default is not validated', () => {
  assert.equal(load('  text: yes\n').text, 'yes');
  assert.match(refusal('  bool: yes\n'), /runner\.bool: got the string "yes"/);
  load('  text: the default of never_there does not exist and is no error\n');
  assert.match(refusal('  never_there: /nonexistent\n'), /never_there/);
});

test('YAML: an unknown tag lists the tags, an unknown field names the class', () => {
  assert.match(refusal('  node: !Nonsense {}\n'), /!Nonsense is unknown.*available: .*!KubernetesNode.*!StaticNode/);
  assert.match(refusal('  node: !StaticNode {tasks: [], tsks: []}\n'), /!StaticNode has no such parameter/);
});

/** Spec §1.6, with what WCA mended: ints where floats are (W-06), IPv6 and host names (W-07), `..` anywhere (W-08). */
const values: readonly (readonly [yaml: string, wrong: RegExp | undefined])[] = [
  ['text: "5"', undefined],
  ['text: 5', /runner\.text: got the int 5/],
  ['text: 2019-01-01', undefined],
  [`text: "${'x'.repeat(401)}"`, /runner\.text/],
  ['bool: true', undefined],
  ['bool: 1', /runner\.bool: got the int 1/],
  ['int: 010', undefined],
  ['int: 1_000', undefined],
  ['int: 1.0', /runner\.int: got the float 1/],
  ['int: true', /runner\.int: got the bool true/],
  ['float: 1', undefined],
  ['numeric: 0', undefined],
  ['numeric: 60', undefined],
  ['numeric: 60.1', /runner\.numeric: .*too large/],
  ['numeric: .nan', /runner\.numeric/],
  ['url: https://h:1/x', undefined],
  ['url: h:1', /runner\.url/],
  ['url: ftp://h', /runner\.url: .*ftp/],
  ['ip_port: 127.0.0.1:9092', undefined],
  ['ip_port: "[::1]:9092"', undefined],
  ['ip_port: 127.0.0.1:99999', /runner\.ip_port/],
  ['ip_port: 127.0.0.1', /runner\.ip_port/],
  ['path: a/..b', undefined],
  ['path: a/../b', /runner\.path/],
  ['path: ..', /runner\.path/],
  ['nested: [{a: 1}, {b: 2}]', undefined],
  ['nested: [{a: 1}, {b: x}]', /runner\.nested\[1\]\.b: got the string "x"/],
  ['either: [1]', undefined],
  ['either: x', /runner\.either: .*whole number, or list of/],
  ['either: [x]', /runner\.either/],
  ['node: !KubernetesNode {cgroup_driver: docker}', /cgroup_driver: .*systemd.*cgroupfs/],
];
for (const [yaml, wrong] of values) {
  test(`Types: ${yaml.slice(0, 60)} is ${wrong === undefined ? 'accepted' : 'refused'}`, () => {
    if (wrong === undefined) load(`  ${yaml}\n`);
    else assert.match(refusal(`  ${yaml}\n`), wrong);
  });
}

/** A server that answers every request so; its origin. */
async function serve(t: TestContext, answer: (path: string) => { status?: number; body: string } | undefined) {
  const server = createServer((request, response) => {
    const found = answer(request.url ?? '');
    if (found === undefined) return; // never answers
    response.writeHead(found.status ?? 200, { 'content-type': 'application/json' }).end(found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function tasksOf({ node }: Parts): Promise<readonly Task[]> {
  assert.ok(node !== undefined);
  try {
    return await node.tasks(signal);
  } finally {
    await node.stop?.();
  }
}

const mesosState = (statuses: unknown): string =>
  JSON.stringify({
    type: 'GET_STATE',
    get_state: {
      get_tasks: {
        launched_tasks: [
          {
            name: 'shop/prod/cart',
            task_id: { value: 'cart-0' },
            statuses,
            labels: { labels: [{ key: 'org.apache.aurora.metadata.application', value: 'cart' }] },
            resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 2.5 } }],
          },
        ],
      },
    },
  });
const status = (state: string, executor_pid: number | undefined = process.pid): object => ({
  state,
  task_id: { value: 'cart-0' },
  container_status: { executor_pid },
});

const mesosCases: readonly (readonly [name: string, statuses: unknown])[] = [
  ['a finished last status', [status('TASK_RUNNING'), status('TASK_FINISHED')]],
  ['no statuses', undefined],
  ['empty statuses', []],
  ['no executor pid', [{ ...status('TASK_RUNNING'), container_status: {} }]],
  ['an executor that is gone', [status('TASK_RUNNING', 2 ** 22 + 7)]],
];
for (const [name, statuses] of mesosCases) {
  test(`Mesos: ${name} is no task`, async (t) => {
    const origin = await serve(t, () => ({ body: mesosState(statuses) }));
    assert.deepEqual(await tasksOf(load(`  node: !MesosNode {mesos_agent_endpoint: "${origin}"}\n`)), []);
  });
}

test('Mesos: an agent that cannot be reached is a failed discovery', async () => {
  const loaded = load('  node: !MesosNode {mesos_agent_endpoint: "http://127.0.0.1:1"}\n');
  await assert.rejects(tasksOf(loaded), WcaError);
});

const uid = '6b2f0c1e-0001-4a4a-9c9c-aaaaaaaaaaaa';
const running = { running: { startedAt: '2020-01-01T00:00:00Z' } };
function podOf(change: { uid?: string; hostIP?: string; ready?: boolean } = {}) {
  const isReady = change.ready ?? true;
  return {
    metadata: {
      name: 'cart-0',
      namespace: 'default',
      uid: change.uid ?? uid,
      labels: { 'app.kubernetes.io/name': 'cart' },
    },
    spec: {
      containers: [
        { name: 'cart', resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '2Gi' } } },
        { name: 'proxy', resources: { requests: { cpu: '100m' } } },
      ],
    },
    status: {
      hostIP: change.hostIP ?? '10.0.0.7',
      qosClass: 'Burstable',
      containerStatuses: [
        { ready: isReady, state: isReady ? running : { waiting: {} }, containerID: isReady ? 'docker://1111' : '' },
      ],
    },
  };
}
const podList = (...items: readonly object[]): string => JSON.stringify({ kind: 'PodList', items });
const hostOf = (...paths: readonly string[]): Host => ({
  listCgroups: async (query) =>
    (query.paths ?? [])
      .filter((path) => paths.includes(path))
      .map((path) => ({ path, populated: true, leaf: false, controllers: ['cpu'] })),
});
const kubelet = (origin: string): string =>
  `  node: !KubernetesNode {kubelet_enabled: true, kubelet_endpoint: "${origin}"}\n`;
const podPath = (name: string): string => `/kubepods/burstable/pod${name}`;

test('Kubernetes: kubelet with two running pods and one that is not; name, labels, resources, paths', async (t) => {
  const other = uid.replaceAll('a', 'b');
  const body = podList(podOf(), podOf({ uid: other }), podOf({ uid: uid.replaceAll('a', 'c'), ready: false }));
  const origin = await serve(t, () => ({ body }));
  const tasks = await tasksOf(load(kubelet(origin), { host: hostOf(podPath(uid), podPath(other)) }));
  assert.deepEqual(
    tasks.map(({ id }) => id),
    [uid, other],
  );
  assert.deepEqual(tasks[0], {
    id: uid,
    name: 'default/cart-0',
    cgroupPath: podPath(uid),
    subcgroupPaths: [`${podPath(uid)}/1111`],
    labels: { app_kubernetes_io__name: 'cart', app_kubernetes_io__qos_class: 'burstable' },
    resources: {
      requests_cpu: 0.6,
      requests_memory: 2 ** 30,
      limits_memory: 2 ** 31,
      cpus: 0.6,
      mem: 2 ** 30,
    },
  });
});

test('Kubernetes: a static pod is found under its uid without dashes', async (t) => {
  const origin = await serve(t, () => ({ body: podList(podOf()) }));
  const dashless = podPath(uid.replaceAll('-', ''));
  const [task] = await tasksOf(load(kubelet(origin), { host: hostOf(dashless) }));
  assert.equal(task?.cgroupPath, dashless);
});

test('Kubernetes: a kubelet that refuses, hangs or answers badly is a failed discovery', async (t) => {
  const refused = load(kubelet('http://127.0.0.1:1'));
  await assert.rejects(tasksOf(refused), WcaError);
  for (const answer of [undefined, { status: 401, body: 'Unauthorized' }, { body: '{"items": [' }]) {
    const origin = await serve(t, () => answer);
    const node = kubelet(origin).replace('}', ', timeout: 1}');
    await assert.rejects(tasksOf(load(node)), WcaError);
  }
});

test('StaticNode: present and absent cgroups, require_pids, labels and resources copied', async () => {
  const host: Host = {
    listCgroups: async ({ includeEmpty = false }) =>
      [
        { path: '/busy', populated: true, leaf: true, controllers: ['cpu'] },
        { path: '/empty', populated: false, leaf: true, controllers: ['cpu'] },
      ].filter(({ populated }) => populated || includeEmpty),
  };
  const node = (more: string): string =>
    `  node: !StaticNode\n    tasks: [busy, empty, absent]\n    default_labels: {rack: r1}\n    tasks_labels: {busy: {job: x}}\n    default_resources: {mem: 5}\n${more}`;
  const [busy, empty, ...others] = await tasksOf(load(node(''), { host }));
  assert.deepEqual([busy?.labels, busy?.resources], [{ rack: 'r1', job: 'x' }, { mem: 5 }]);
  assert.deepEqual([empty?.cgroupPath, others], ['/empty', []]);
  const withPids = await tasksOf(load(node('    require_pids: true\n'), { host }));
  assert.deepEqual(
    withPids.map(({ cgroupPath }) => cgroupPath),
    ['/busy'],
  );
});

const cart: Task = {
  id: 'cart-0',
  name: 'shop/prod/cart',
  cgroupPath: '/cart',
  subcgroupPaths: [],
  labels: { task_id: 'a lie', tier: 'web' },
  resources: { cpus: 2 },
};

test('Labels: task_id and task_name always, the default generators, no overwriting', () => {
  const [byDefault] = labelTasks([cart], defaultLabelGenerators()).tasks;
  assert.deepEqual(byDefault?.labels, {
    task_id: 'cart-0',
    tier: 'web',
    task_name: 'shop/prod/cart',
    application: 'shop/prod/cart',
    application_version_name: '',
  });
  const { labels } = load(
    '  labels:\n    tier: !TaskLabelRegexGenerator {pattern: ".*", repl: other}\n    app: !TaskLabelRegexGenerator {pattern: "(\\\\w+)/.*", repl: "\\\\1"}\n',
  );
  const [own] = labelTasks([cart], labels).tasks;
  assert.equal(own?.labels['tier'], 'web', 'a label that is there stays');
  assert.equal(own?.labels['app'], 'shop');
});

const demo: readonly Metric[] = [
  { name: 'demo_d', value: 4, labels: {}, help: 'other' },
  { name: 'demo_b', value: 2.5, labels: { host: 'n1' }, type: 'gauge' },
  { name: 'demo_c', value: 3, labels: {} },
  { name: 'demo_a', value: 1, labels: { host: 'n1' }, type: 'counter', help: 'first' },
];
const example = `# HELP demo_a first
# TYPE demo_a counter
demo_a{host="n1"} 1 1600000000000
# TYPE demo_b gauge
demo_b{host="n1"} 2.5 1600000000000
demo_c 3 1600000000000

# HELP demo_d other
demo_d 4 1600000000000
`;

test('Format: the example of §5.2 byte for byte, escaping, natural order, label filter', async (t) => {
  const file = join(folderOf(t), 'a.prom');
  const { storage } = load(`  storage: !LogStorage {output_filename: ${file}}\n`);
  await storage?.start?.();
  await storage?.store(batchOf(demo, 1_600_000_000_000), signal);
  assert.equal(readFileSync(file, 'utf8'), `${example}\n`);
  await storage?.stop?.();
  const only = load(
    `  storage: !LogStorage {output_filename: ${file}, overwrite: true, filter_labels: [cpu]}\n`,
  ).storage;
  const series = ['10', '9'].map((cpu) => ({ name: 'x', value: 1, labels: { cpu, host: 'n1' } }));
  await only?.start?.();
  await only?.store(batchOf([...series, { name: 'y', value: 1, labels: { cpu: 'a"\\\n' } }], 1), signal);
  assert.equal(readFileSync(file, 'utf8'), 'x{cpu="9"} 1\nx{cpu="10"} 1\ny{cpu="a\\"\\\\\\n"} 1\n');
  await only?.stop?.();
});

test('LogStorage: overwriting leaves one file without timestamps, appending has a blank line between batches', async (t) => {
  const folder = folderOf(t);
  const file = join(folder, 'a.prom');
  for (const [overwrite, text] of [
    [true, 'x 1\n'],
    [false, 'x 1 7\n\nx 1 7\n\n'],
  ] as const) {
    rmSync(file, { force: true });
    const { storage } = load(`  storage: !LogStorage {output_filename: ${file}, overwrite: ${overwrite}}\n`);
    await storage?.start?.();
    for (let i = 0; i < 2; i += 1) await storage?.store(batchOf([{ name: 'x', value: 1, labels: {} }], 7), signal);
    await storage?.stop?.();
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.deepEqual(readdirSync(folder), ['a.prom'], 'nothing else is left');
  }
  assert.match(refusal('  storage: !LogStorage {overwrite: true}\n'), /output_filename/);
});

test('Kafka: a large batch is split without loss; TLS settings that contradict each other are refused', (t) => {
  const metrics = Array.from({ length: 5000 }, (_, i) => ({
    name: `m_${i % 9}`,
    value: i,
    labels: { i: `${i}` },
    help: 'h',
  }));
  const text = new ExpositionFormatter({ format: 'text', timestamps: true }).format(batchOf(metrics, 1));
  const { parts: messages, linesLeftOut } = splitExposition(text, 10_000);
  assert.ok(messages.length > 5 && messages.every(({ length }) => length <= 10_000));
  assert.equal(Buffer.concat(messages).toString(), text.toString());
  assert.equal(linesLeftOut, 0);
  const pem = join(folderOf(t), 'key.pem');
  writeFileSync(pem, '');
  assert.match(
    refusal(`  storage: !KafkaStorage {topic: a, ssl: !SSL {client_key_path: ${pem}}}\n`),
    /client_cert_path/,
  );
  assert.match(refusal('  storage: !KafkaStorage {topic: a, extra_config: {linger.ms: "5"}}\n'), /linger\.ms/);
});

test('Filter: by name, to several storages, one that fails does not stop the others', async (t) => {
  const folder = folderOf(t);
  const [a, b] = [join(folder, 'a.prom'), join(folder, 'b.prom')];
  const broken = `!LogStorage {output_filename: ${folder}/absent/c.prom, overwrite: true}`;
  const { storage } = load(
    `  storage: !FilterStorage\n    filter: [demo_b, demo_c]\n    storages: [!LogStorage {output_filename: ${a}, overwrite: true}, ${broken}, !LogStorage {output_filename: ${b}, overwrite: true}]\n`,
  );
  await assert.rejects(async () => {
    await storage?.start?.();
    await storage?.store(batchOf(demo, 1), signal);
  });
  await storage?.store(batchOf(demo, 1), signal).catch(() => undefined);
  for (const file of [a, b])
    assert.equal(readFileSync(file, 'utf8'), '# TYPE demo_b gauge\ndemo_b{host="n1"} 2.5\ndemo_c 3\n');
  await storage?.stop?.();
});
