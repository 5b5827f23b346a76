import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unitOfCgroup } from '../../../../../collector/kernel/systemd/unit-name.ts';

const cases: readonly { readonly path: string; readonly unit: string | undefined; readonly name: string }[] = [
  { name: 'a service', path: '/system.slice/nginx.service', unit: 'nginx.service' },
  { name: 'a slice', path: '/system.slice', unit: 'system.slice' },
  { name: 'PID 1', path: '/init.scope', unit: 'init.scope' },
  { name: 'a service of the root slice', path: '/x.service', unit: 'x.service' },
  { name: 'a slice in a slice', path: '/kubepods.slice/kubepods-besteffort.slice', unit: 'kubepods-besteffort.slice' },
  {
    name: 'a container of kubelet with the systemd driver',
    path: '/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/cri-containerd-ab.scope',
    unit: 'cri-containerd-ab.scope',
  },
  {
    name: 'an escaped dash',
    path: String.raw`/system.slice/system-a\x2db.slice`,
    unit: String.raw`system-a\x2db.slice`,
  },
  { name: 'an instance', path: '/user.slice/user-0.slice/user@0.service', unit: 'user@0.service' },
  { name: 'a name that is escaped for the kernel', path: '/system.slice/_cpu.service', unit: 'cpu.service' },
  { name: 'a name with an underscore of its own', path: '/system.slice/__x.service', unit: '_x.service' },
  { name: 'the root', path: '/', unit: undefined },
  { name: 'below a service', path: '/system.slice/docker.service/abc', unit: undefined },
  { name: 'a unit of a user below user@', path: '/user.slice/user-0.slice/user@0.service/app.slice', unit: undefined },
  { name: 'a folder that is no unit', path: '/kubepods/pod1', unit: undefined },
  { name: 'a service in a folder that is no slice', path: '/kubepods/x.service', unit: undefined },
  { name: 'a slice that is not its parent’s', path: '/a.slice/b-c.slice', unit: undefined },
  { name: 'a slice whose parents are left out', path: '/a-b.slice', unit: undefined },
  { name: 'a service in such a slice', path: '/a-b.slice/x.service', unit: undefined },
  { name: 'a slice with an empty part', path: '/a.slice/a-.slice', unit: undefined },
  { name: 'the root slice as a folder', path: '/-.slice', unit: undefined },
  { name: 'a type without a cgroup', path: '/system.slice/x.timer', unit: undefined },
  { name: 'a suffix alone', path: '/.slice', unit: undefined },
  { name: 'characters no unit has', path: '/system.slice/a b.service', unit: undefined },
];

for (const { name, path, unit } of cases) test(`unitOfCgroup: ${name}`, () => assert.equal(unitOfCgroup(path), unit));

const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);

test('unitOfCgroup knows a service wherever slices nest as their names say', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), part, (parts, name) => {
      const slices = parts.map((_, i) => `/${parts.slice(0, i + 1).join('-')}.slice`).join('');
      assert.equal(unitOfCgroup(`${slices}/${name}.service`), `${name}.service`);
      assert.equal(unitOfCgroup(`${slices}/${name}.service/below.scope`), undefined);
    }),
  );
});

test('unitOfCgroup answers a part of the path or nothing, whatever the path', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const unit = unitOfCgroup(`/${text}`);
      assert.ok(unit === undefined || `/${text}`.endsWith(unit));
    }),
  );
});
