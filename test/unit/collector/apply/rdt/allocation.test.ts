import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RdtAllocationBench } from '../../../../kit/rdt-allocation-bench.ts';

/** Groups, lines and threads end to end, on a machine of plain files with the kernel's rules. */

function makeBench(t: TestContext, options?: ConstructorParameters<typeof RdtAllocationBench>[0]): RdtAllocationBench {
  const bench = new RdtAllocationBench(options);
  t.after(() => bench.remove());
  return bench;
}

test('a group is made, its lines are written, then the threads move; and the same back', async (t) => {
  const bench = makeBench(t);
  const { fake } = bench;
  const [first, second] = [fake.addThread('/batch/a'), fake.addThread('/batch/a/inner')];
  assert.deepEqual(await bench.allocate({ path: '/batch/a', lines: ['L3:0=00F;1=0x3', 'MB:0=12'] }), ['ok']);
  assert.deepEqual(fake.log, [
    'mkdir /batch-a',
    'write /batch-a L3:0=f;1=3',
    'write /batch-a MB:0=20',
    `write /batch-a ${first},${second}`,
  ]);
  assert.deepEqual(fake.schemata.lines('batch-a'), ['MB:0= 20;1=100', 'L3:0=00f;1=003']);
  assert.deepEqual([fake.at(first), fake.at(second)], ['/batch-a', '/batch-a']);
  fake.log.length = 0;
  assert.deepEqual(await bench.allocate({ path: '/batch/a', lines: ['L3:0=00F;1=0x3', 'MB:0=12'] }), ['ok']);
  assert.deepEqual(fake.log, [], 'what is in force is not written again');
  await bench.restore();
  assert.deepEqual(fake.log, [`write  ${first},${second}`, 'rmdir /batch-a']);
  assert.deepEqual([fake.at(first), bench.groups, bench.entries], ['/', [], []]);
  assert.equal(fake.calls.openFiles, 0);
});

test('a thread that has ended is no failure, on kernels with and without lists', async (t) => {
  for (const takesLists of [true, false]) {
    const bench = makeBench(t, { machine: { takesLists } });
    const ids = [1, 2, 3].map(() => bench.fake.addThread('/a'));
    bench.fake.fail = (call, word) => (call === 'write' && word === String(ids[1]) ? 'ESRCH' : undefined);
    assert.deepEqual(await bench.allocate({ path: '/a' }), ['ok']);
    assert.deepEqual(
      ids.map((id) => bench.fake.at(id)),
      ['/a', '/', '/a'],
    );
  }
});

test('threads that fork while they are moved are moved as well', async (t) => {
  const bench = makeBench(t, { machine: { takesLists: false } });
  const parent = bench.fake.addThread('/a');
  let child = 0;
  bench.fake.fail = (call) => {
    // Before the parent is in the group: the child inherits the root.
    if (call === 'write' && child === 0) child = bench.fake.addThread('/a', parent);
    return undefined;
  };
  assert.deepEqual(await bench.allocate({ path: '/a' }), ['ok']);
  assert.deepEqual(
    [parent, child].map((id) => bench.fake.at(id)),
    ['/a', '/a'],
  );
});

for (const tellsPlacement of [true, false]) {
  test(`threads of a monitoring group inside the control group are left in it (the kernel ${tellsPlacement ? 'tells' : 'does not tell'} of a thread)`, async (t) => {
    const bench = makeBench(t, { machine: { tellsPlacement } });
    const { fake } = bench;
    fake.addGroup({ control: 'be', monitoring: '' });
    fake.addGroup({ control: 'be', monitoring: 'wca-a' });
    const [inside, outside] = [fake.addThread('/a'), fake.addThread('/a')];
    fake.place(inside, { control: 'be', monitoring: 'wca-a' });
    assert.deepEqual(await bench.allocate({ path: '/a', group: 'be' }), ['ok']);
    assert.deepEqual([fake.at(inside), fake.at(outside)], ['/be/mon_groups/wca-a', '/be']);
  });
}

test('targets share a group by its name: the lines are those of the one that has some, and the last one takes it away', async (t) => {
  const bench = makeBench(t);
  const { fake } = bench;
  const [a, b] = [fake.addThread('/a'), fake.addThread('/b')];
  assert.deepEqual(
    await bench.allocate({ path: '/a', group: 'be' }, { path: '/b', group: 'be', lines: ['L3:0=1;1=1'] }),
    ['ok', 'ok'],
  );
  assert.deepEqual(fake.schemata.lines('be')[1], 'L3:0=001;1=001');
  await bench.restore('/a');
  assert.deepEqual([fake.at(a), fake.at(b), bench.groups], ['/', '/be', ['be']]);
  await bench.restore('/b');
  await bench.restore();
  assert.deepEqual([fake.at(b), bench.groups, bench.entries], ['/', [], []]);
});

test('two targets that want different lines for one group: the later one is refused, in one request and in two', async (t) => {
  const bench = makeBench(t);
  for (const path of ['/a', '/b', '/c']) bench.fake.addThread(path);
  const [first, second, third] = await bench.allocate(
    { path: '/a', group: 'be', lines: ['L3:0=f'] },
    { path: '/b', group: 'be', lines: ['L3:0=3'] },
    { path: '/c', group: 'be', lines: ['L3:1=3'] },
  );
  assert.equal(first, 'ok');
  assert.match(second ?? '', /INVALID_ARGUMENT \/b rdt: \/a wants L3:0=f for the group be, not 3/);
  assert.equal(third, 'ok', 'another domain of the group');
  const [later] = await bench.allocate({ path: '/b', group: 'be', lines: ['L3:0=7'] });
  assert.match(later ?? '', /\/a wants L3:0=f/);
  assert.deepEqual(
    await bench.allocate(
      { path: '/b', group: 'be', lines: ['L3:0=7'] },
      { path: '/a', group: 'be', lines: ['L3:0=7'] },
    ),
    ['ok', 'ok'],
    'both at once',
  );
});

test('a target that goes to another group takes its old one away, unless others are in it', async (t) => {
  const bench = makeBench(t);
  const a = bench.fake.addThread('/a');
  bench.fake.addThread('/b');
  await bench.allocate({ path: '/a', lines: ['L3:0=f'] });
  assert.deepEqual(await bench.allocate({ path: '/a', group: 'be', lines: ['L3:0=3'] }), ['ok']);
  assert.deepEqual([bench.groups, bench.fake.at(a)], [['be'], '/be']);
  await bench.allocate({ path: '/b', group: 'be' });
  await bench.allocate({ path: '/a', group: '' });
  assert.deepEqual([bench.groups, bench.fake.at(a)], [['be'], '/']);
  await bench.allocate({ path: '/b', group: '' });
  assert.deepEqual(bench.groups, []);
});

test('the root group gets threads but no lines, unless it may be changed', async (t) => {
  const bench = makeBench(t);
  bench.fake.addThread('/a');
  assert.deepEqual(await bench.allocate({ path: '/a', group: '' }), ['ok']);
  assert.deepEqual(await bench.allocate({ path: '/a', group: '', lines: ['L3:0=7ff'] }), ['ok'], 'as it is');
  const [refused] = await bench.allocate({ path: '/a', group: '', lines: ['L3:0=f'] });
  assert.match(refused ?? '', /NOT_ALLOWED .*root_rdt_group/);
  assert.deepEqual(bench.fake.log, []);
  const allowed = makeBench(t, { policy: { rootGroup: true } });
  allowed.fake.addThread('/a');
  assert.deepEqual(await allowed.allocate({ path: '/a', group: '', lines: ['L3:0=f', 'MB:1=50'] }), ['ok']);
  assert.deepEqual(allowed.fake.schemata.lines(''), ['MB:0=100;1= 50', 'L3:0=00f;1=7ff']);
  await allowed.restore();
  assert.deepEqual(allowed.fake.schemata.lines(''), ['MB:0=100;1=100', 'L3:0=7ff;1=7ff']);
});

test('a group of others is joined by name; its lines stay and it is never removed', async (t) => {
  const bench = makeBench(t);
  const { fake } = bench;
  fake.addGroup({ control: 'theirs', monitoring: '' });
  fake.schemata.write('theirs', 'L3:0=3f\n');
  const a = fake.addThread('/a');
  assert.deepEqual(await bench.allocate({ path: '/a', group: 'theirs', lines: ['L3:0=3f'] }), ['ok']);
  const [refused] = await bench.allocate({ path: '/a', group: 'theirs', lines: ['L3:0=1'] });
  assert.match(refused ?? '', /NOT_ALLOWED .*did not make the control group theirs/);
  await bench.restore();
  assert.deepEqual([fake.at(a), bench.groups], ['/', ['theirs']]);
  const allowed = makeBench(t, { policy: { foreignGroups: true } });
  allowed.fake.addGroup({ control: 'theirs', monitoring: '' });
  allowed.fake.addThread('/a');
  await allowed.allocate({ path: '/a', group: 'theirs', lines: ['L3:0=1'] });
  assert.equal(allowed.fake.schemata.lines('theirs')[1], 'L3:0=001;1=7ff');
  await allowed.restore();
  assert.equal(allowed.fake.schemata.lines('theirs')[1], 'L3:0=7ff;1=7ff');
  assert.deepEqual(allowed.groups, ['theirs']);
});

test('threads whose original group is gone go to the root', async (t) => {
  const bench = makeBench(t);
  const a = bench.fake.addThread('/a');
  bench.fake.addGroup({ control: 'theirs', monitoring: '' });
  bench.fake.place(a, { control: 'theirs', monitoring: '' });
  await bench.allocate({ path: '/a' });
  bench.fake.removeGroup({ control: 'theirs', monitoring: '' });
  await bench.restore();
  assert.deepEqual([bench.fake.at(a), bench.groups], ['/', []]);
});

test('a group in which somebody has a monitoring group of their own is left, and goes when that has gone', async (t) => {
  const bench = makeBench(t);
  bench.fake.addThread('/a');
  await bench.allocate({ path: '/a' });
  bench.fake.addGroup({ control: 'a', monitoring: 'theirs' });
  await bench.restore();
  assert.deepEqual(bench.groups, ['a']);
  bench.fake.removeGroup({ control: 'a', monitoring: 'theirs' });
  await bench.restore();
  assert.deepEqual([bench.groups, bench.entries], [[], []]);
});

test('CLOSIDs: as many groups as there are, those of others counted; then the next is told who has them', async (t) => {
  const bench = makeBench(t, { machine: { numClosids: 4 } });
  bench.fake.addGroup({ control: 'theirs', monitoring: '' });
  for (const path of ['/a', '/b', '/c', '/d']) bench.fake.addThread(path);
  const results = await bench.allocate({ path: '/a' }, { path: '/b' }, { path: '/c' }, { path: '/d', group: 'a' });
  assert.deepEqual([results[0], results[1], results[3]], ['ok', 'ok', 'ok']);
  assert.match(
    results[2] ?? '',
    /CLOSID_EXHAUSTED \/c rdt: no control group is left of 4: 1 is the root, 2 of WCA \(a, b\), 1 of others \(theirs\)/,
  );
  await bench.restore();
  assert.deepEqual(await bench.allocate({ path: '/c' }), ['ok']);
});

test('a machine that has no CLOSID or no RMID after all says so', async (t) => {
  const bench = makeBench(t, { machine: { numRmids: 2 } });
  for (const path of ['/a', '/b']) bench.fake.addThread(path);
  assert.deepEqual(await bench.allocate({ path: '/a' }), ['ok']);
  const [full] = await bench.allocate({ path: '/b' });
  assert.match(full ?? '', /LIMIT_REACHED .*no RMID is left/);
  await bench.restore();
  bench.fake.limbo = 1;
  const [busy] = await bench.allocate({ path: '/b' });
  assert.match(busy ?? '', /LIMIT_REACHED .*frees them within seconds/);
  bench.fake.limbo = 0;
  bench.fake.fail = (call) => (call === 'mkdir' ? 'EPERM' : undefined);
  const [refused] = await bench.allocate({ path: '/b' });
  assert.match(refused ?? '', /PERMISSION .*as root/);
});

test("what the kernel refuses is told in the kernel's words, and no thread has moved", async (t) => {
  const bench = makeBench(t);
  const a = bench.fake.addThread('/a');
  bench.fake.fail = (call, path) => (call === 'write' && path.endsWith('schemata') ? 'EINVAL' : undefined);
  bench.fake.write('sys/fs/resctrl/info/last_cmd_status', ['old', 'Overlaps with exclusive group']);
  const [refused] = await bench.allocate({ path: '/a', lines: ['L3:0=f'] });
  assert.match(refused ?? '', /KERNEL_REFUSED resctrl a L3:0=f: .*EINVAL: Overlaps with exclusive group/);
  assert.equal(bench.fake.at(a), '/');
  await bench.restore();
  assert.deepEqual(bench.groups, []);
});

test('a line names a domain that went offline: told which there are; restoring passes over it', async (t) => {
  const bench = makeBench(t, { policy: { rootGroup: true } });
  bench.fake.addThread('/a');
  await bench.allocate({ path: '/a', group: '', lines: ['L3:0=f;1=f'] });
  bench.fake.setDomains([0]);
  const [refused] = await bench.allocate({ path: '/a', group: '', lines: ['L3:0=3;1=3'] });
  assert.match(refused ?? '', /INVALID_ARGUMENT .*L3 has no domain 1, only 0/);
  await bench.restore();
  assert.deepEqual(bench.fake.schemata.lines('')[1], 'L3:0=7ff');
});

test('paths that read the same have different groups, and each keeps its own', async (t) => {
  const bench = makeBench(t);
  const ids = ['/a/b', '/a-b'].map((path) => bench.fake.addThread(path));
  assert.deepEqual(await bench.allocate({ path: '/a/b' }, { path: '/a-b' }), ['ok', 'ok']);
  const [first = '', second = ''] = ids.map((id) => bench.fake.at(id));
  assert.equal(first, '/a-b');
  assert.match(second, /^\/a-b~[0-9a-f]{16}$/);
  await bench.allocate({ path: '/a-b' }, { path: '/a/b' });
  assert.deepEqual(
    ids.map((id) => bench.fake.at(id)),
    [first, second],
  );
  bench.fake.addGroup({ control: 'x', monitoring: '' });
  const x = bench.fake.addThread('/x');
  await bench.allocate({ path: '/x' });
  assert.match(bench.fake.at(x), /^\/x~/, 'a group of others has the name');
});

test('mba_MBps: unlimited is written as a number that the kernel does not round to nothing', async (t) => {
  const bench = makeBench(t, { machine: { bandwidth: 'MBps' }, policy: { rootGroup: true } });
  bench.fake.addThread('/a');
  assert.deepEqual(await bench.allocate({ path: '/a', group: '', lines: ['MB:0=1234'] }), ['ok']);
  assert.equal(bench.fake.schemata.lines('')[0], 'MB:0=1240;1=4294967295');
  await bench.restore();
  assert.equal(bench.fake.schemata.lines('')[0], 'MB:0=4294967290;1=4294967290');
});

test('threads of an inner target are not those of the outer one', async (t) => {
  const bench = makeBench(t);
  const [outer, inner] = [bench.fake.addThread('/a'), bench.fake.addThread('/a/b')];
  await bench.allocate({ path: '/a/b' });
  await bench.allocate({ path: '/a' });
  assert.deepEqual([bench.fake.at(outer), bench.fake.at(inner)], ['/a', '/a-b']);
});

test('what is in force is told: the group of the threads and its lines', async (t) => {
  const bench = makeBench(t);
  bench.fake.addThread('/a');
  bench.fake.addCgroup('/empty');
  assert.deepEqual(bench.current('/a'), {
    value: { type: 'rdt', group: '', lines: ['MB:0=100;1=100', 'L3:0=7ff;1=7ff'] },
    raw: '/ MB:0=100;1=100 L3:0=7ff;1=7ff',
  });
  await bench.allocate({ path: '/a', group: 'be', lines: ['L3:0=f'] });
  assert.deepEqual(bench.current('/a'), {
    value: { type: 'rdt', group: 'be', lines: ['MB:0=100;1=100', 'L3:0=f;1=7ff'] },
    raw: 'be MB:0=100;1=100 L3:0=00f;1=7ff',
  });
  assert.equal(bench.current('/empty')?.value.type, 'rdt');
  assert.equal(bench.current('/gone'), undefined);
});
