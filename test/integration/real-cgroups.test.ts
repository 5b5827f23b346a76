import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { CgroupFiles } from '../../collector/kernel/cgroup/cgroup-files.ts';
import { openCgroupDirectory } from '../../collector/kernel/cgroup/directory.ts';
import { cgroupColumns, planFiles } from '../../collector/kernel/cgroup/file-table.ts';
import { readCgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import { listCgroups } from '../../collector/kernel/cgroup/walk.ts';
import { defaultRoots } from '../../collector/kernel/roots.ts';
import { Row } from '../../collector/kernel/row.ts';
import { TestCgroups } from '../kit/cgroups.ts';

/** The readers against the cgroups of this host's own kernel. */

let reason = '';
const cgroups = TestCgroups.make((why) => {
  reason = why;
});
const skip = cgroups === undefined ? reason : false;
after(() => cgroups?.remove());

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}

function open(path: string, keepOpen: boolean): CgroupFiles {
  const layout = readCgroupLayout(defaultRoots);
  const opened = CgroupFiles.open({
    plan: planFiles(layout, { numaNodeIds: [0], pageSizeBytes: 4096 }),
    path,
    keepOpen,
  });
  assert.ok(opened.ok, opened.ok ? '' : opened.error.toText());
  return opened.value;
}

/** A process that burns CPU and touches memory, already in the cgroup. */
async function busyChild(path: string): Promise<() => Promise<void>> {
  const script =
    "process.stdin.once('data', () => { const b = Buffer.alloc(2e7, 1); process.stdout.write('x'); for (;;) b[0]++; })";
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  must(cgroups).attach(path, must(child.pid));
  child.stdin.write('go');
  await once(child.stdout, 'data');
  return async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
}

for (const keepOpen of [true, false]) {
  const how = keepOpen ? 'kept open' : 'opened each time';
  test(`files ${how}: counters rise, removal is gone, the same path made again is another generation`, {
    skip,
  }, async () => {
    const host = must(cgroups);
    const layout = readCgroupLayout(defaultRoots);
    const columns = cgroupColumns(layout, [0]);
    const path = host.add(`life-${keepOpen}`);
    const before = readdirSync('/proc/self/fd').length;
    const files = open(path, keepOpen);
    const row = new Row(columns.length);
    const usage = columns.findIndex(({ metric }) => metric === 'task_cpu_usage_seconds');
    const raw = () => must(row.words[2 * usage]) + 2 ** 32 * must(row.words[2 * usage + 1]);
    assert.equal(files.readInto(row, 0, true), 'measured');
    assert.equal(raw(), 0, 'a new cgroup has used no CPU');

    const stop = await busyChild(path);
    try {
      files.readInto(row, 0, true);
      const first = raw();
      assert.ok(first > 0);
      const deadline = performance.now() + 5000;
      while (raw() <= first && performance.now() < deadline) files.readInto(row, 0, true);
      assert.ok(raw() > first, 'CPU time rises');
    } finally {
      await stop();
    }
    files.readInto(row, 0, true);
    const last = raw();
    const { generation } = files;
    host.drop(path);
    assert.equal(files.readInto(row, 0, true), 'gone');
    assert.equal(raw(), last, 'the last reading stays');
    host.add(`life-${keepOpen}`);
    assert.equal(files.readInto(row, 0, true), 'gone', 'descriptors of the removed cgroup never tell of the new one');
    files.close();
    const again = open(path, keepOpen);
    assert.notEqual(again.generation, generation);
    assert.equal(again.readInto(row, 0, true), 'measured');
    assert.equal(raw(), 0);
    again.close();
    assert.equal(readdirSync('/proc/self/fd').length, before, 'no descriptor is left');
  });
}

test('every value of a cgroup is what the kernel prints', { skip }, (t) => {
  const host = must(cgroups);
  const path = host.add('values');
  const columns = cgroupColumns(readCgroupLayout(defaultRoots), [0]);
  const row = new Row(columns.length);
  const files = open(path, true);
  t.after(() => files.close());
  files.readInto(row, 0, true);
  assert.deepEqual(files.problems, []);
  for (const [metric, file] of [
    ['task_mem_limit_bytes', 'memory.limit_in_bytes'],
    ['task_mem_soft_limit_bytes', 'memory.soft_limit_in_bytes'],
    ['task_mem_usage_bytes', 'memory.usage_in_bytes'],
    ['task_mem_usage_bytes', 'memory.current'],
  ] as const) {
    const name = host.file(path, file);
    if (name === undefined) continue;
    const i = columns.findIndex((column) => column.metric === metric);
    const words = (BigInt(must(row.words[2 * i + 1])) << 32n) | BigInt(must(row.words[2 * i]));
    assert.equal(words, BigInt(readFileSync(name, 'utf8').trim()), file);
  }
});

test('the root cgroup is measured without a problem', { skip }, (t) => {
  const layout = readCgroupLayout(defaultRoots);
  const files = open('/', true);
  t.after(() => files.close());
  const row = new Row(cgroupColumns(layout, [0]).length);
  assert.equal(files.readInto(row, 0, true), 'measured');
  assert.deepEqual(files.problems, []);
});

test('pressure that is switched off for one cgroup is absent, not the end of the cgroup, and comes back', {
  skip,
}, (t) => {
  const host = must(cgroups);
  const path = host.add('pressure');
  const control = host.file(path, 'cgroup.pressure');
  const columns = cgroupColumns(readCgroupLayout(defaultRoots), [0]);
  const i = columns.findIndex(({ metric }) => metric === 'task_psi_stalled_seconds');
  if (control === undefined || i < 0) return t.skip('this kernel has no cgroup.pressure (6.1) or no pressure at all');
  const files = open(path, true);
  t.after(() => files.close());
  const row = new Row(columns.length);
  const read = () => [files.readInto(row, 0, true), row.present[i]];
  assert.deepEqual(read(), ['measured', 1]);
  writeFileSync(control, '0');
  assert.deepEqual(read(), ['measured', 0]);
  assert.deepEqual(files.problems, []);
  writeFileSync(control, '1');
  read();
  assert.deepEqual(read(), ['measured', 1]);
});

test('an open directory knows that its cgroup was removed, though the path exists again', { skip }, (t) => {
  const host = must(cgroups);
  const path = host.add('directory');
  for (const hierarchy of readCgroupLayout(defaultRoots).hierarchies) {
    const opened = openCgroupDirectory(hierarchy, path);
    if (!opened.ok) continue;
    t.after(() => opened.value.close());
    assert.equal(opened.value.isAlive(), true);
    host.drop(path);
    assert.equal(opened.value.isAlive(), false);
    host.add('directory');
    assert.equal(opened.value.isAlive(), false);
    const file = opened.value.openFile('cgroup.procs');
    assert.equal(file.ok ? 'opened' : file.error.code, 'CGROUP_GONE');
    return;
  }
  assert.fail('the cgroup was on no hierarchy');
});

test('the list has the cgroups of this host, populated as soon as a process is in them', { skip }, async () => {
  const host = must(cgroups);
  const layout = readCgroupLayout(defaultRoots);
  host.add('listed');
  const empty = host.add('listed/empty');
  const busy = host.add('listed/busy');
  const stop = await busyChild(busy);
  try {
    const { cgroups: all, truncated } = listCgroups(layout, { includeEmpty: true, max: 20_000 });
    assert.equal(truncated, false);
    const of = (path: string) => all.find((cgroup) => cgroup.path === path);
    assert.equal(of(empty)?.populated, false);
    assert.equal(of(busy)?.populated, true);
    assert.equal(of(busy)?.leaf, true);
    assert.equal(of(`${host.root}/listed`)?.leaf, false);
    assert.equal(of('/')?.populated, true);
    const populated = listCgroups(layout, { includeEmpty: false, max: 20_000 }).cgroups.map(({ path }) => path);
    assert.ok(populated.includes(busy) && !populated.includes(empty));
    const named = listCgroups(layout, { paths: [busy, empty], includeEmpty: true, max: 10 }).cgroups;
    assert.deepEqual(
      named.map(({ path, populated: p }) => [path, p]),
      [
        [busy, true],
        [empty, false],
      ],
    );
  } finally {
    await stop();
  }
});
