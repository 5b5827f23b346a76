import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type CgroupLayout, readCgroupLayout } from '../../../../../collector/kernel/cgroup/layout.ts';
import { type ListCgroupsOptions, listCgroups } from '../../../../../collector/kernel/cgroup/walk.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';
import { type KernelName, TempKernel } from '../../../../kit/temp-kernel.ts';

function setup(t: TestContext, name: KernelName): { kernel: TempKernel; layout: CgroupLayout } {
  const kernel = new TempKernel(name);
  t.after(() => kernel.remove());
  return { kernel, layout: readCgroupLayout(kernel.roots) };
}

/** `path` with `+` when populated and `L` when a leaf. */
function told(layout: CgroupLayout, options: Partial<ListCgroupsOptions> = {}): string[] {
  const { cgroups } = listCgroups(layout, { includeEmpty: false, max: 100, ...options });
  return cgroups.map(({ path, populated, leaf }) => `${path} ${populated ? '+' : ''}${leaf ? 'L' : ''}`.trim());
}

test('v2: populated cgroups, ascending, with their leaves', (t) => {
  const { layout } = setup(t, '6.1-v2-2numa');
  assert.deepEqual(told(layout), ['/ +', '/batch +', '/batch/job7 +L']);
  assert.deepEqual(told(layout, { includeEmpty: true }), [
    '/ +',
    '/batch +',
    '/batch/idle L',
    '/batch/idle/deep L',
    '/batch/job7 +L',
  ]);
});

test('v1: a cgroup is populated through the ones below it, on whichever hierarchy', (t) => {
  const { kernel, layout } = setup(t, '5.10-v1-sparse-nodes');
  assert.deepEqual(told(layout), ['/ +', '/batch +', '/batch/job7 +L']);
  kernel.write('cgroup/memory/deep/one/two/cgroup.procs', '99\n');
  kernel.write('cgroup/memory/deep/one/cgroup.procs', '');
  kernel.write('cgroup/memory/deep/cgroup.procs', '');
  kernel.write('cgroup/pids/deep/cgroup.procs', '');
  assert.deepEqual(told(layout).slice(3), ['/deep +', '/deep/one +', '/deep/one/two +L']);
  const { cgroups } = listCgroups(layout, { includeEmpty: false, max: 100 });
  const deep = cgroups.find(({ path }) => path === '/deep');
  assert.deepEqual(deep?.controllers, ['memory', 'pids']);
  const job = cgroups.find(({ path }) => path === '/batch/job7');
  assert.deepEqual([...(job?.controllers ?? [])].sort(), [
    'cpu',
    'cpuacct',
    'cpuset',
    'memory',
    'name=systemd',
    'perf_event',
    'pids',
  ]);
});

test('hybrid: a cgroup that is empty on the unified hierarchy and not on v1 is populated', (t) => {
  const { kernel, layout } = setup(t, '6.18-hybrid-2cpu');
  kernel.write('cgroup/unified/split/cgroup.events', 'populated 0\nfrozen 0\n');
  kernel.write('cgroup/memory/split/cgroup.procs', '5\n');
  const { cgroups } = listCgroups(layout, { includeEmpty: false, max: 100 });
  assert.deepEqual(
    cgroups.find(({ path }) => path === '/split'),
    { path: '/split', populated: true, leaf: true, controllers: ['unified', 'memory'] },
  );
  assert.ok(cgroups.some(({ path, controllers }) => path === '/batch/job7' && controllers.length === 5));
});

for (const name of ['6.18-hybrid-2cpu', '5.10-v1-sparse-nodes', '6.1-v2-2numa'] as const) {
  test(`${name}: named paths are told as in the whole list`, (t) => {
    const { layout } = setup(t, name);
    const all = listCgroups(layout, { includeEmpty: true, max: 100 }).cgroups;
    for (const cgroup of all) {
      const [one, ...more] = listCgroups(layout, { paths: [cgroup.path], includeEmpty: true, max: 100 }).cgroups;
      assert.deepEqual({ ...one, controllers: [] }, { ...cgroup, controllers: [] });
      assert.deepEqual([...(one?.controllers ?? [])].sort(), [...cgroup.controllers].sort());
      assert.equal(more.length, 0);
    }
  });
}

test('named paths: those that exist, each once, the empty ones when asked for', (t) => {
  const { layout } = setup(t, '6.1-v2-2numa');
  const paths = ['/batch/idle', '/none', '/batch', '/batch'];
  assert.deepEqual(told(layout, { paths }), ['/batch +']);
  assert.deepEqual(told(layout, { paths, includeEmpty: true }), ['/batch +', '/batch/idle L']);
});

for (const path of ['relative', '/a/../b', '/a\0', '']) {
  test(`the path ${JSON.stringify(path)} is refused`, (t) => {
    const { layout } = setup(t, '6.1-v2-2numa');
    assert.throws(
      () => listCgroups(layout, { paths: [path], includeEmpty: true, max: 9 }),
      (thrown) => thrown instanceof WcaError && thrown.code === 'INVALID_ARGUMENT',
    );
  });
}

test('links are not followed', (t) => {
  const { kernel, layout } = setup(t, '5.10-v1-sparse-nodes');
  symlinkSync('/', kernel.path('cgroup/memory/link'));
  symlinkSync('..', kernel.path('cgroup/memory/batch/up'));
  assert.deepEqual(told(layout, { includeEmpty: true }), ['/ +', '/batch +', '/batch/job7 +L']);
  assert.deepEqual(told(layout, { paths: ['/link', '/link/etc', '/batch/up'], includeEmpty: true }), []);
});

test('more cgroups than the bound are cut off and said to be', (t) => {
  const { kernel, layout } = setup(t, '6.1-v2-2numa');
  for (let i = 0; i < 40; i++) kernel.write(`cgroup/many${i}/cgroup.events`, 'populated 1\n');
  const listing = listCgroups(layout, { includeEmpty: true, max: 10 });
  assert.equal(listing.cgroups.length, 10);
  assert.equal(listing.truncated, true);
  const all = listCgroups(layout, { includeEmpty: true, max: 45 });
  assert.equal(all.cgroups.length, 45);
  assert.equal(all.truncated, false);
});

test('a cgroup that the CPU hierarchy divides no further is a leaf, whatever other hierarchies have below it', (t) => {
  const { kernel, layout } = setup(t, '5.10-v1-sparse-nodes');
  kernel.write('cgroup/cpu,cpuacct/flat/cgroup.procs', '7\n');
  kernel.write('cgroup/memory/flat/cgroup.procs', '');
  kernel.write('cgroup/memory/flat/fine/cgroup.procs', '7\n');
  assert.deepEqual(told(layout).slice(3), ['/flat +L', '/flat/fine +L']);
  kernel.write('cgroup/cpu,cpuacct/flat/cgroup.procs', '');
  assert.deepEqual(told(layout).slice(3), ['/flat +', '/flat/fine +L']);
});
