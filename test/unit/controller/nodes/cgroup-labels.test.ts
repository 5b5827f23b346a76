import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeCgroup, unescapeUnit } from '../../../../controller/nodes/cgroup-labels.ts';

const id = '0123456789abcdef'.repeat(4);
const uid = '8f1b7c1e-5a52-4e0a-9a3c-0c4d4d7a1a2b';
const escapedUid = uid.replaceAll('-', '_');
const pod = (qos: string) => ({ cgroup_kind: 'kubernetes', pod_uid: uid, pod_qos: qos });

const cases: readonly {
  readonly path: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}[] = [
  { path: '/', name: '/', labels: { cgroup_kind: 'root' } },
  { path: '/batch/job7', name: 'batch/job7', labels: { cgroup_kind: 'cgroup' } },
  {
    path: '/system.slice/nginx.service',
    name: 'nginx.service',
    labels: { cgroup_kind: 'systemd', systemd_unit: 'nginx.service', systemd_slice: 'system.slice' },
  },
  {
    path: '/system.slice/system-getty.slice/getty@tty1.service',
    name: 'getty@tty1.service',
    labels: { cgroup_kind: 'systemd', systemd_unit: 'getty@tty1.service', systemd_slice: 'system-getty.slice' },
  },
  {
    path: '/system.slice/systemd-fsck@dev-disk-by\\x2duuid-1.service',
    name: 'systemd-fsck@dev-disk-by-uuid-1.service',
    labels: {
      cgroup_kind: 'systemd',
      systemd_unit: 'systemd-fsck@dev-disk-by-uuid-1.service',
      systemd_slice: 'system.slice',
    },
  },
  { path: '/init.scope', name: 'init.scope', labels: { cgroup_kind: 'systemd', systemd_unit: 'init.scope' } },
  { path: '/system.slice', name: 'system.slice', labels: { cgroup_kind: 'systemd', systemd_slice: 'system.slice' } },
  {
    path: '/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.scope',
    name: 'app-firefox.scope',
    labels: {
      cgroup_kind: 'user',
      systemd_unit: 'app-firefox.scope',
      systemd_slice: 'app.slice',
      user_uid: '1000',
    },
  },
  {
    path: '/user.slice/user-1000.slice/session-3.scope',
    name: 'session-3.scope',
    labels: {
      cgroup_kind: 'user',
      systemd_unit: 'session-3.scope',
      systemd_slice: 'user-1000.slice',
      user_uid: '1000',
    },
  },
  {
    path: `/system.slice/docker-${id}.scope`,
    name: 'docker-0123456789ab',
    labels: { cgroup_kind: 'docker', container_id: id, container_runtime: 'docker' },
  },
  {
    path: `/docker/${id}`,
    name: 'docker-0123456789ab',
    labels: { cgroup_kind: 'docker', container_id: id, container_runtime: 'docker' },
  },
  {
    path: `/docker/${id}/init.scope`,
    name: 'docker-0123456789ab/init.scope',
    labels: { cgroup_kind: 'docker', container_id: id, container_runtime: 'docker' },
  },
  {
    path: `/machine.slice/libpod-${id}.scope`,
    name: 'podman-0123456789ab',
    labels: { cgroup_kind: 'podman', container_id: id, container_runtime: 'podman' },
  },
  {
    path: `/system.slice:cri-containerd:${id}`,
    name: 'containerd-0123456789ab',
    labels: { cgroup_kind: 'containerd', container_id: id, container_runtime: 'containerd' },
  },
  { path: `/kubepods/burstable/pod${uid}`, name: 'pod-8f1b7c1e', labels: pod('burstable') },
  {
    path: `/kubepods/pod${uid}/${id}`,
    name: 'pod-8f1b7c1e/0123456789ab',
    labels: { ...pod('guaranteed'), container_id: id },
  },
  {
    path: `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${escapedUid}.slice/cri-containerd-${id}.scope`,
    name: 'pod-8f1b7c1e/0123456789ab',
    labels: { ...pod('besteffort'), container_id: id, container_runtime: 'containerd' },
  },
  {
    path: `/kubepods.slice/kubepods-pod${escapedUid}.slice/crio-${id}.scope`,
    name: 'pod-8f1b7c1e/0123456789ab',
    labels: { ...pod('guaranteed'), container_id: id, container_runtime: 'crio' },
  },
  {
    path: `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${escapedUid}.slice/cri-containerd-${id}.scope`,
    name: 'pod-8f1b7c1e/0123456789ab',
    labels: { ...pod('burstable'), container_id: id, container_runtime: 'containerd' },
  },
  { path: '/lxc.payload/web', name: 'lxc-web', labels: { cgroup_kind: 'lxc', machine: 'web' } },
  { path: '/lxc/web', name: 'lxc-web', labels: { cgroup_kind: 'lxc', machine: 'web' } },
  {
    path: '/lxc.payload.web/system.slice/cron.service',
    name: 'lxc-web/system.slice/cron.service',
    labels: { cgroup_kind: 'lxc', machine: 'web' },
  },
  {
    path: '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator',
    name: 'qemu-1-vm/libvirt/emulator',
    labels: { cgroup_kind: 'machine', machine: 'qemu-1-vm' },
  },
  {
    path: '/machine.slice/systemd-nspawn@web.service',
    name: 'web',
    labels: { cgroup_kind: 'machine', machine: 'web' },
  },
];

for (const { path, name, labels } of cases) {
  test(`${path.slice(0, 100)} is ${name}`, () => assert.deepEqual(describeCgroup(path), { name, labels }));
}

test('unescapeUnit decodes bytes of UTF-8 and leaves what is no escape', () => {
  assert.equal(unescapeUnit('a\\x2db'), 'a-b');
  assert.equal(unescapeUnit('\\xc3\\xa4'), 'ä');
  assert.equal(unescapeUnit('a\\xzz\\'), 'a\\xzz\\');
  assert.equal(unescapeUnit('ä\\x2d容\\x5f😀'), 'ä-容_😀');
});

test('any path gets a name and a kind, in bounded time', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 8 }), (parts) => {
      const { name, labels } = describeCgroup(`/${parts.join('/')}`);
      assert.notEqual(name, '');
      assert.ok(labels['cgroup_kind'] !== undefined);
    }),
  );
  const startMs = performance.now();
  describeCgroup(`/kubepods-${'pod'.repeat(1300)}.slice/${'a-'.repeat(2000)}kubepods`);
  assert.ok(performance.now() - startMs < 200);
});
