import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { type Capability, probeCapabilities } from '../../../../../collector/kernel/platform/capabilities.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

function absent(kernel: TempKernel): Readonly<Record<string, Capability>> {
  const capabilities = probeCapabilities(kernel.roots, readCgroupLayout(kernel.roots));
  for (const { name, available, reason } of capabilities) assert.equal(reason === '', available, name);
  return Object.fromEntries(capabilities.filter(({ available }) => !available).map((one) => [one.name, one]));
}

const cases: readonly {
  readonly name: string;
  readonly tree: KernelName;
  readonly change?: (kernel: TempKernel) => void;
  readonly absent: readonly string[];
  readonly remedy?: RegExp;
}[] = [
  { name: 'v2 with everything', tree: '6.1-v2-2numa', absent: [] },
  { name: 'v1 has no pressure', tree: '5.10-v1-sparse-nodes', absent: ['psi', 'psi.cgroup'], remedy: /psi=1/ },
  { name: 'one node is no NUMA', tree: '6.18-hybrid-2cpu', absent: ['numa'], remedy: /^$/ },
  {
    name: 'pressure off at boot',
    tree: '6.1-v2-2numa',
    change: (kernel) => kernel.remove('proc/pressure'),
    absent: ['psi', 'psi.cgroup'],
    remedy: /psi=1/,
  },
  {
    name: 'v1 with pressure but without cgroup2',
    tree: '5.10-v1-sparse-nodes',
    change: (kernel) => kernel.write('proc/pressure/cpu', ''),
    absent: ['psi.cgroup'],
    remedy: /unified_cgroup_hierarchy=1/,
  },
  {
    name: 'memory switched off at boot',
    tree: '5.10-v1-sparse-nodes',
    change: (kernel) => {
      kernel.edit('proc/cgroups', (text) => text.replace('memory\t4\t3\t1', 'memory\t0\t1\t0'));
      kernel.edit('proc/self/mountinfo', (text) => text.replace(/.*rw,memory\n/, ''));
    },
    absent: ['cgroup.memory', 'cgroup.memory.peak', 'cgroup.memory.numa_stat', 'psi', 'psi.cgroup'],
    remedy: /cgroup_enable=memory/,
  },
  {
    name: 'a v1 controller that is not mounted',
    tree: '5.10-v1-sparse-nodes',
    change: (kernel) => kernel.edit('proc/self/mountinfo', (text) => text.replace(/.*rw,cpu,cpuacct\n/, '')),
    absent: ['cgroup.cpu', 'cgroup.cpuacct', 'cgroup.cpu.throttling', 'psi', 'psi.cgroup'],
    remedy: /mount -t cgroup -o cpu none/,
  },
  {
    name: 'memory not handed down on v2',
    tree: '6.1-v2-2numa',
    change: (kernel) => {
      for (const path of ['batch', 'batch/job7']) {
        for (const file of ['memory.peak', 'memory.numa_stat']) kernel.remove(`cgroup/${path}/${file}`);
      }
      for (const path of ['', 'batch/idle/']) {
        for (const file of ['memory.peak', 'memory.numa_stat']) kernel.remove(`cgroup/${path}${file}`);
      }
    },
    absent: ['cgroup.memory.peak', 'cgroup.memory.numa_stat'],
    remedy: /echo \+memory > .*cgroup\.subtree_control/,
  },
  {
    name: 'inside a cgroup namespace',
    tree: '6.1-v2-2numa',
    change: (kernel) => kernel.write('cgroup/cgroup.type', 'domain\n'),
    absent: ['cgroup.host'],
    remedy: /--cgroupns=host/,
  },
  {
    name: 'a sub-tree mounted',
    tree: '6.1-v2-2numa',
    change: (kernel) => kernel.edit('proc/self/mountinfo', (text) => text.replace('0:26 / ', '0:26 /batch ')),
    absent: ['cgroup.host'],
    remedy: /--cgroupns=host/,
  },
  {
    name: 'a kernel without NUMA',
    tree: '6.1-v2-2numa',
    change: (kernel) => kernel.remove('sys/devices/system/node'),
    absent: ['cgroup.memory.numa_stat', 'numa'],
    remedy: /CONFIG_NUMA/,
  },
];
for (const { name, tree, change, absent: expected, remedy } of cases) {
  test(`capabilities: ${name}`, (t) => {
    const kernel = new TempKernel(tree);
    t.after(() => kernel.remove());
    change?.(kernel);
    const found = absent(kernel);
    assert.deepEqual(Object.keys(found), expected);
    if (remedy !== undefined) assert.match(found[expected[0] ?? '']?.remedy ?? '', remedy);
  });
}

for (const [tree, mode] of [
  ['6.18-hybrid-2cpu', 'hybrid'],
  ['5.10-v1-sparse-nodes', 'v1'],
  ['6.1-v2-2numa', 'v2'],
] as const) {
  test(`${tree} has the capability cgroup.${mode}`, (t) => {
    const kernel = new TempKernel(tree);
    t.after(() => kernel.remove());
    const all = probeCapabilities(kernel.roots, readCgroupLayout(kernel.roots));
    assert.ok(all.some(({ name, available }) => name === `cgroup.${mode}` && available));
  });
}
