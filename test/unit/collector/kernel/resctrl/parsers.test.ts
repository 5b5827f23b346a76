import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Mount } from '../../../../../collector/kernel/mountinfo.ts';
import { chooseErrata, hasMonitoringSwitchedOff } from '../../../../../collector/kernel/resctrl/errata.ts';
import { chooseResctrlMount } from '../../../../../collector/kernel/resctrl/mount.ts';
import { parsePlacement } from '../../../../../collector/kernel/resctrl/placement.ts';
import { parseSchemata } from '../../../../../shared/kernel-text/schemata.ts';

const schemata: readonly (readonly [string, string, Readonly<Record<string, Readonly<Record<string, string>>>>])[] = [
  ['6.1', '    MB:0= 50;1= 20\n    L3:0=007;1=001\n', { MB: { 0: '50', 1: '20' }, L3: { 0: '007', 1: '001' } }],
  ['mba_MBps', '    MB:0=4294967295;1=4294967295\n', { MB: { 0: '4294967295', 1: '4294967295' } }],
  ['cdp', 'L3DATA:0=7ff\nL3CODE:0=7ff\n', { L3DATA: { 0: '7ff' }, L3CODE: { 0: '7ff' } }],
  ['sparse ids', 'L3:0=f;17=ff;64=1\n', { L3: { 0: 'f', 17: 'ff', 64: '1' } }],
  ['a truncated line', 'L3:0=7ff;1=', { L3: { 0: '7ff' } }],
  ['a cache that is being locked', 'L3:uninitialized\nL2:0=3\n', { L2: { 0: '3' } }],
  ['a system that only monitors', '', {}],
  ['nonsense', 'L3\n:0=1\n;;\nL3:x=1;0=zz;-1=3\n', {}],
];
for (const [name, text, expected] of schemata) {
  test(`schemata: ${name}`, () => {
    const lines = parseSchemata(text).map(({ resource, domains }) => [resource, Object.fromEntries(domains)]);
    assert.deepEqual(Object.fromEntries(lines), expected);
  });
}

test('schemata: any text is survived', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseSchemata(text))));
});

const placements = [
  ['res:/\nmon:\n', { control: '', monitoring: '' }],
  ['res:/\nmon:job7\n', { control: '', monitoring: 'job7' }],
  ['res:batch\nmon:\n', { control: 'batch', monitoring: '' }],
  ['res:batch\nmon:wca-a%2Db\n', { control: 'batch', monitoring: 'wca-a%2Db' }],
  ['res:\nmon:\n', undefined],
  ['res:/\n', undefined],
  ['mon:x\nres:/\n', undefined],
  ['', undefined],
] as const;
for (const [text, expected] of placements) {
  test(`cpu_resctrl_groups ${JSON.stringify(text)}`, () => assert.deepEqual(parsePlacement(text), expected));
}

const mount = (mountPoint: string, more: Partial<Mount> = {}): Mount => ({
  root: '/',
  mountPoint,
  fsType: 'resctrl',
  superOptions: ['rw'],
  isReadOnly: false,
  ...more,
});

test('the mount that can be written to is taken, of the whole file system only', () => {
  const point = (...mounts: Mount[]) => chooseResctrlMount(mounts)?.mountPoint;
  assert.equal(point(mount('/a', { isReadOnly: true }), mount('/b')), '/b');
  assert.equal(point(mount('/a', { isReadOnly: true })), '/a');
  assert.equal(point(mount('/a', { root: '/mon_groups' }), mount('/b', { fsType: 'tmpfs' })), undefined);
});

const cpu = (model: number, stepping: number) => ({ vendor: 'GenuineIntel', family: 6, model, stepping });
const amd = { vendor: 'AuthenticAMD', family: 25, model: 1, stepping: 1 };
const all = ['llc_occupancy', 'mbm_total_bytes', 'mbm_local_bytes'];
const errata = [
  { name: 'Ice Lake', of: cpu(106, 6), kernel: '6.1.0', features: all, notes: [] },
  {
    name: 'Cascade Lake, 6.1',
    of: cpu(85, 7),
    kernel: '6.1.0-18-amd64',
    features: all,
    notes: [/SKX99.*corrects it by/],
  },
  { name: 'Cascade Lake, 5.10', of: cpu(85, 7), kernel: '5.10.0', features: all, notes: [/SKX99.*does not correct/] },
  { name: 'Broadwell, 4.19', of: cpu(79, 1), kernel: '4.19.1', features: all, notes: [/BDF102.*does not correct/] },
  { name: 'Broadwell without bandwidth', of: cpu(79, 1), kernel: '4.19.1', features: ['llc_occupancy'], notes: [] },
  { name: 'Skylake', of: cpu(85, 4), kernel: '6.1', features: all, notes: [/SKX99/, /Skylake server/] },
  { name: 'Zen 3', of: amd, kernel: '6.1.0', features: all, notes: [/fewer groups/] },
  { name: 'a kernel of another kind', of: cpu(79, 1), kernel: 'x', features: all, notes: [/corrects it by/] },
  {
    name: 'a CPU of unknown make',
    of: { vendor: undefined, family: undefined, model: undefined, stepping: undefined },
    kernel: '',
    features: all,
    notes: [],
  },
];
for (const { name, of, kernel, features, notes } of errata) {
  test(`errata of ${name}`, () => {
    const found = chooseErrata(of, kernel, features);
    assert.equal(found.length, notes.length, found.map((note) => note.toText()).join());
    notes.forEach((pattern, i) => {
      assert.match(found[i]?.toText() ?? '', pattern);
    });
  });
}

test('the kernel switches monitoring off on Skylake servers, not on what came after', () => {
  assert.deepEqual(
    [4, 5, 7].map((stepping) => hasMonitoringSwitchedOff(cpu(85, stepping))),
    [true, false, false],
  );
  assert.equal(hasMonitoringSwitchedOff({ ...cpu(85, 4), vendor: 'AuthenticAMD' }), false);
});
