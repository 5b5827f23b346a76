// guests: v2 v1
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CgroupKnobs } from '../../../collector/apply/cgroup/knobs.ts';
import { readCgroupLayout } from '../../../collector/kernel/cgroup/layout.ts';
import { defaultRoots } from '../../../collector/kernel/roots.ts';
import { probeSystemdUnits, type SystemdUnits } from '../../../collector/kernel/systemd/units.ts';
import { isV2, readControl, reloadSystemd, showProperty, startService, writeControl } from '../kit/units.ts';

/** What systemd does to the control files of its units, and what WCA tells it so that values last. */

async function probeUnits(): Promise<SystemdUnits> {
  const units = await probeSystemdUnits(mkdtempSync(join(tmpdir(), 'wca-units-')));
  assert.ok(units?.ok, 'systemd is PID 1');
  return units.value;
}

function listDropIns(unit: string): readonly string[] {
  const folders = ['/run/systemd/system.control', '/run/systemd/transient'].map((folder) => join(folder, `${unit}.d`));
  return folders.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder).sort());
}

interface Case {
  readonly file: string;
  readonly wish: string;
  /** What the service has by its file. */
  readonly original: string;
}

const v2Cases: readonly Case[] = [
  { file: 'cpu.max', wish: '25000 50000', original: '12500 100000' },
  { file: 'cpu.weight', wish: '55', original: '70' },
  { file: 'memory.high', wish: '209715200', original: 'max' },
  { file: 'memory.low', wish: '1048576', original: '0' },
  { file: 'cpuset.cpus', wish: '1,3', original: '' },
  { file: 'cpuset.mems', wish: '1', original: '' },
  { file: 'io.weight', wish: 'default 50', original: 'default 100' },
];
const v1Cases: readonly Case[] = [
  { file: 'cpu.cfs_quota_us', wish: '40000', original: '12500' },
  { file: 'cpu.shares', wish: '500', original: '716' },
];
const cases = isV2 ? v2Cases : v1Cases;
/** 12.5 % is what systemd does not remember of what it is told. */
const lines = ['CPUQuota=12.5%', 'CPUWeight=70'];

async function write(
  t: TestContext,
  units: SystemdUnits,
  assignment: readonly [unit: string, file: string, text: string],
) {
  const outcome = await units.write(...assignment);
  if (!outcome.ok) t.diagnostic(outcome.error.toText());
  assert.ok(outcome.ok, assignment.join(' '));
}

/** Whether a file has its original, or what stands for it: an empty set is none, or what the parent has. */
function assertOriginal(path: string, file: string, { original, when }: { original: string; when: string }): void {
  const found = readControl(path, file) ?? original;
  const above = original === '' ? readControl(dirname(path), `${file}.effective`) : undefined;
  assert.ok(found === original || found === above, `${when}: ${found} instead of ${original || above}`);
}

for (const { file, wish, original } of cases) {
  test(`${file} of a unit, set through systemd, lasts over a daemon-reload and goes without a trace`, async (t) => {
    const units = await probeUnits();
    const path = startService(t, 'wca-unit', lines);
    const layout = readCgroupLayout(defaultRoots);
    const hierarchy = layout.controller(file.slice(0, file.indexOf('.')))?.name ?? '';
    const unit = units.unitOf(hierarchy, path) ?? '';
    const session = new CgroupKnobs(layout, units).open();
    t.after(() => session.close());
    const inode = session.readInode(hierarchy, path);
    assert.ok(inode.ok);
    const id = { kind: 'cgroup', hierarchy, path, inode: inode.value, file } as const;
    const write = async (text: string): Promise<void> => {
      const outcome = await session.write(id, text);
      assert.ok(outcome.ok, outcome.ok ? '' : outcome.error.toText());
    };
    await write(wish.replace('default ', ''));
    assert.equal(readControl(path, file), wish);
    reloadSystemd();
    assert.equal(readControl(path, file), wish, 'after a daemon-reload');

    await write(original.replace('default ', ''));
    session.forget?.(id);
    t.diagnostic(`${readControl(path, file)} of ${original}`);
    assertOriginal(path, file, { original, when: 'restored' });
    assert.deepEqual(listDropIns(unit), []);
    reloadSystemd();
    assertOriginal(path, file, { original, when: 'after another daemon-reload' });
    assert.equal(showProperty(unit, 'DropInPaths'), '');
    assert.equal(showProperty(unit, 'NeedDaemonReload'), 'no');
  });
}

test('a direct write to a unit is undone by daemon-reload', (t) => {
  const path = startService(t, 'wca-direct', lines);
  const [file, text, original] = isV2 ? ['cpu.weight', '55', '70'] : ['cpu.shares', '555', '716'];
  writeControl(path, file, text);
  reloadSystemd();
  const now = readControl(path, file);
  t.diagnostic(`${file}: ${now}`);
  assert.notEqual(now, text);
  assert.ok(Math.abs(Number(now) - Number(original)) <= 1);
});

test('a quota in whole per cents lasts exactly, another one does not', async (t) => {
  const units = await probeUnits();
  const path = startService(t, 'wca-round');
  const [file, period] = isV2 ? ['cpu.max', ' 100000'] : ['cpu.cfs_quota_us', ''];
  await write(t, units, ['wca-round.service', file, `33330${period}`]);
  assert.equal(readControl(path, file), `33330${period}`);
  reloadSystemd();
  assert.equal(readControl(path, file), `33000${period}`);
  await write(t, units, ['wca-round.service', file, `${units.lastingQuotaUs(47_499, 100_000)}${period}`]);
  reloadSystemd();
  assert.equal(readControl(path, file), `47000${period}`);
});

test('cpu.idle of a unit', { skip: isV2 ? false : 'there is none on cgroup v1 of Linux 6.1' }, async (t) => {
  const units = await probeUnits();
  const path = startService(t, 'wca-idle');
  await write(t, units, ['wca-idle.service', 'cpu.idle', '1']);
  reloadSystemd();
  assert.equal(readControl(path, 'cpu.idle'), '1');
  await write(t, units, ['wca-idle.service', 'cpu.idle', '0']);
  assert.equal(readControl(path, 'cpu.idle'), '0');
  assert.equal(readControl(path, 'cpu.weight'), '100');
});

test('a cgroup with the name of a unit that systemd does not run is not given to systemd', async () => {
  const outcome = await (await probeUnits()).write('wca-nothing.slice', 'cpu.weight', '50');
  assert.ok(!outcome.ok);
  assert.equal(outcome.error.code, 'CGROUP_GONE');
  assert.deepEqual(listDropIns('wca-nothing.slice'), []);
});

test('what systemd does not accept is told in its words', async (t) => {
  startService(t, 'wca-refused');
  const units = await probeUnits();
  const outcome = await units.write('wca-refused.service', isV2 ? 'cpu.weight' : 'cpu.shares', '99999999');
  assert.ok(!outcome.ok);
  t.diagnostic(outcome.error.toText());
  assert.equal(outcome.error.code, 'KERNEL_REFUSED');
});

test('drop-ins of the administrator stay', async (t) => {
  const units = await probeUnits();
  const path = startService(t, 'wca-admin', lines);
  const folder = '/run/systemd/system.control/wca-admin.service.d';
  const { file, wish } = cases[0] ?? { file: '', wish: '' };
  await write(t, await probeUnits(), ['wca-admin.service', file, isV2 ? '30000 100000' : '30000']);
  writeFileSync(join(folder, 'README'), 'kept');
  const before = listDropIns('wca-admin.service');
  await write(t, units, ['wca-admin.service', file, wish]);
  units.forget('wca-admin.service', file);
  assert.deepEqual(listDropIns('wca-admin.service'), before);
  assert.equal(readControl(path, file), wish);
});
