import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Pod, parsePodList } from '../../../../../controller/nodes/kubernetes/pod.ts';
import {
  containerCgroup,
  isPodUid,
  parseContainerId,
  podCgroups,
} from '../../../../../controller/nodes/kubernetes/pod-cgroup.ts';
import { parseQuantity } from '../../../../../controller/nodes/kubernetes/quantity.ts';

const quantities: readonly (readonly [text: unknown, value: number | undefined])[] = [
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['1K', 1000],
  ['1k', 1000],
  ['1e3', 1000],
  ['129e6', 129_000_000],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['500m', 0.5],
  ['1500m', 1.5],
  ['100u', 1e-4],
  ['1P', 1e15],
  ['1Pi', 2 ** 50],
  ['1E', 1e18],
  ['1Ei', 2 ** 60],
  ['-1', -1],
  [2, 2],
  ['', undefined],
  ['abc', undefined],
  ['1Xi', undefined],
  ['1 Gi', undefined],
  ['1e3Gi', undefined],
  ['1e999', undefined],
  [Number.NaN, undefined],
  [null, undefined],
  [{}, undefined],
];
for (const [text, value] of quantities) {
  test(`${JSON.stringify(text)} is ${value ?? 'no quantity'}`, () => {
    const found = parseQuantity(text);
    if (value === undefined || found === undefined) assert.equal(found, value);
    else assert.ok(Math.abs(found - value) <= Math.abs(value) * 1e-12, String(found));
  });
}

test('whatever stands there is a finite number or nothing', () => {
  fc.assert(fc.property(fc.anything(), (value) => Number.isFinite(parseQuantity(value) ?? 0)));
});

const uid = '6b2f0c1e-0001-4a4a-9c9c-aaaaaaaaaaaa';
const u_ = uid.replaceAll('-', '_');

const places: readonly (readonly [driver: 'systemd' | 'cgroupfs', qos: Pod['qos'], first: string])[] = [
  ['cgroupfs', 'guaranteed', `/kubepods/pod${uid}`],
  ['cgroupfs', 'burstable', `/kubepods/burstable/pod${uid}`],
  ['cgroupfs', 'besteffort', `/kubepods/besteffort/pod${uid}`],
  ['systemd', 'burstable', `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${u_}.slice`],
  ['systemd', 'besteffort', `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${u_}.slice`],
  ['systemd', 'guaranteed', `/kubepods.slice/kubepods-pod${u_}.slice`],
];
for (const [driver, qos, first] of places) {
  test(`a ${qos} pod with the ${driver} driver is at ${first}`, () => {
    assert.equal(podCgroups(driver, qos, [uid])[0], first);
  });
}

test('a static pod is named after the hash of its manifest, which has no dashes', () => {
  const hash = '0123456789abcdef0123456789abcdef';
  assert.deepEqual(podCgroups('cgroupfs', 'burstable', [hash, uid]).slice(0, 2), [
    `/kubepods/burstable/pod${hash}`,
    `/kubepods/burstable/pod${uid}`,
  ]);
});

const containers = [
  ['docker://1111aaaa', 'systemd', 'docker-1111aaaa.scope'],
  ['containerd://1111aaaa', 'systemd', 'cri-containerd-1111aaaa.scope'],
  ['cri-o://1111aaaa', 'systemd', 'crio-1111aaaa.scope'],
  ['containerd://1111aaaa', 'cgroupfs', '1111aaaa'],
  ['cri-o://1111aaaa', 'cgroupfs', 'crio-1111aaaa'],
] as const;
for (const [text, driver, name] of containers) {
  test(`the container ${text} with the ${driver} driver is ${name}`, () => {
    const id = parseContainerId(text);
    assert.ok(id !== undefined);
    assert.equal(containerCgroup(driver, '/pod', id), `/pod/${name}`);
  });
}

test('what could lead elsewhere is neither a uid nor a container', () => {
  for (const text of ['..', 'a/b', '../x', '', 'a\n', null, 7, 'x'.repeat(200)]) {
    assert.equal(isPodUid(text), false, String(text));
    assert.equal(parseContainerId(`docker://${String(text)}`)?.id.includes('/') ?? false, false);
  }
  for (const text of ['docker://..', 'docker://a/b', 'docker://', '1111', 'docker:/x', undefined])
    assert.equal(parseContainerId(text), undefined, String(text));
});

const running = { running: { startedAt: '2020-01-01T00:00:00Z' } };

/** The example of spec config §4.4.3. */
function podOf(change: (pod: { metadata: object; spec: object; status: object }) => object = (pod) => pod): object {
  return change({
    metadata: {
      name: 'cart-0',
      namespace: 'default',
      uid,
      labels: { 'app.kubernetes.io/name': 'cart', tier: 'web' },
    },
    spec: {
      containers: [
        { name: 'cart', resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '2Gi' } } },
        { name: 'proxy', resources: { requests: { cpu: '100m', 'nvidia.com/gpu': '1' } } },
      ],
    },
    status: {
      phase: 'Running',
      hostIP: '10.0.0.7',
      qosClass: 'Burstable',
      containerStatuses: [
        { name: 'cart', ready: true, state: running, containerID: 'docker://1111aaaa' },
        { name: 'proxy', ready: false, state: running, containerID: 'containerd://2222bbbb' },
      ],
    },
  });
}

const listOf = (...items: readonly unknown[]): string => JSON.stringify({ kind: 'PodList', items });

test('a pod gives name, labels, resources summed over its containers, and its running containers', () => {
  const list = parsePodList(listOf(podOf()));
  const [pod] = list?.pods ?? [];
  assert.deepEqual(pod, {
    uid,
    cgroupUids: [uid],
    namespace: 'default',
    name: 'cart-0',
    qos: 'burstable',
    labels: { 'app.kubernetes.io/name': 'cart', tier: 'web' },
    resources: {
      requests_cpu: 0.6,
      requests_memory: 2 ** 30,
      limits_memory: 2 ** 31,
      'requests_nvidia.com/gpu': 1,
      cpus: 0.6,
      mem: 2 ** 30,
    },
    containers: [
      { runtime: 'docker', id: '1111aaaa' },
      { runtime: 'containerd', id: '2222bbbb' },
    ],
    hostIp: '10.0.0.7',
  });
});

test('sidecars among the init containers and ephemeral containers belong to it while they run', () => {
  const pod = podOf(({ status, ...rest }) => ({
    ...rest,
    status: {
      ...status,
      containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } }, containerID: 'docker://old' }],
      initContainerStatuses: [
        { state: { terminated: { exitCode: 0 } }, containerID: 'docker://init' },
        { state: running, containerID: 'docker://sidecar' },
      ],
      ephemeralContainerStatuses: [{ state: running, containerID: 'docker://debug' }],
    },
  }));
  assert.deepEqual(
    parsePodList(listOf(pod))?.pods[0]?.containers.map(({ id }) => id),
    ['sidecar', 'debug'],
  );
});

test('a static pod has the hash of its manifest, first', () => {
  const pod = podOf(({ metadata, ...rest }) => ({
    ...rest,
    metadata: {
      ...metadata,
      annotations: { 'kubernetes.io/config.hash': 'abc123', 'kubernetes.io/config.source': 'file' },
    },
  }));
  assert.deepEqual(parsePodList(listOf(pod))?.pods[0]?.cgroupUids, ['abc123', uid]);
});

const idle: readonly (readonly [what: string, status: object])[] = [
  ['pending', { phase: 'Pending', qosClass: 'Burstable' }],
  ['crash-looping', { qosClass: 'Burstable', containerStatuses: [{ state: { waiting: {} } }] }],
  [
    'completed',
    { qosClass: 'Burstable', containerStatuses: [{ state: { terminated: {} }, containerID: 'docker://x' }] },
  ],
];
for (const [what, status] of idle) {
  test(`a ${what} pod is no task, and no problem`, () => {
    const list = parsePodList(
      listOf(
        podOf((pod) => ({ ...pod, status })),
        podOf(),
      ),
    );
    assert.deepEqual([list?.pods.length, list?.problems], [1, []]);
  });
}

const bad: readonly (readonly [what: string, item: unknown])[] = [
  ['an item that is none', 7],
  ['no metadata', {}],
  ['a uid that leads upwards', podOf((pod) => ({ ...pod, metadata: { ...pod.metadata, uid: '../../x' } }))],
  ['no qosClass', podOf((pod) => ({ ...pod, status: { ...pod.status, qosClass: undefined } }))],
  ['another qosClass', podOf((pod) => ({ ...pod, status: { ...pod.status, qosClass: 'Royal' } }))],
];
for (const [what, item] of bad) {
  test(`${what}: the item is left out with a reason, the others stay`, () => {
    const list = parsePodList(listOf(item, podOf()));
    assert.deepEqual([list?.pods.length, list?.problems.length], [1, 1]);
  });
}

test('what is no list of pods is told from an empty one', () => {
  for (const text of ['', 'null', '7', '[]', '{}', '{"items":{}}', '{"items":', '<html>'])
    assert.equal(parsePodList(text), undefined, text);
  assert.deepEqual(parsePodList('{"kind":"PodList","items":null,"metadata":{}}')?.pods, []);
  assert.equal(parsePodList('{"items":[],"metadata":{"continue":"abc"}}')?.next, 'abc');
});

test('whatever a server answers, it is a list or none', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      parsePodList(text);
    }),
  );
  const item = fc.record({ metadata: fc.anything(), spec: fc.anything(), status: fc.anything() });
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const text = JSON.stringify({ items });
      const list = parsePodList(text);
      assert.ok(list !== undefined);
      for (const { containers: all } of list.pods) assert.ok(all.length > 0);
    }),
  );
});
