import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { Host } from '../../../../../controller/model/host.ts';
import { HttpClient } from '../../../../../controller/net/http-client.ts';
import { KubernetesNode } from '../../../../../controller/nodes/kubernetes/kubernetes-node.ts';
import type { CgroupDriver } from '../../../../../controller/nodes/kubernetes/pod-cgroup.ts';
import { type PodEndpoint, PodSource } from '../../../../../controller/nodes/kubernetes/pod-source.ts';

const running = { running: {} };

interface PodFacts {
  readonly uid?: string;
  readonly namespace?: string;
  readonly hostIP?: string;
  readonly qosClass?: string;
  readonly annotations?: object;
}

function podOf({
  uid = 'u-1',
  namespace = 'default',
  hostIP = '10.0.0.7',
  qosClass = 'Burstable',
  annotations = {},
}: PodFacts = {}) {
  return {
    metadata: {
      name: `pod-${uid}`,
      namespace,
      uid,
      annotations,
      labels: { 'app.kubernetes.io/name': 'cart', tier: 'web' },
    },
    spec: { containers: [{ resources: { requests: { cpu: '250m' } } }] },
    status: { hostIP, qosClass, containerStatuses: [{ state: running, containerID: 'containerd://c1' }] },
  };
}

interface Bench {
  readonly node: KubernetesNode;
  readonly asked: string[];
  /** Cgroups of the host. */
  readonly cgroups: Set<string>;
  readonly lines: string[];
  readonly tokenPath: string;
}

type Answer = (url: URL, request: IncomingMessage, response: ServerResponse) => void;

async function bench(
  t: TestContext,
  answer: Answer,
  given: {
    kind?: 'kubelet' | 'api-server';
    nodeName?: string;
    nodeIp?: string;
    driver?: CgroupDriver;
    namespaces?: readonly string[];
  } = {},
): Promise<Bench> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(`${url.pathname}${url.search} ${request.headers.authorization ?? '-'}`);
    answer(url, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'wca-kubernetes-'));
  const tokenPath = join(folder, 'token');
  writeFileSync(tokenPath, 'secret\n');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { kind = 'api-server', nodeName, nodeIp, driver = 'cgroupfs', namespaces = ['default'] } = given;
  const endpoint: PodEndpoint = kind === 'kubelet' ? { kind, origin } : { kind, origin, nodeName };
  const client = new HttpClient({ ssl: undefined, timeoutMs: 1000, maxBodyBytes: 5_000_000 });
  const cgroups = new Set(['/kubepods/burstable/podu-1', '/kubepods/burstable/podu-2']);
  const host: Host = {
    listCgroups: async ({ paths = [] }) =>
      paths
        .filter((path) => cgroups.has(path))
        .map((path) => ({ path, populated: true, leaf: false, controllers: [] })),
  };
  const lines: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
  const source = new PodSource({ client, endpoint, namespaces, tokenPath });
  const node = new KubernetesNode({ source, host, logger, driver, nodeIp, close: () => client.close() });
  t.after(async () => {
    await node.stop();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { node, asked, cgroups, lines, tokenPath };
}

const list = (...items: readonly object[]): string => JSON.stringify({ items });
const ask = ({ node }: Bench) => node.tasks(AbortSignal.timeout(5000));

test('a pod is a task with the names, labels and resources of the original', async (t) => {
  const b = await bench(t, (_url, _request, response) => response.end(list(podOf())), { nodeIp: '10.0.0.7' });
  assert.deepEqual(await ask(b), [
    {
      id: 'u-1',
      name: 'default/pod-u-1',
      cgroupPath: '/kubepods/burstable/podu-1',
      subcgroupPaths: ['/kubepods/burstable/podu-1/c1'],
      labels: { app_kubernetes_io__name: 'cart', tier: 'web', app_kubernetes_io__qos_class: 'burstable' },
      resources: { requests_cpu: 0.25, cpus: 0.25 },
    },
  ]);
  assert.deepEqual(b.asked, ['/api/v1/namespaces/default/pods?limit=500 Bearer secret']);
});

test('pods of other nodes are left out by their IP, or not even sent when the name of the node is known', async (t) => {
  const answer: Answer = (_url, _request, response) =>
    response.end(list(podOf(), podOf({ uid: 'u-2', hostIP: '10.0.0.8' })));
  const byIp = await bench(t, answer, { nodeIp: '10.0.0.7' });
  assert.deepEqual(
    (await ask(byIp)).map(({ id }) => id),
    ['u-1'],
  );
  const byName = await bench(t, answer, { nodeName: 'node-7' });
  assert.equal((await ask(byName)).length, 2, 'the server selects');
  assert.match(byName.asked[0] ?? '', /fieldSelector=spec\.nodeName%3Dnode-7/);
});

test('a long list comes in pages, of each namespace', async (t) => {
  const answer: Answer = (url, _request, response) => {
    const second = url.searchParams.get('continue') === 'more';
    const body = second ? { items: [podOf({ uid: 'u-2' })] } : { items: [podOf()], metadata: { continue: 'more' } };
    response.end(JSON.stringify(url.pathname.includes('/default/') ? body : { items: [] }));
  };
  const b = await bench(t, answer, { namespaces: ['default', 'batch'] });
  assert.deepEqual(
    (await ask(b)).map(({ id }) => id),
    ['u-1', 'u-2'],
  );
  assert.equal(b.asked.length, 3);
});

test('kubelet is asked once; namespaces that are not watched are left out; the token is sent, and read again', async (t) => {
  const answer: Answer = (_url, _request, response) =>
    response.end(list(podOf(), podOf({ uid: 'u-2', namespace: 'kube-system' })));
  const b = await bench(t, answer, { kind: 'kubelet' });
  assert.deepEqual(
    (await ask(b)).map(({ id }) => id),
    ['u-1'],
  );
  writeFileSync(b.tokenPath, 'renewed');
  await ask(b);
  rmSync(b.tokenPath);
  await ask(b);
  assert.deepEqual(b.asked, ['/pods Bearer secret', '/pods Bearer renewed', '/pods -']);
});

test('a pod without a cgroup on this host is left out and told once', async (t) => {
  const b = await bench(t, (_url, _request, response) => response.end(list(podOf(), podOf({ uid: 'u-9' }))));
  for (let i = 0; i < 3; i += 1)
    assert.deepEqual(
      (await ask(b)).map(({ id }) => id),
      ['u-1'],
    );
  assert.deepEqual(b.lines, ['left out: pod default/pod-u-9: it has no cgroup on this host']);
  b.cgroups.add('/kubepods/burstable/podu-9');
  assert.equal((await ask(b)).length, 2);
});

test('a static pod is found by the hash of its manifest, a guaranteed one where kubelet puts it', async (t) => {
  const pods = list(
    podOf({ uid: 'mirror', annotations: { 'kubernetes.io/config.hash': 'abc' } }),
    podOf({ uid: 'a-b', qosClass: 'Guaranteed' }),
  );
  const b = await bench(t, (_url, _request, response) => response.end(pods), { driver: 'systemd' });
  b.cgroups.add('/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podabc.slice');
  b.cgroups.add('/kubepods.slice/kubepods-poda_b.slice');
  assert.deepEqual(
    (await ask(b)).map(({ subcgroupPaths }) => subcgroupPaths[0]),
    [
      '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podabc.slice/cri-containerd-c1.scope',
      '/kubepods.slice/kubepods-poda_b.slice/cri-containerd-c1.scope',
    ],
  );
});

const refusals: readonly (readonly [what: string, answer: Answer, message: RegExp])[] = [
  ['401', (_url, _request, response) => response.writeHead(401).end(), /answers 401: the token is not enough/],
  ['403', (_url, _request, response) => response.writeHead(403).end('{}'), /answers 403/],
  ['500', (_url, _request, response) => response.writeHead(500).end('oops'), /answers 500$/],
  ['half a document', (_url, _request, response) => response.end('{"items":[{"metadata":'), /no list of pods/],
  ['another document', (_url, _request, response) => response.end('{"kind":"Status"}'), /no list of pods/],
  [
    'too much',
    (_url, _request, response) => response.end(`{"items":["${'x'.repeat(6_000_000)}"]}`),
    /max size|too large/,
  ],
  ['nothing', () => {}, /no answer in time/],
];
for (const [what, answer, message] of refusals) {
  test(`a server that answers ${what} is a failed discovery that says so`, async (t) => {
    const b = await bench(t, answer);
    await assert.rejects(ask(b), (error: Error) => {
      assert.match(error.message, message);
      return true;
    });
  });
}

test('without a token the API server is not asked', async (t) => {
  const b = await bench(t, (_url, _request, response) => response.end(list()));
  rmSync(b.tokenPath);
  await assert.rejects(ask(b), { code: 'DISCOVERY_FAILED', message: 'cannot be read' });
  assert.deepEqual(b.asked, []);
});

test('items that are no pods are left out and told once', async (t) => {
  const b = await bench(t, (_url, _request, response) => response.end(JSON.stringify({ items: [7, podOf()] })));
  for (let i = 0; i < 2; i += 1) assert.equal((await ask(b)).length, 1);
  assert.equal(b.lines.length, 1);
});
