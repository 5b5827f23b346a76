import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Pod, parsePodList } from '../../../../../controller/nodes/kubernetes/pod.ts';
import { containerCgroup, podCgroups } from '../../../../../controller/nodes/kubernetes/pod-cgroup.ts';
import { fixture } from '../../../../kit/package-root.ts';

/** What versions of Kubernetes answer, and where the pods' cgroups are. */

function listIn(file: string) {
  const list = parsePodList(readFileSync(join(fixture('kubernetes'), file), 'utf8'));
  assert.ok(list !== undefined);
  assert.deepEqual(list.problems, []);
  return list;
}

/** Cgroups of the containers, below the first place at which the pod may be. */
function cgroupsOf({ qos, cgroupUids, containers }: Pod, driver: 'systemd' | 'cgroupfs'): readonly string[] {
  const [pod = ''] = podCgroups(driver, qos, cgroupUids);
  return containers.map((container) => containerCgroup(driver, pod, container));
}

const id = (digit: string): string => digit.repeat(64);

test('1.13, API server, docker: a pod that runs, one that is not scheduled', () => {
  const { pods, next } = listIn('1.13-api-server-docker.json');
  const [cart, ...others] = pods;
  assert.ok(cart !== undefined);
  assert.deepEqual([others, next, cart.hostIp], [[], undefined, '10.0.0.7']);
  assert.deepEqual(cart.resources, {
    limits_cpu: 1,
    limits_memory: 2 ** 29,
    requests_cpu: 0.25,
    requests_memory: 2 ** 28,
    cpus: 0.25,
    mem: 2 ** 28,
  });
  assert.deepEqual(cgroupsOf(cart, 'cgroupfs'), [`/kubepods/burstable/pod${cart.uid}/${id('1')}`]);
});

test('1.20, kubelet, containerd: a static pod, a guaranteed one that was killed for its memory and runs again', () => {
  const [etcd, db] = listIn('1.20-kubelet-containerd.json').pods;
  assert.ok(etcd !== undefined && db !== undefined);
  assert.deepEqual(cgroupsOf(etcd, 'systemd'), [
    `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podb2f8a4f6c1d94ea0b1b7f3a5d4c6e708.slice/cri-containerd-${id('2')}.scope`,
  ]);
  assert.equal(etcd.resources['disk'], 100 * 2 ** 20);
  assert.deepEqual(cgroupsOf(db, 'systemd'), [
    `/kubepods.slice/kubepods-pod0a6b1c8e_7b1f_4c55_8a44_0f6e2b7a9d10.slice/cri-containerd-${id('3')}.scope`,
  ]);
  assert.equal(db.resources['limits_hugepages-2Mi'], 100 * 2 ** 20);
});

test('1.29, kubelet, CRI-O: a pod that is terminating, with a sidecar and a debugger; one that crashes', () => {
  const [api, ...others] = listIn('1.29-kubelet-cri-o.json').pods;
  assert.ok(api !== undefined);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [...api.containers].map((container) => container.id[0]).sort(),
    ['5', '6', '7'],
    'the init container has ended',
  );
  assert.match(cgroupsOf(api, 'systemd')[0] ?? '', /-besteffort-pod5c1a2f7e_.*\.slice\/crio-6{64}\.scope$/);
});

test('1.34, API server, containerd: resources of the pod itself count, the list goes on', () => {
  const { pods, next } = listIn('1.34-api-server-containerd.json');
  assert.deepEqual(pods[0]?.resources, {
    limits_cpu: 3,
    limits_memory: 3 * 2 ** 30,
    requests_cpu: 2,
    requests_memory: 3 * 2 ** 30,
    cpus: 2,
    mem: 3 * 2 ** 30,
  });
  assert.equal(next, 'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ');
});
