import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type RdtInfo, readRdtInfo } from '../../../../../collector/kernel/resctrl/info.ts';
import { readDomainIds } from '../../../../../collector/kernel/resctrl/mon-data.ts';
import { readGroupTree } from '../../../../../collector/kernel/resctrl/placement.ts';
import { probeMonitoring, probeRdt } from '../../../../../collector/kernel/resctrl/probe.ts';
import { probeRdtControl } from '../../../../../collector/kernel/resctrl/probe-control.ts';
import type { KernelRoots } from '../../../../../collector/kernel/roots.ts';
import { fixture } from '../../../../kit/package-root.ts';

/** What resctrl tells of itself, in trees captured from real kernels (test/fixtures/resctrl). */

type Tree = '6.1-two-domains' | '6.1-mba-mbps' | '6.1-cdp' | '6.1-monitor-only' | '6.1-control-only';

interface Machine {
  readonly roots: KernelRoots;
  /** The mounted folder. */
  readonly resctrl: string;
  readonly folder: string;
}

function makeMachine(t: TestContext, tree: Tree, status = 'Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n'): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'wca-resctrl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const resctrl = join(folder, 'sys/fs/resctrl');
  cpSync(join(fixture('resctrl', tree), 'resctrl'), resctrl, { recursive: true });
  mkdirSync(join(folder, 'proc/self'), { recursive: true });
  const mountinfo = readFileSync(join(fixture('resctrl', tree), 'mountinfo'), 'utf8').replace('@MOUNT@', resctrl);
  writeFileSync(join(folder, 'proc/self/mountinfo'), mountinfo);
  writeFileSync(join(folder, 'proc/self/status'), status);
  return { roots: { procfs: join(folder, 'proc'), sysfs: join(folder, 'sys') }, resctrl, folder };
}

const iceLake = { vendor: 'GenuineIntel', family: 6, model: 106, stepping: 6 };
const domains = [0, 1];
const caches = [{ resource: 'L3', domains, numClosids: 8, cbmMask: 0x7ffn, minCbmBits: 1, allowsGaps: false }];
const bandwidth = { resource: 'MB', domains, numClosids: 8, granularity: 10, minimum: 10 };
const bandwidths = [{ ...bandwidth, unit: 'percent' as const, maximum: 100 }];
const inMbps = [{ ...bandwidth, unit: 'MBps' as const, maximum: 4_294_967_290 }];
const features = ['llc_occupancy', 'mbm_total_bytes', 'mbm_local_bytes'];
const monitoring = { features, numRmids: 32, domains, maxThresholdOccupancyBytes: 524288 };

const expected: Readonly<Record<Tree, Omit<RdtInfo, 'mount'> & { readonly option?: string }>> = {
  '6.1-two-domains': { caches, bandwidths, numClosids: 8, monitoring },
  '6.1-mba-mbps': { caches, bandwidths: inMbps, numClosids: 8, monitoring, option: 'mba_MBps' },
  '6.1-cdp': {
    caches: ['L3CODE', 'L3DATA'].flatMap((resource) => caches.map((cache) => ({ ...cache, resource, numClosids: 4 }))),
    bandwidths,
    numClosids: 4,
    monitoring,
    option: 'cdp',
  },
  '6.1-monitor-only': { caches: [], bandwidths: [], numClosids: undefined, monitoring },
  '6.1-control-only': { caches, bandwidths: [], numClosids: 8, monitoring: undefined },
};

for (const tree of ['6.1-two-domains', '6.1-mba-mbps', '6.1-cdp', '6.1-monitor-only', '6.1-control-only'] as const) {
  test(`the facts of ${tree} are read`, (t) => {
    const { roots, resctrl } = makeMachine(t, tree);
    const info = readRdtInfo(roots);
    assert.ok(info.ok);
    const { mount, ...facts } = info.value;
    const { option, ...wanted } = expected[tree];
    assert.deepEqual(facts, wanted);
    assert.equal(mount.mountPoint, resctrl);
    if (option !== undefined) assert.ok(mount.options.includes(option), mount.options.join());
  });
}

test('domains with gaps are read, what is no L3 is not a domain', (t) => {
  const { resctrl } = makeMachine(t, '6.1-two-domains');
  for (const name of ['mon_L3_17', 'mon_L3_100', 'mon_PERF_PKG_00', 'mon_L3_01/mon_sub_L3_03', 'mon_L3_x']) {
    mkdirSync(join(resctrl, 'mon_data', name));
  }
  assert.deepEqual(readDomainIds(resctrl), [0, 1, 17, 100]);
  assert.deepEqual(readDomainIds(join(resctrl, 'gone')), []);
});

test('the groups of a machine are listed, what is no group is not', (t) => {
  const { resctrl } = makeMachine(t, '6.1-monitor-only');
  for (const name of ['mon_groups/job7', 'batch/mon_groups/job8', 'batch/mon_data', 'empty/mon_groups']) {
    mkdirSync(join(resctrl, name), { recursive: true });
  }
  assert.deepEqual(
    readGroupTree(resctrl),
    new Map([
      ['', ['job7']],
      ['batch', ['job8']],
      ['empty', []],
    ]),
  );
  assert.equal(readGroupTree(join(resctrl, 'gone')), undefined);
});

test('broken and missing facts leave out what they belong to', (t) => {
  const { roots, resctrl } = makeMachine(t, '6.1-two-domains');
  writeFileSync(join(resctrl, 'info/L3/cbm_mask'), 'zz\n');
  rmSync(join(resctrl, 'info/MB/bandwidth_gran'));
  writeFileSync(join(resctrl, 'info/L3_MON/num_rmids'), '');
  rmSync(join(resctrl, 'schemata'));
  const info = readRdtInfo(roots);
  assert.ok(info.ok);
  const { mount: _, ...facts } = info.value;
  assert.deepEqual(facts, { caches: [], bandwidths: [], numClosids: undefined, monitoring: undefined });
});

test('an info folder that cannot be read is told', (t) => {
  const { roots, resctrl } = makeMachine(t, '6.1-two-domains');
  rmSync(join(resctrl, 'info'), { recursive: true });
  const info = readRdtInfo(roots);
  assert.equal(info.ok ? '' : info.error.code, 'PERMISSION');
});

const refusals = [
  { name: 'a control-only machine', tree: '6.1-control-only', reason: /does not monitor/ },
  {
    name: 'a Skylake server',
    tree: '6.1-control-only',
    cpu: { ...iceLake, model: 85, stepping: 4 },
    reason: /Skylake.*rdt=cmt,mbmtotal,mbmlocal/,
  },
  {
    name: 'a collector that is not root',
    tree: '6.1-two-domains',
    status: 'Uid:\t998\t998\t998\t998\nCapEff:\t000001ffffffffff\n',
    reason: /only root.*as root/,
  },
  {
    name: 'a root without CAP_DAC_OVERRIDE',
    tree: '6.1-two-domains',
    status: 'Uid:\t0\t0\t0\t0\nCapEff:\t000001fffffffffd\n',
    reason: /CAP_DAC_OVERRIDE/,
  },
  {
    name: 'a read-only mount',
    tree: '6.1-two-domains',
    mount: (text: string) => text.replace(' rw,', ' ro,'),
    reason: /read-only.*remount,rw/,
  },
  { name: 'a machine without the mount', tree: '6.1-two-domains', mount: () => '', reason: /mount -t resctrl resctrl/ },
] as const;
for (const { name, tree, reason, ...more } of refusals) {
  test(`${name} cannot be monitored and is told why`, (t) => {
    const { roots, folder } = makeMachine(t, tree, 'status' in more ? more.status : undefined);
    const file = join(folder, 'proc/self/mountinfo');
    if ('mount' in more) writeFileSync(file, more.mount(readFileSync(file, 'utf8')));
    const found = probeMonitoring(roots, 'cpu' in more ? more.cpu : iceLake);
    assert.match(found.ok ? '' : found.error.toText(), reason);
    const [capability] = probeRdt(roots, 'cpu' in more ? more.cpu : iceLake);
    assert.equal(capability?.name, 'rdt.monitoring');
    assert.equal(capability?.available, false);
    assert.match(`${capability?.reason} (${capability?.remedy})`, reason);
  });
}

test('a kernel without resctrl is told so', (t) => {
  const { roots, folder, resctrl } = makeMachine(t, '6.1-two-domains');
  writeFileSync(join(folder, 'proc/self/mountinfo'), '');
  rmSync(resctrl, { recursive: true });
  const found = probeMonitoring(roots, iceLake);
  assert.match(found.ok ? '' : found.error.toText(), /CPU without RDT.*CONFIG_X86_CPU_RESCTRL/);
});

test('capabilities tell of each feature', (t) => {
  const names = (tree: Tree) =>
    probeRdt(makeMachine(t, tree).roots, iceLake)
      .filter(({ available }) => available)
      .map(({ name }) => name);
  const monitored = ['rdt.monitoring', 'rdt.llc_occupancy', 'rdt.mbm_total', 'rdt.mbm_local'];
  assert.deepEqual(names('6.1-monitor-only'), monitored);
  assert.deepEqual(names('6.1-control-only'), ['rdt.cache_control']);
  assert.deepEqual(names('6.1-cdp'), [...monitored, 'rdt.cache_control', 'rdt.bandwidth_control']);
});

const controls: readonly (readonly [Tree, readonly string[]])[] = [
  ['6.1-two-domains', ['allocation.rdt_l3', 'allocation.rdt_mb']],
  ['6.1-cdp', ['allocation.rdt_l3', 'allocation.rdt_mb']],
  ['6.1-control-only', ['allocation.rdt_l3']],
  ['6.1-monitor-only', []],
];
for (const [tree, available] of controls) {
  test(`what can be allocated on ${tree}`, (t) => {
    const found = probeRdtControl(makeMachine(t, tree).roots, iceLake);
    assert.deepEqual(
      found.filter((one) => one.available).map(({ name }) => name),
      available,
    );
    for (const { available: isThere, reason } of found) assert.equal(reason === '', isThere);
  });
}

test('a collector that may not write, or has no resctrl, can allocate nothing of it and is told why', (t) => {
  const status = 'Uid:\t998\t998\t998\t998\nCapEff:\t000001ffffffffff\n';
  const reasons = (roots: KernelRoots) => probeRdtControl(roots, iceLake).map((one) => `${one.reason} (${one.remedy})`);
  for (const text of reasons(makeMachine(t, '6.1-two-domains', status).roots)) assert.match(text, /only root.*as root/);
  const { roots, folder } = makeMachine(t, '6.1-two-domains');
  const file = join(folder, 'proc/self/mountinfo');
  writeFileSync(file, readFileSync(file, 'utf8').replace(' rw,', ' ro,'));
  for (const text of reasons(roots)) assert.match(text, /read-only.*remount,rw/);
  writeFileSync(file, '');
  for (const text of reasons(roots)) assert.match(text, /mount -t resctrl/);
});

const vendors = [
  ['GenuineIntel', 'percent', 100],
  ['AuthenticAMD', 'eighth_GBps', 2048],
  ['HygonGenuine', 'eighth_GBps', 2048],
  [undefined, 'percent', 100],
] as const;
for (const [vendor, unit, maximum] of vendors) {
  test(`bandwidth of ${vendor} is in ${unit}`, (t) => {
    const info = readRdtInfo(makeMachine(t, '6.1-two-domains').roots, vendor);
    assert.ok(info.ok);
    assert.deepEqual(
      info.value.bandwidths.map((one) => [one.unit, one.maximum, one.minimum]),
      [[unit, maximum, 10]],
    );
  });
}

test('an AMD root that has more than other CPUs can have says how much', (t) => {
  const { roots, resctrl } = makeMachine(t, '6.1-two-domains');
  writeFileSync(join(resctrl, 'schemata'), '    MB:0=8192;1= 160\n');
  const info = readRdtInfo(roots, 'AuthenticAMD');
  assert.equal(info.ok ? info.value.bandwidths[0]?.maximum : undefined, 8192);
});

test('masks may have gaps where the kernel says so', (t) => {
  const { roots, resctrl } = makeMachine(t, '6.1-two-domains');
  writeFileSync(join(resctrl, 'info/L3/sparse_masks'), '1\n');
  const info = readRdtInfo(roots);
  assert.equal(info.ok ? info.value.caches[0]?.allowsGaps : undefined, true);
});
