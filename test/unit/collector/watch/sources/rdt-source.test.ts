import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inRoot, RdtBench } from '../../../../kit/rdt-bench.ts';

test('a target gets a group with all its threads, and sums over all domains', async (t) => {
  const bench = new RdtBench(t, { domains: [0, 17] });
  const { kernel } = bench;
  const ids = [kernel.addThread('/pod/a'), kernel.addThread('/pod/a/inner'), kernel.addThread('/pod/b')];
  const reading = bench.open('/pod/a');
  await bench.tick([reading]);
  assert.deepEqual(bench.shown(reading), {}, 'nothing before the threads are moved');
  assert.deepEqual(
    ids.map((id) => kernel.at(id)),
    ['/mon_groups/wca-pod-a', '/mon_groups/wca-pod-a', '/'],
  );
  kernel.count(inRoot('wca-pod-a'), 0, { llc_occupancy: 1048576, mbm_total_bytes: 700000, mbm_local_bytes: 500000 });
  kernel.count(inRoot('wca-pod-a'), 17, {
    llc_occupancy: 524288,
    mbm_total_bytes: 9_007_199_254_740_993n,
    mbm_local_bytes: 100000,
  });
  await bench.tick([reading]);
  assert.deepEqual(bench.shown(reading), {
    task_llc_occupancy_bytes: 1572864n,
    task_mem_bandwidth_bytes: 9_007_199_255_440_993n,
    task_mem_bandwidth_local_bytes: 600000n,
    task_mem_bandwidth_remote_bytes: 9_007_199_254_840_993n,
  });
  assert.deepEqual(reading.problems, []);
});

test('the platform columns tell how many RMIDs are used, by anyone', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.addGroup({ control: 'batch', monitoring: '' });
  bench.kernel.addGroup({ control: 'batch', monitoring: 'theirs' });
  bench.kernel.addThread('/a');
  bench.open('/a');
  await bench.tick();
  const { wca_rdt_sync_seconds, ...counts } = bench.platform();
  assert.deepEqual(counts, { wca_rdt_rmids_used: 4n, wca_rdt_rmids: 32n, wca_rdt_groups: 1n });
  assert.equal(wca_rdt_sync_seconds, 0n, 'the fake clock stands still while it works');
});

test('columns of the domains stand beside the sums', async (t) => {
  const bench = new RdtBench(t, { domains: [0, 5], features: ['llc_occupancy'] }, { perDomain: true });
  bench.kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.tick([reading]);
  bench.kernel.count(inRoot('wca-a'), 5, { llc_occupancy: 7 });
  await bench.tick([reading]);
  assert.deepEqual(bench.shown(reading), {
    task_llc_occupancy_bytes: 7n,
    'task_llc_occupancy_domain_bytes 0': 0n,
    'task_llc_occupancy_domain_bytes 5': 7n,
  });
  assert.deepEqual(
    bench.source.notes.map(({ message }) => message),
    ['this machine does not count mbm_total_bytes', 'this machine does not count mbm_local_bytes'],
  );
});

test('a sum is never partial: one domain without a count makes it absent', async (t) => {
  for (const text of ['Unavailable', 'Unassigned', 'Error', '', 'x1']) {
    const bench = new RdtBench(t, {}, { perDomain: true });
    bench.kernel.addThread('/a');
    const reading = bench.open('/a');
    await bench.tick([reading]);
    bench.kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 5, mbm_local_bytes: 5 });
    bench.kernel.count(inRoot('wca-a'), 1, { mbm_total_bytes: text });
    await bench.tick([reading]);
    const shown = bench.shown(reading);
    assert.equal(shown['task_mem_bandwidth_bytes'], undefined, text);
    assert.equal(shown['task_mem_bandwidth_remote_bytes'], undefined);
    assert.equal(shown['task_mem_bandwidth_domain_bytes 1'], undefined);
    assert.equal(shown['task_mem_bandwidth_domain_bytes 0'], 5n);
    assert.equal(shown['task_mem_bandwidth_local_bytes'], 5n);
    assert.equal(reading.problems.length, 0, 'not yet');
    for (let i = 0; i < 10; i += 1) await bench.tick([reading]);
    assert.match(reading.problems.map((error) => error.toText()).join(), /mbm_total_bytes of domain 1/);
    bench.kernel.count(inRoot('wca-a'), 1, { mbm_total_bytes: 6 });
    await bench.tick([reading]);
    assert.equal(bench.shown(reading)['task_mem_bandwidth_bytes'], 11n);
    assert.deepEqual(reading.problems, []);
  }
});

test('sums do not fall when a domain goes with its CPUs and comes back', async (t) => {
  const bench = new RdtBench(t, {}, { perDomain: true });
  bench.kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.tick([reading]);
  bench.kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 10, llc_occupancy: 3 });
  bench.kernel.count(inRoot('wca-a'), 1, { mbm_total_bytes: 200, llc_occupancy: 4 });
  await bench.tick([reading]);
  bench.kernel.setDomains([0]);
  await bench.tick([reading]);
  const without = bench.shown(reading);
  assert.equal(without['task_mem_bandwidth_bytes'], 210n);
  assert.equal(without['task_llc_occupancy_bytes'], 3n, 'a gauge is what is there now');
  assert.equal(without['task_mem_bandwidth_domain_bytes 1'], undefined);
  bench.kernel.setDomains([0, 1]);
  bench.kernel.count(inRoot('wca-a'), 1, { mbm_total_bytes: 1 });
  await bench.tick([reading]);
  const back = bench.shown(reading);
  assert.equal(back['task_mem_bandwidth_bytes'], 211n);
  assert.equal(back['task_mem_bandwidth_domain_bytes 1'], 201n);
});

test('sums do not fall when somebody removes the group', async (t) => {
  const bench = new RdtBench(t);
  // A plain file that is kept open can still be read when it is removed, a kernel's cannot.
  bench.budget.take(bench.budget.available);
  bench.kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.tick([reading]);
  bench.kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 10 });
  await bench.tick([reading]);
  bench.kernel.removeGroup(inRoot('wca-a'));
  await bench.tick([reading]);
  assert.deepEqual(bench.shown(reading), {}, 'absent, not 0');
  await bench.tick([reading]);
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-a']);
  bench.kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 3 });
  await bench.tick([reading]);
  assert.equal(bench.shown(reading)['task_mem_bandwidth_bytes'], 13n);
});

test('not allowed: nothing is touched, and the remedy names the option', (t) => {
  const bench = new RdtBench(t, {}, { allowed: false });
  assert.equal(bench.source.targets, undefined);
  assert.match(bench.source.unavailable[0]?.toText() ?? '', /--allow rdt-monitoring/);
  assert.deepEqual(bench.kernel.log, []);
});

for (const [name, machine, reason] of [
  ['a control-only machine', { features: [] }, /does not monitor/],
  ['a read-only mount', { mount: 'ro,nosuid - resctrl resctrl rw' }, /read-only/],
  ['a machine without resctrl mounted', { mount: 'rw - tmpfs tmpfs rw' }, /not mounted/],
] as const) {
  test(`${name} has no columns and says why`, (t) => {
    const bench = new RdtBench(t, machine);
    assert.equal(bench.source.targets, undefined);
    assert.match(bench.source.unavailable[0]?.toText() ?? '', reason);
    assert.notEqual(bench.source.unavailable[0]?.remedy, undefined);
  });
}

test('the root cgroup gets no group and a note', async (t) => {
  const bench = new RdtBench(t);
  const reading = bench.open('/');
  await bench.tick([reading]);
  await bench.tick([reading]);
  assert.deepEqual(bench.kernel.groups, []);
  assert.deepEqual(bench.shown(reading), {});
  assert.match(bench.source.notes[0]?.message ?? '', /root cgroup/);
  reading.close();
  await bench.tick();
  assert.deepEqual(bench.source.notes, []);
});

test('the deepest target has the threads, and a note tells it', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  const [outer, inner] = [kernel.addThread('/pod'), kernel.addThread('/pod/c/x')];
  bench.open('/pod');
  const deep = bench.open('/pod/c');
  await bench.tick();
  await bench.tick();
  assert.deepEqual([kernel.at(outer), kernel.at(inner)], ['/mon_groups/wca-pod', '/mon_groups/wca-pod-c']);
  assert.match(bench.source.notes.map(({ message }) => message).join(), /deepest target.*\/pod\/c/);
  deep.close();
  for (let i = 0; i < 3; i += 1) await bench.tick();
  assert.deepEqual([kernel.at(outer), kernel.at(inner)], ['/mon_groups/wca-pod', '/mon_groups/wca-pod']);
});

test('two sources share the groups; the last one that closes removes them', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  kernel.addThread('/a');
  kernel.addGroup(inRoot('theirs'));
  const other = bench.monitoring.openSource({ perDomain: true });
  const first = bench.open('/a');
  const second = other.targets?.open({ path: '/a', cgroups: ['/a'] });
  await bench.tick();
  first.close();
  await bench.tick();
  assert.deepEqual(kernel.groups.sort(), ['/mon_groups/theirs', '/mon_groups/wca-a']);
  bench.source.close();
  bench.source.close();
  assert.deepEqual(kernel.groups.sort(), ['/mon_groups/theirs', '/mon_groups/wca-a']);
  second?.read();
  assert.notEqual(second?.row.present[0], 0);
  second?.close();
  other.close();
  assert.deepEqual(kernel.groups, ['/mon_groups/theirs']);
  assert.equal(bench.budget.used, 0);
  assert.equal(kernel.calls.openFiles, 0);
});

test('too few descriptors: the files are opened for each reading', async (t) => {
  const bench = new RdtBench(t);
  bench.budget.take(bench.budget.available);
  const used = bench.budget.used;
  bench.kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.tick([reading]);
  await bench.tick([reading]);
  assert.equal(bench.shown(reading)['task_llc_occupancy_bytes'], 0n);
  assert.equal(bench.budget.used, used);
});
