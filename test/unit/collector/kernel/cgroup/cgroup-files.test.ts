import assert from 'node:assert/strict';
import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { CgroupFiles } from '../../../../../collector/kernel/cgroup/cgroup-files.ts';
import { cgroupColumns, type FilePlan, planFiles } from '../../../../../collector/kernel/cgroup/file-table.ts';
import { type CgroupLayout, readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { catalog } from '../../../../../shared/metrics/catalog.ts';
import { openBelow } from '../../../../kit/open-files.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

interface Setup {
  readonly kernel: TempKernel;
  readonly layout: CgroupLayout;
  readonly nodeIds: readonly number[];
}

function setup(t: TestContext, name: KernelName): Setup {
  const kernel = new TempKernel(name);
  t.after(() => kernel.remove());
  const nodeIds = { '6.18-hybrid-2cpu': [0], '5.10-v1-sparse-nodes': [0, 2], '6.1-v2-2numa': [0, 1] }[name];
  return { kernel, layout: readCgroupLayout(kernel.roots), nodeIds };
}

function planOf({ layout, nodeIds }: Setup): FilePlan {
  return planFiles(layout, { numaNodeIds: nodeIds, pageSizeBytes: 4096 });
}

function open(t: TestContext, here: Setup, path: string, keepOpen = true): CgroupFiles {
  const opened = CgroupFiles.open({ plan: planOf(here), path, keepOpen });
  assert.ok(opened.ok, opened.ok ? '' : opened.error.toText());
  t.after(() => opened.value.close());
  return opened.value;
}

/** Present values by `metric{labels}`, raw for u64 columns. */
function told({ layout, nodeIds }: Setup, row: Row, at = 0): Record<string, bigint | number> {
  const values: Record<string, bigint | number> = {};
  cgroupColumns(layout, nodeIds).forEach(({ metric, labels, kind }, i) => {
    const slot = at + i;
    if (row.present[slot] !== 1) return;
    const name = [metric, ...Object.values(labels)].join(' ');
    const words = (BigInt(row.words[2 * slot + 1] ?? 0) << 32n) | BigInt(row.words[2 * slot] ?? 0);
    values[name] = kind === 'f64' ? (row.doubles[slot] ?? 0) : words;
  });
  return values;
}

function newRow({ layout, nodeIds }: Setup, at = 0): Row {
  return new Row(at + cgroupColumns(layout, nodeIds).length);
}

const memory = {
  task_mem_usage_bytes: 402_653_184n,
  task_mem_max_usage_bytes: 536_870_912n,
  task_mem_limit_bytes: 1_073_741_824n,
  task_mem_soft_limit_bytes: 9_223_372_036_854_771_712n,
  task_mem_page_faults: 88_123n,
};
const psi = Object.fromEntries(
  ['cpu', 'memory', 'io'].flatMap((resource) => [
    [`task_psi_avg10_ratio ${resource} some`, 0.0125],
    [`task_psi_stalled_seconds ${resource} some`, 7_350_021n],
    [`task_psi_avg10_ratio ${resource} full`, 0.005],
    [`task_psi_stalled_seconds ${resource} full`, 120_455n],
  ]),
);

for (const keepOpen of [true, false]) {
  const how = keepOpen ? 'kept open' : 'opened each time';
  test(`v1, cpu and cpuacct together, sparse nodes, ${how}: the values of the specification`, (t) => {
    const here = setup(t, '5.10-v1-sparse-nodes');
    const row = newRow(here, 3);
    const files = open(t, here, '/batch/job7', keepOpen);
    assert.equal(files.readInto(row, 3, true), 'measured');
    assert.deepEqual(told(here, row, 3), {
      ...memory,
      task_cpu_usage_seconds: 734_512_000_123n,
      task_cpu_periods: 640n,
      task_cpu_throttled_periods: 32n,
      task_cpu_throttled_seconds: 2n ** 64n - 1n,
      'task_mem_numa_pages 0': 90_112n,
      'task_mem_numa_pages 2': 8192n,
    });
    assert.deepEqual(files.problems, []);
    assert.equal(files.descriptors, keepOpen ? 8 : 0);
  });

  test(`v2, ${how}: the values of the specification`, (t) => {
    const here = setup(t, '6.1-v2-2numa');
    const row = newRow(here);
    const files = open(t, here, '/batch/job7', keepOpen);
    assert.equal(files.readInto(row, 0, true), 'measured');
    assert.deepEqual(told(here, row), {
      ...memory,
      ...psi,
      task_cpu_usage_seconds: 734_512_000n,
      task_cpu_periods: 640n,
      task_cpu_throttled_periods: 32n,
      task_io_read_bytes: 1_463_296n,
      task_io_written_bytes: 314_773_504n,
      task_cpu_throttled_seconds: 1_600_000n,
      'task_mem_numa_pages 0': 90_112n,
      'task_mem_numa_pages 1': 8192n,
    });
  });
}

test('hybrid: CPU and memory from v1, pressure from the unified hierarchy', (t) => {
  const here = setup(t, '6.18-hybrid-2cpu');
  const row = newRow(here);
  assert.equal(open(t, here, '/batch/job7').readInto(row, 0, true), 'measured');
  const values = told(here, row);
  const captured = (name: string) => BigInt(here.kernel.read(`cgroup/${name}`).trim());
  assert.equal(values['task_cpu_usage_seconds'], captured('cpuacct/batch/job7/cpuacct.usage'));
  assert.equal(values['task_mem_limit_bytes'], 1_073_741_824n);
  assert.equal(values['task_mem_soft_limit_bytes'], 9_223_372_036_854_771_712n);
  assert.equal(values['task_mem_numa_pages 0'], 10_686n);
  assert.ok(Number(values['task_cpu_throttled_periods']) > 0);
  assert.ok(Number(values['task_psi_stalled_seconds cpu some']) > 0);
  assert.equal(Object.keys(values).length, row.width, 'nothing is absent');
});

test('the root of v2 has CPU time and pressure but no memory of its own', (t) => {
  const here = setup(t, '6.1-v2-2numa');
  const row = newRow(here);
  assert.equal(open(t, here, '/').readInto(row, 0, true), 'measured');
  const values = told(here, row);
  assert.equal(values['task_cpu_usage_seconds'], 734_512_000n);
  assert.equal(values['task_mem_usage_bytes'], undefined);
  assert.equal(values['task_cpu_periods'], undefined);
});

for (const [name, width] of [
  ['6.18-hybrid-2cpu', 22],
  ['5.10-v1-sparse-nodes', 11],
  ['6.1-v2-2numa', 25],
] as const) {
  test(`${name} has ${width} columns, all of the catalogue, with its levels and a divisor for seconds`, (t) => {
    const { layout, nodeIds } = setup(t, name);
    const columns = cgroupColumns(layout, nodeIds);
    assert.equal(columns.length, width);
    for (const { metric, labels, divisor, kind } of columns) {
      const facts = catalog.get(metric);
      assert.ok(facts, metric);
      assert.deepEqual(Object.keys(labels), facts.levels, metric);
      assert.equal(divisor > 1, facts.unit === 'seconds', metric);
      assert.equal(kind === 'f64', facts.unit === 'ratio', metric);
    }
  });
}

test('v2 without the cpu and memory controllers has CPU time and pressure only', (t) => {
  const here = setup(t, '6.1-v2-2numa');
  here.kernel.write('cgroup/cgroup.controllers', 'hugetlb pids\n');
  const metrics = cgroupColumns(readCgroupLayout(here.kernel.roots), here.nodeIds).map(({ metric }) => metric);
  assert.deepEqual([...new Set(metrics)].sort(), [
    'task_cpu_usage_seconds',
    'task_psi_avg10_ratio',
    'task_psi_stalled_seconds',
  ]);
});

test('with costly false memory.stat and memory.numa_stat keep their values, once they have some', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  const row = newRow(here);
  const files = open(t, here, '/batch/job7');
  files.readInto(row, 0, false);
  assert.equal(told(here, row)['task_mem_page_faults'], 88_123n, 'the first reading has them in any case');
  here.kernel.write('cgroup/memory/batch/job7/memory.stat', 'pgfault 99999\n');
  here.kernel.write('cgroup/memory/batch/job7/memory.usage_in_bytes', '5\n');
  files.readInto(row, 0, false);
  assert.equal(told(here, row)['task_mem_page_faults'], 88_123n);
  assert.equal(told(here, row)['task_mem_usage_bytes'], 5n);
  files.readInto(row, 0, true);
  assert.equal(told(here, row)['task_mem_page_faults'], 99_999n);
});

test('a file that is not there makes its column absent and is no problem; one that appears is found', (t) => {
  const here = setup(t, '6.1-v2-2numa');
  here.kernel.remove('cgroup/batch/job7/memory.peak');
  const row = newRow(here);
  const files = open(t, here, '/batch/job7');
  files.readInto(row, 0, true);
  assert.equal(told(here, row)['task_mem_max_usage_bytes'], undefined);
  assert.equal(told(here, row)['task_mem_usage_bytes'], 402_653_184n);
  assert.deepEqual(files.problems, []);
  here.kernel.write('cgroup/batch/job7/memory.peak', '12\n');
  for (let i = 0; i < 4; i++) files.readInto(row, 0, true);
  assert.equal(told(here, row)['task_mem_max_usage_bytes'], 12n);
});

test('a hierarchy on which the cgroup is made later is found', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  renameSync(here.kernel.path('cgroup/memory/batch/job7'), here.kernel.path('aside'));
  const row = newRow(here);
  const files = open(t, here, '/batch/job7');
  const { generation } = files;
  assert.equal(files.readInto(row, 0, true), 'measured');
  assert.equal(told(here, row)['task_mem_usage_bytes'], undefined);
  renameSync(here.kernel.path('aside'), here.kernel.path('cgroup/memory/batch/job7'));
  for (let i = 0; i < 4; i++) assert.equal(files.readInto(row, 0, true), 'measured');
  assert.equal(told(here, row)['task_mem_usage_bytes'], 402_653_184n);
  assert.equal(files.generation, generation);
});

test('a cgroup that is only on a hierarchy without measurements exists, with every column absent', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  here.kernel.write('cgroup/pids/only/cgroup.procs', '1\n');
  const files = open(t, here, '/only');
  const row = newRow(here);
  assert.equal(files.readInto(row, 0, true), 'measured');
  assert.deepEqual(told(here, row), {});
  assert.equal(files.descriptors, 0);
  here.kernel.remove('cgroup/pids/only');
  assert.equal(files.readInto(row, 0, true), 'gone');
});

test('a broken file is one problem, told once, and the others are measured', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  const row = newRow(here);
  const files = open(t, here, '/batch/job7');
  files.readInto(row, 0, true);
  const none = files.problems;
  here.kernel.write('cgroup/cpu,cpuacct/batch/job7/cpuacct.usage', 'nonsense\n');
  assert.equal(files.readInto(row, 0, true), 'measured');
  const [problem] = files.problems;
  assert.equal(problem?.code, 'KERNEL_FORMAT');
  assert.equal(problem?.subject, '/batch/job7 cpuacct.usage');
  assert.match(problem?.message ?? '', /nonsense/);
  assert.equal(told(here, row)['task_cpu_usage_seconds'], undefined);
  assert.equal(told(here, row)['task_mem_usage_bytes'], 402_653_184n);
  files.readInto(row, 0, true);
  assert.equal(files.problems[0], problem, 'the same error as long as it lasts');
  here.kernel.write('cgroup/cpu,cpuacct/batch/job7/cpuacct.usage', '42\n');
  files.readInto(row, 0, true);
  assert.deepEqual(files.problems, none);
  assert.equal(told(here, row)['task_cpu_usage_seconds'], 42n);
});

test('a file that is a link is not followed', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  const name = here.kernel.path('cgroup/memory/batch/job7/memory.usage_in_bytes');
  rmSync(name);
  symlinkSync(here.kernel.path('cgroup/memory/memory.usage_in_bytes'), name);
  const row = newRow(here);
  const files = open(t, here, '/batch/job7');
  files.readInto(row, 0, true);
  assert.equal(told(here, row)['task_mem_usage_bytes'], undefined);
  assert.equal(files.problems[0]?.errno, 'ELOOP');
});

test('a link on the way is refused and a missing cgroup is CGROUP_GONE; neither leaves a descriptor', (t) => {
  const here = setup(t, '5.10-v1-sparse-nodes');
  symlinkSync('job7', here.kernel.path('cgroup/memory/batch/link'));
  symlinkSync('/', here.kernel.path('cgroup/memory/out'));
  symlinkSync('nowhere', here.kernel.path('cgroup/memory/dangling'));
  for (const [path, code] of [
    ['/batch/link', 'INVALID_ARGUMENT'],
    ['/out/etc', 'INVALID_ARGUMENT'],
    ['/dangling', 'INVALID_ARGUMENT'],
    ['/batch/job7/cgroup.procs', 'INVALID_ARGUMENT'],
    ['/batch/../batch', 'INVALID_ARGUMENT'],
    ['/batch/none', 'CGROUP_GONE'],
    ['/none/none', 'CGROUP_GONE'],
  ] as const) {
    const opened = CgroupFiles.open({ plan: planOf(here), path, keepOpen: true });
    assert.equal(opened.ok ? 'opened' : opened.error.code, code, path);
  }
  assert.equal(openBelow(here.kernel.path('')), 0);
});

test('close gives every descriptor back, and twice is as good as once', (t) => {
  const here = setup(t, '6.1-v2-2numa');
  const files = open(t, here, '/batch/job7');
  files.readInto(newRow(here), 0, true);
  assert.equal(openBelow(here.kernel.path('')), files.descriptors);
  files.close();
  files.close();
  assert.equal(openBelow(here.kernel.path('')), 0);
});

test('a sub-tree mounted elsewhere is found under its real path', (t) => {
  const here = setup(t, '6.1-v2-2numa');
  here.kernel.edit('proc/self/mountinfo', (text) =>
    text.replace(` / ${here.kernel.path('cgroup')} `, ` /batch ${here.kernel.path('cgroup/batch')} `),
  );
  const inside = { ...here, layout: readCgroupLayout(here.kernel.roots) };
  assert.equal(inside.layout.hierarchies[0]?.root, '/batch');
  const row = newRow(inside);
  open(t, inside, '/batch/job7').readInto(row, 0, true);
  assert.equal(told(inside, row)['task_mem_usage_bytes'], 402_653_184n);
  const outside = CgroupFiles.open({ plan: planOf(inside), path: '/', keepOpen: true });
  assert.equal(outside.ok ? 'opened' : outside.error.code, 'CGROUP_GONE');
});
