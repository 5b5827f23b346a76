import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { UnitWriter } from '../../../../../collector/apply/cgroup/unit-writer.ts';
import { DropIns } from '../../../../../collector/kernel/systemd/drop-ins.ts';
import { createSystemctl } from '../../../../../collector/kernel/systemd/systemctl.ts';
import { SystemdUnits } from '../../../../../collector/kernel/systemd/units.ts';

/** A systemctl that is a shell script: it logs its calls and writes drop-ins as the real one does. */
function setup(t: TestContext, { state = 'active', fail = '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'wca-systemd-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [control, log] = [join(folder, 'control'), join(folder, 'log')];
  mkdirSync(control);
  const script = `#!/bin/sh
echo "$*" >> '${log}'
case "$1" in
show) printf 'ActiveState=${state}\\nControlGroup=/system.slice/x.service\\nCPUQuotaPeriodUSec=50ms\\n';;
set-property)
  ${fail === '' ? '' : `echo "${fail}" >&2; exit 1`}
  mkdir -p '${control}'/"$4".d; unit=$4; shift 4
  for a; do echo "$a" > '${control}'/$unit.d/50-"\${a%%=*}".conf; done;;
esac
`;
  writeFileSync(join(folder, 'systemctl'), script);
  chmodSync(join(folder, 'systemctl'), 0o755);
  const create = () =>
    new SystemdUnits({
      systemctl: createSystemctl(`${folder}:/usr/bin:/bin`),
      version: 252,
      dropIns: new DropIns({ stateFolder: join(folder, 'state'), folders: [control] }),
    });
  return { create, control, folder, state: join(folder, 'state') };
}

const unit = 'x.service';

test('SystemdUnits is the unit writer that apply asks for', (t) => {
  const writer: UnitWriter = setup(t).create();
  assert.equal(writer.unitOf('unified', '/system.slice/x.service'), unit);
  assert.equal(writer.unitOf('cpu,cpuacct', '/system.slice/x.service'), unit);
  assert.equal(writer.unitOf('cpuset', '/system.slice/x.service'), undefined, 'systemd leaves cpuset of v1 alone');
  assert.equal(writer.unitOf('unified', '/system.slice/x.service/below'), undefined);
  assert.equal(writer.governs('cpu.max'), true);
  assert.equal(writer.governs('cpu.max.burst'), false);
});

test('a quota of v1 is told in per cent of the period that the unit has', async (t) => {
  const { create, control } = setup(t);
  assert.deepEqual(await create().write(unit, 'cpu.cfs_quota_us', '40000'), { ok: true, value: undefined });
  assert.deepEqual(readdirSync(join(control, 'x.service.d')), ['50-CPUQuota.conf']);
});

test('forget removes the drop-ins of our writes, also after a restart, and nothing else', async (t) => {
  const { create, control, state } = setup(t);
  mkdirSync(join(control, 'x.service.d'));
  writeFileSync(join(control, 'x.service.d', '50-CPUWeight.conf'), '# of the administrator');
  await create().write(unit, 'cpu.max', '40000 100000');
  await create().write(unit, 'cpu.weight', '50');
  await create().write(unit, 'cpu.max', '50000 100000');
  const units = create();
  for (const file of ['cpu.max', 'cpu.weight', 'cpu.max', 'cpu.max.burst']) units.forget(unit, file);
  assert.deepEqual(readdirSync(join(control, 'x.service.d')), ['50-CPUWeight.conf']);
  assert.equal(existsSync(join(state, unit)), false, 'no trace is left');
});

test('a property that stands for two files stays until both are forgotten', async (t) => {
  const { create, control } = setup(t);
  const units = create();
  await units.write(unit, 'cpu.weight', '50');
  await units.write(unit, 'cpu.idle', '1');
  units.forget(unit, 'cpu.idle');
  assert.deepEqual(readdirSync(join(control, 'x.service.d')), ['50-CPUWeight.conf']);
  units.forget(unit, 'cpu.weight');
  assert.equal(existsSync(join(control, 'x.service.d')), false);
});

test('a unit that does not run is not written', async (t) => {
  const { create, control } = setup(t, { state: 'inactive' });
  const outcome = await create().write(unit, 'cpu.weight', '50');
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'CGROUP_GONE');
  assert.deepEqual(readdirSync(control), []);
});

test('what systemctl says is in the error', async (t) => {
  const { create } = setup(t, { fail: 'Failed to set unit properties: Access denied' });
  const outcome = await create().write(unit, 'cpu.weight', '50');
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'KERNEL_REFUSED');
  assert.equal(outcome.error.message, 'Failed to set unit properties: Access denied');
  assert.equal(outcome.error.subject, 'systemctl set-property --runtime -- x.service CPUWeight=50');
});

test('a value that systemd cannot say is an error and no call', async (t) => {
  const { create, control } = setup(t);
  const outcome = await create().write(unit, 'io.weight', '8:0 50');
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'FEATURE_ABSENT');
  assert.deepEqual(readdirSync(control), []);
});

test('systemctl that hangs is ended', async (t) => {
  const { folder } = setup(t);
  writeFileSync(join(folder, 'systemctl'), '#!/bin/sh\nexec sleep 1000\n');
  const outcome = await createSystemctl(`${folder}:/usr/bin:/bin`, 50)(['show']);
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'DEADLINE');
});

test('systemctl that is not installed is a feature that is absent', async (t) => {
  const outcome = await createSystemctl(join(setup(t).folder, 'nowhere'))(['show']);
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'FEATURE_ABSENT');
});

test('systemctl gets arguments as they are', async (t) => {
  const { folder } = setup(t);
  writeFileSync(join(folder, 'systemctl'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  const outcome = await createSystemctl(`${folder}:/usr/bin:/bin`)(['a b', '$(id)', ';ls']);
  assert.deepEqual(outcome, { ok: true, value: 'a b\n$(id)\n;ls\n' });
});
