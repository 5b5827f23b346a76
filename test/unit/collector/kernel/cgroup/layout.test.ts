import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chooseCgroupLayout,
  type LayoutFacts,
  readCgroupLayout,
} from '../../../../../collector/kernel/cgroup/layout.ts';
import { choosePerfHierarchy } from '../../../../../collector/kernel/cgroup/perf-hierarchy.ts';
import { parseMountinfo } from '../../../../../collector/kernel/mountinfo.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

const facts: LayoutFacts = {
  psi: true,
  isUsable: () => true,
  unifiedControllers: () => 'cpuset cpu io memory pids\n',
  blkioBytes: () => 'Total 0\n',
};

function mount(root: string, point: string, type: string, options: string): string {
  return `1 2 0:3 ${root} ${point} rw - ${type} none rw,${options}\n`;
}

function layoutOf(mountinfo: string, changed: Partial<LayoutFacts> = {}) {
  return chooseCgroupLayout(parseMountinfo(mountinfo), { ...facts, ...changed });
}

const trees: readonly {
  name: KernelName;
  mode: string;
  psi: boolean;
  on: Readonly<Record<string, string | undefined>>;
  perf: string;
}[] = [
  {
    name: '6.18-hybrid-2cpu',
    mode: 'hybrid',
    psi: true,
    on: { cpu: 'cpu', cpuacct: 'cpuacct', memory: 'memory', perf_event: 'unified', io: undefined, hugetlb: 'unified' },
    perf: 'unified',
  },
  {
    name: '5.10-v1-sparse-nodes',
    mode: 'v1',
    psi: false,
    on: { cpu: 'cpu,cpuacct', cpuacct: 'cpu,cpuacct', memory: 'memory', perf_event: 'perf_event', blkio: undefined },
    perf: 'perf_event',
  },
  {
    name: '6.1-v2-2numa',
    mode: 'v2',
    psi: true,
    on: { cpu: 'unified', cpuacct: 'unified', memory: 'unified', perf_event: 'unified', freezer: undefined },
    perf: 'unified',
  },
];
for (const { name, mode, psi, on, perf } of trees) {
  test(`the layout of ${name} is read`, (t) => {
    const kernel = new TempKernel(name);
    t.after(() => kernel.remove());
    const layout = readCgroupLayout(kernel.roots);
    assert.equal(layout.mode, mode);
    assert.equal(layout.psi, psi);
    for (const [controller, hierarchy] of Object.entries(on)) {
      assert.equal(layout.controller(controller)?.name, hierarchy, controller);
    }
    const chosen = choosePerfHierarchy(layout, kernel.read('proc/cgroups'));
    assert.equal('hierarchy' in chosen ? chosen.hierarchy.name : chosen.problem.message, perf);
  });
}

test('a named v1 hierarchy is a hierarchy', (t) => {
  const kernel = new TempKernel('5.10-v1-sparse-nodes');
  t.after(() => kernel.remove());
  const named = readCgroupLayout(kernel.roots).hierarchies.find(({ name }) => name === 'name=systemd');
  assert.deepEqual(named?.controllers, ['name=systemd']);
});

test('controllers mounted at places of any name are found by their options', () => {
  const layout = layoutOf(
    mount('/', '/x/one', 'cgroup', 'xattr,cpuacct,cpu') + mount('/', '/y', 'cgroup2', 'nsdelegate'),
  );
  assert.equal(layout.mode, 'hybrid');
  assert.equal(layout.controller('cpu')?.mountPoint, '/x/one');
  assert.deepEqual(layout.controller('cpu')?.controllers, ['cpuacct', 'cpu']);
});

test('a v1 binding wins over the unified hierarchy that lists the controller too', () => {
  const layout = layoutOf(mount('/', '/u', 'cgroup2', 'x') + mount('/', '/m', 'cgroup', 'memory'));
  assert.equal(layout.controller('memory')?.mountPoint, '/m');
  assert.equal(layout.controller('cpu')?.mountPoint, '/u');
});

test('bytes of block devices are those of io on v2, of blkio on v1 where it counts all devices', () => {
  const v1 = mount('/', '/b', 'cgroup', 'blkio');
  const v2 = mount('/', '/u', 'cgroup2', 'x');
  const blkioBytes = () => '254:0 Read 4096\n254:0 Write 0\n254:0 Total 4096\nTotal 4096\n';
  assert.equal(layoutOf(v2).blockIo?.name, 'unified');
  assert.equal(layoutOf(v2, { unifiedControllers: () => 'cpu\n' }).blockIo, undefined);
  assert.equal(layoutOf(v1, { blkioBytes }).blockIo?.name, 'blkio');
  assert.equal(layoutOf(v1).blockIo, undefined, 'Linux 6.10 and later, which count devices with a limit only');
  assert.equal(layoutOf(v1 + v2, { unifiedControllers: () => 'cpu\n', blkioBytes }).blockIo?.name, 'blkio');
});

test('of several mounts the first usable one is taken, a whole tree before a part', () => {
  const lines = [
    mount('/docker/1', '/part', 'cgroup', 'memory'),
    mount('/', '/hidden', 'cgroup', 'memory'),
    mount('/', '/first', 'cgroup', 'memory'),
    mount('/', '/second', 'cgroup', 'memory'),
  ];
  const layout = layoutOf(lines.join(''), { isUsable: (point) => point !== '/hidden' });
  assert.deepEqual(
    layout.hierarchies.map(({ mountPoint, root }) => ({ mountPoint, root })),
    [{ mountPoint: '/first', root: '/' }],
  );
  const part = layoutOf(lines[0] ?? '').controller('memory');
  assert.equal(part?.root, '/docker/1');
});

test('a mount from outside the cgroup namespace begins at its mount point', () => {
  assert.equal(layoutOf(mount('/../..', '/u', 'cgroup2', 'x')).hierarchies[0]?.root, '/');
});

test('without a cgroup mount there is a clear error', (t) => {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  kernel.write('proc/self/mountinfo', '21 26 0:20 / /proc rw - proc proc rw\n');
  assert.throws(
    () => readCgroupLayout(kernel.roots),
    (thrown) => thrown instanceof WcaError && thrown.code === 'FEATURE_ABSENT' && thrown.remedy !== undefined,
  );
});

const unified = mount('/', '/u', 'cgroup2', 'x');
const bound = mount('/', '/p', 'cgroup', 'perf_event');
const memory = mount('/', '/m', 'cgroup', 'memory');
for (const { name, mounts, row, expected } of [
  { name: 'id 0 with cgroup2', mounts: unified + memory, row: 'perf_event\t0\t1\t1', expected: '/u' },
  { name: 'id 0 with a stale v1 mount too', mounts: unified, row: 'perf_event\t0\t1\t1', expected: '/u' },
  { name: 'id 0 without cgroup2', mounts: memory, row: 'perf_event\t0\t1\t1', expected: /cgroup v2 is not mounted/ },
  { name: 'bound and mounted', mounts: unified + bound, row: 'perf_event\t9\t1\t1', expected: '/p' },
  { name: 'bound and mounted nowhere', mounts: unified, row: 'perf_event\t9\t3\t1', expected: /mounted nowhere/ },
  { name: 'disabled', mounts: unified, row: 'perf_event\t0\t1\t0', expected: /switched off/ },
  { name: 'no row, cgroup2', mounts: unified, row: 'cpuset\t0\t1\t1', expected: '/u' },
  { name: 'no row, only other v1', mounts: memory, row: 'memory\t4\t1\t1', expected: /no perf_event/ },
  { name: 'no text at all, v1 mount', mounts: bound, row: '', expected: '/p' },
] as const) {
  test(`perf by cgroup: ${name}`, () => {
    const chosen = choosePerfHierarchy(layoutOf(mounts), `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${row}\n`);
    if (typeof expected === 'string') {
      assert.equal('hierarchy' in chosen ? chosen.hierarchy.mountPoint : chosen.problem.message, expected);
    } else {
      assert.ok('problem' in chosen);
      assert.match(chosen.problem.message, expected);
      assert.ok(chosen.problem.remedy);
    }
  });
}
