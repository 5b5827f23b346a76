import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { chooseCodeName } from '../../../../../collector/kernel/platform/code-name.ts';
import { PlatformReader } from '../../../../../collector/kernel/platform/platform-reader.ts';
import { type PlatformFacts, probePlatform } from '../../../../../collector/kernel/platform/probe.ts';
import { chooseTopology } from '../../../../../collector/kernel/platform/topology.ts';
import { defaultRoots } from '../../../../../collector/kernel/roots.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { catalog } from '../../../../../shared/metrics/catalog.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

function setup(t: TestContext, name: KernelName): { kernel: TempKernel; facts: PlatformFacts; reader: PlatformReader } {
  const kernel = new TempKernel(name);
  t.after(() => kernel.remove());
  const facts = probePlatform(kernel.roots, readCgroupLayout(kernel.roots));
  const reader = new PlatformReader(kernel.roots, facts);
  t.after(() => reader.close());
  return { kernel, facts, reader };
}

function told(reader: PlatformReader): Record<string, number> {
  const row = new Row(reader.columns.length + 1);
  reader.readInto(row, 1);
  return Object.fromEntries(
    reader.columns.flatMap(({ metric, labels }, i) => {
      if (row.present[i + 1] !== 1) return [];
      const value = (row.words[2 * i + 2] ?? 0) + 2 ** 32 * (row.words[2 * i + 3] ?? 0);
      return [[[metric, ...Object.values(labels)].join(' '), value]];
    }),
  );
}

test('facts of a host with an offline CPU and sparse nodes', (t) => {
  const { facts } = setup(t, '5.10-v1-sparse-nodes');
  const { cgroupLayout, numaNodes, ...rest } = facts;
  assert.equal(cgroupLayout.mode, 'v1');
  assert.deepEqual(
    numaNodes.map(({ id }) => id),
    [0, 2],
  );
  assert.deepEqual(rest, {
    hostname: 'node-b',
    kernel: '5.10.0-28-amd64',
    pageSizeBytes: 4096,
    clockTicksPerSecond: 100,
    cpuModel: {
      name: 'Intel(R) Xeon(R) Platinum 8280 CPU @ 2.70GHz',
      vendor: 'GenuineIntel',
      family: 6,
      model: 85,
      stepping: 7,
      codeName: 'cascade-lake',
    },
    cpus: [
      { id: 0, socket: 0, core: 0, numaNode: 0 },
      { id: 1, socket: 0, core: 1, numaNode: 0 },
      { id: 2, socket: 1, core: 0, numaNode: 2 },
      { id: 4, socket: 0, core: 0, numaNode: 0 },
      { id: 5, socket: 0, core: 1, numaNode: 0 },
    ],
    sockets: 2,
    cores: 3,
    swapEnabled: true,
    memoryTotalBytes: 16_384_000_000,
  });
});

test('facts of the captured host', (t) => {
  const { facts } = setup(t, '6.18-hybrid-2cpu');
  assert.equal(facts.kernel, '6.18.44');
  assert.deepEqual([facts.cpus.length, facts.cores, facts.sockets, facts.numaNodes.length], [2, 2, 1, 1]);
  assert.equal(facts.swapEnabled, false);
});

test('arm64 tells implementer and part, from which name and micro-architecture follow', (t) => {
  const { kernel } = setup(t, '6.1-v2-2numa');
  const block = (id: number) =>
    `processor\t: ${id}\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n\n`;
  kernel.write('proc/cpuinfo', block(0) + block(1));
  const { cpuModel } = probePlatform(kernel.roots, readCgroupLayout(kernel.roots));
  assert.deepEqual(cpuModel, {
    name: 'Neoverse-N1',
    vendor: 'ARM',
    family: 8,
    model: 0xd0c,
    stepping: 1,
    codeName: 'neoverse-n1',
  });
});

test('without topology in sysfs /proc/cpuinfo is used', (t) => {
  const { kernel } = setup(t, '5.10-v1-sparse-nodes');
  const layout = readCgroupLayout(kernel.roots);
  const full = probePlatform(kernel.roots, layout);
  kernel.remove('sys/devices/system/cpu');
  const { cpus, sockets, cores } = probePlatform(kernel.roots, layout);
  assert.deepEqual({ cpus, sockets, cores }, { cpus: full.cpus, sockets: 2, cores: 3 });
});

test('units come from smaps where auxv is closed to this process', (t) => {
  const { kernel } = setup(t, '6.1-v2-2numa');
  kernel.remove('proc/self/auxv');
  const layout = readCgroupLayout(kernel.roots);
  assert.throws(() => probePlatform(kernel.roots, layout), /no such file/);
  kernel.write(
    'proc/self/smaps',
    '00400000-0040b000 r-xp 0 08:01 1 /bin/x\nSize: 44 kB\nKernelPageSize:       64 kB\n',
  );
  const { pageSizeBytes, clockTicksPerSecond } = probePlatform(kernel.roots, layout);
  assert.deepEqual([pageSizeBytes, clockTicksPerSecond], [65_536, 100]);
});

test('core ids that repeat in several dies of a socket are several cores; what is unknown has a place', () => {
  const place = (id: number, core: number | undefined, siblings: string | undefined) => ({
    id,
    socket: 0,
    core,
    siblings,
  });
  assert.equal(chooseTopology([place(0, 0, '0'), place(1, 0, '1')], []).cores, 2);
  assert.equal(chooseTopology([place(0, 0, '0-1'), place(1, 0, '0-1')], []).cores, 1);
  assert.equal(chooseTopology([place(0, 0, undefined), place(1, 0, undefined)], []).cores, 1);
  assert.deepEqual(chooseTopology([{ id: 5, socket: undefined, core: undefined, siblings: undefined }], []), {
    cpus: [{ id: 5, socket: 0, core: 5, numaNode: 0 }],
    sockets: 1,
    cores: 1,
  });
});

for (const [vendor, family, model, stepping, name] of [
  ['GenuineIntel', 6, 0x55, 4, 'skylake-x'],
  ['GenuineIntel', 6, 0x55, 5, 'cascade-lake'],
  ['GenuineIntel', 6, 0x55, 7, 'cascade-lake'],
  ['GenuineIntel', 6, 0x55, 11, 'cooper-lake'],
  ['GenuineIntel', 6, 0x4f, 1, 'broadwell-x'],
  ['GenuineIntel', 6, 0x8e, 10, 'skylake'],
  ['GenuineIntel', 6, 0x6a, 6, 'ice-lake-x'],
  ['GenuineIntel', 6, 0x8f, 8, 'sapphire-rapids'],
  ['GenuineIntel', 15, 0x55, 7, undefined],
  ['AuthenticAMD', 6, 0x55, 7, undefined],
  ['GenuineIntel', 6, 0x01, 0, undefined],
] as const) {
  test(`${vendor} ${family}/${model}/${stepping} is ${name ?? 'not known'}`, () => {
    assert.equal(chooseCodeName({ vendor, family, model, stepping }), name);
  });
}

test('the measurements of a host with an offline CPU and sparse nodes', (t) => {
  const { reader } = setup(t, '5.10-v1-sparse-nodes');
  assert.deepEqual(told(reader), {
    platform_topology_cores: 3,
    platform_topology_cpus: 5,
    platform_topology_sockets: 2,
    'platform_cpu_usage 0': 1417,
    'platform_cpu_usage 1': 1423,
    'platform_cpu_usage 2': 1429,
    'platform_cpu_usage 4': 1441,
    'platform_cpu_usage 5': 1447,
    platform_cpu_steal: 40,
    platform_mem_usage_bytes: 6_144_000_000,
    'platform_mem_numa_free_bytes 0': 3_072_000_000,
    'platform_mem_numa_used_bytes 0': 5_120_000_000,
    'platform_mem_numa_free_bytes 2': 1_024_000_000,
    'platform_mem_numa_used_bytes 2': 7_168_000_000,
    platform_vmstat_numa_pages_migrated: 12,
    platform_vmstat_pgmigrate_success: 34,
    platform_vmstat_pgmigrate_fail: 5,
    platform_vmstat_numa_hint_faults: 60,
    platform_vmstat_numa_hint_faults_local: 45,
    platform_vmstat_pgfaults: 9_007_199_254_740_992, // as a double; the slot is exact
  });
  assert.deepEqual(reader.problems, []);
});

test('every platform column is in the catalogue with its levels', (t) => {
  for (const { metric, labels, kind } of setup(t, '6.1-v2-2numa').reader.columns) {
    const facts = catalog.get(metric);
    assert.equal(facts?.granularity, 'platform', metric);
    assert.deepEqual(Object.keys(labels), facts.levels);
    assert.equal(kind, 'u64');
  }
});

test('a CPU that goes offline is absent at once and out of the columns after a refresh', (t) => {
  const { kernel, reader } = setup(t, '6.1-v2-2numa');
  const { columns } = reader;
  assert.equal(reader.refresh(), false);
  assert.equal(reader.columns, columns);
  kernel.edit('proc/stat', (text) => text.replace(/^cpu3 .*\n/m, ''));
  assert.equal(told(reader)['platform_cpu_usage 3'], undefined);
  assert.equal(told(reader)['platform_topology_cpus'], 4);
  kernel.write('sys/devices/system/cpu/online', '0-2\n');
  assert.equal(reader.refresh(), true);
  assert.equal(reader.refresh(), false);
  assert.equal(reader.columns.length, columns.length - 1);
  assert.deepEqual(reader.onlineCpus, [0, 1, 2]);
  assert.equal(told(reader)['platform_topology_cpus'], 3);
});

test('a memory node that comes gets columns', (t) => {
  const { kernel, reader } = setup(t, '6.1-v2-2numa');
  kernel.write(
    'sys/devices/system/node/node5/meminfo',
    'Node 5 MemTotal: 4 kB\nNode 5 MemFree: 1 kB\nNode 5 MemUsed: 3 kB\n',
  );
  kernel.write('sys/devices/system/node/node5/cpulist', '\n');
  kernel.write('sys/devices/system/node/online', '0-1,5\n');
  assert.equal(reader.refresh(), true);
  assert.equal(told(reader)['platform_mem_numa_used_bytes 5'], 3072);
});

test('what changed between the facts and the reader is noticed', (t) => {
  const { kernel, facts } = setup(t, '6.1-v2-2numa');
  kernel.write('sys/devices/system/cpu/online', '0,2\n');
  const reader = new PlatformReader(kernel.roots, facts);
  t.after(() => reader.close());
  assert.deepEqual(reader.onlineCpus, [0, 2]);
  assert.equal(reader.refresh(), false);
});

test('a broken or missing file costs its own columns only and is one lasting problem', (t) => {
  const { kernel, reader } = setup(t, '6.1-v2-2numa');
  kernel.write('proc/meminfo', 'nonsense\n');
  const values = told(reader);
  assert.equal(values['platform_mem_usage_bytes'], undefined);
  assert.equal(values['platform_cpu_usage 0'], 1417);
  const [problem] = reader.problems;
  assert.equal(problem?.code, 'KERNEL_FORMAT');
  told(reader);
  assert.equal(reader.problems[0], problem);
});

test('this host is measured without a problem', (t) => {
  const layout = readCgroupLayout(defaultRoots);
  const reader = new PlatformReader(defaultRoots, probePlatform(defaultRoots, layout));
  t.after(() => reader.close());
  const values = told(reader);
  assert.deepEqual(reader.problems, []);
  assert.ok((values['platform_mem_usage_bytes'] ?? 0) > 0);
  assert.ok((values[`platform_cpu_usage ${reader.onlineCpus[0]}`] ?? 0) > 0);
});
