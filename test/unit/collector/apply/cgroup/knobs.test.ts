import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CgroupKnobs } from '../../../../../collector/apply/cgroup/knobs.ts';
import type { UnitWriter } from '../../../../../collector/apply/cgroup/unit-writer.ts';
import { readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { TempKernel } from '../../../../kit/temp-kernel.ts';

/** A unit of systemd whose CPU controller comes and goes with its properties. */

const path = '/system.slice/wca-a.service';

function makeUnit(t: TestContext, { isUnit = true } = {}) {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  const layout = readCgroupLayout(kernel.roots);
  const hierarchy = layout.controller('cpu');
  assert.ok(hierarchy);
  const folder = `${hierarchy.mountPoint}${path}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/cgroup.procs`, '');
  const told: string[] = [];
  const units: UnitWriter = {
    unitOf: () => (isUnit ? 'wca-a.service' : undefined),
    governs: () => true,
    lastingQuotaUs: (quotaUs) => quotaUs,
    write: async (_, file, text) => {
      told.push(`${file}=${text}`);
      writeFileSync(`${folder}/${file}`, `${text}\n`);
      return { ok: true, value: undefined };
    },
    forget: () => undefined,
  };
  const session = new CgroupKnobs(layout, units).open();
  t.after(() => session.close());
  const inode = session.readInode(hierarchy.name, path);
  assert.ok(inode.ok);
  const id = { kind: 'cgroup', hierarchy: hierarchy.name, path, inode: inode.value, file: 'cpu.max' } as const;
  return { session, id, told };
}

test('a unit whose controller is not enabled has the value of the kernel, and gets it back', async (t) => {
  const { session, id, told } = makeUnit(t);
  assert.deepEqual(session.read(id), { ok: true, value: 'max 100000' });
  assert.deepEqual(await session.write(id, '50000 100000'), { ok: true, value: '50000 100000' });
  assert.deepEqual(session.read(id), { ok: true, value: '50000 100000' });
  assert.deepEqual(await session.write(id, 'max 100000'), { ok: true, value: 'max 100000' });
  assert.deepEqual(told, ['cpu.max=50000 100000', 'cpu.max=max 100000']);
});

test('a file that no manager brings is absent', (t) => {
  const { session, id } = makeUnit(t, { isUnit: false });
  const found = session.read(id);
  assert.equal(found.ok ? found.value : found.error.code, 'FEATURE_ABSENT');
});

test('a file of which no default is known is absent, whoever has the cgroup', (t) => {
  const { session, id } = makeUnit(t);
  const found = session.read({ ...id, file: 'cpu.unheard' });
  assert.equal(found.ok ? found.value : found.error.code, 'FEATURE_ABSENT');
});
