import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetReading } from '../../../../../collector/watch/ports.ts';
import { inRoot, RdtBench } from '../../../../kit/rdt-bench.ts';

/** How the groups of targets are made, filled, taken over and removed. */

function texts(reading: TargetReading): string {
  reading.read();
  return reading.problems.map((error) => error.toText()).join('\n');
}

const writesOf = (bench: RdtBench): string[] => bench.kernel.log.filter((entry) => entry.startsWith('write'));

for (const tellsPlacement of [true, false]) {
  for (const takesLists of [true, false]) {
    const kernel = `${tellsPlacement ? 'with' : 'without'} cpu_resctrl_groups, ${takesLists ? 'lists' : 'single ids'}`;
    test(`${kernel}: only threads that are not in the group are written`, async (t) => {
      const bench = new RdtBench(t, { tellsPlacement, takesLists });
      const ids = Array.from({ length: 40 }, () => bench.kernel.addThread('/a'));
      bench.open('/a');
      await bench.tick();
      assert.deepEqual([...new Set(ids.map((id) => bench.kernel.at(id)))], ['/mon_groups/wca-a']);
      const first = writesOf(bench).length;
      assert.equal(first, takesLists ? 1 : 41, 'a list is tried once');
      await bench.ticks(40);
      assert.equal(writesOf(bench).length, first);
      const forked = bench.kernel.addThread('/a', ids[0]);
      const moved = bench.kernel.addThread('/a');
      await bench.tick();
      assert.deepEqual(writesOf(bench).slice(first), [`write /mon_groups/wca-a ${moved}`]);
      assert.equal(bench.kernel.at(forked), '/mon_groups/wca-a');
    });
  }
}

test('threads that end between two calls are no problem', async (t) => {
  const bench = new RdtBench(t);
  const ids = Array.from({ length: 5 }, () => bench.kernel.addThread('/a'));
  bench.kernel.fail = (call, word) => (call === 'write' && word === `${ids[1]}` ? 'ESRCH' : undefined);
  const reading = bench.open('/a');
  await bench.tick();
  assert.deepEqual(
    ids.map((id) => bench.kernel.at(id)).map((at) => at === '/mon_groups/wca-a'),
    [true, false, true, true, true],
  );
  assert.equal(texts(reading), '');
});

test('a thread that was moved to another control group is followed at the next look', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  const id = kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.ticks(2, [reading]);
  kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 10 });
  await bench.tick([reading]);
  kernel.addGroup({ control: 'batch', monitoring: '' });
  kernel.place(id, { control: 'batch', monitoring: '' });
  await bench.tick([reading]);
  assert.equal(kernel.at(id), '/batch/mon_groups/wca-a');
  assert.deepEqual(kernel.groups, ['/batch/mon_groups/wca-a']);
  kernel.count({ control: 'batch', monitoring: 'wca-a' }, 0, { mbm_total_bytes: 1 });
  await bench.tick([reading]);
  assert.equal(bench.shown(reading)['task_mem_bandwidth_bytes'], 11n);
  kernel.removeGroup({ control: 'batch', monitoring: '' });
  await bench.ticks(2, [reading]);
  assert.deepEqual(kernel.groups, ['/mon_groups/wca-a'], 'a control group that goes takes its monitoring groups along');
  assert.equal(kernel.at(id), '/mon_groups/wca-a');
});

test('threads in two control groups: the group is where most are, the others are told', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  kernel.addGroup({ control: 'batch', monitoring: '' });
  const ids = Array.from({ length: 5 }, () => kernel.addThread('/a'));
  for (const id of ids.slice(2)) kernel.place(id, { control: 'batch', monitoring: '' });
  const reading = bench.open('/a');
  await bench.ticks(2);
  assert.deepEqual(
    ids.map((id) => kernel.at(id)),
    ['/', '/', ...Array.from({ length: 3 }, () => '/batch/mon_groups/wca-a')],
  );
  assert.match(texts(reading), /2 of 5 threads are in another control group.*the root group/);
  for (const id of ids.slice(0, 2)) kernel.place(id, { control: 'batch', monitoring: '' });
  await bench.ticks(7);
  assert.equal(texts(reading), '');
});

test('threads that another tool monitors are left there and told', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  kernel.addGroup(inRoot('theirs'));
  const [mine, theirs] = [kernel.addThread('/a'), kernel.addThread('/a')];
  kernel.place(theirs, inRoot('theirs'));
  const reading = bench.open('/a');
  await bench.ticks(3);
  assert.deepEqual([kernel.at(mine), kernel.at(theirs)], ['/mon_groups/wca-a', '/mon_groups/theirs']);
  assert.match(texts(reading), /1 of 2 threads are monitored by another tool.*\/mon_groups\/theirs/);
  kernel.removeGroup(inRoot('theirs'));
  await bench.ticks(7);
  assert.equal(kernel.at(theirs), '/mon_groups/wca-a');
  assert.equal(texts(reading), '');
});

test('a target whose threads are all monitored by others takes no RMID', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.addGroup(inRoot('theirs'));
  bench.kernel.place(bench.kernel.addThread('/a'), inRoot('theirs'));
  const reading = bench.open('/a');
  await bench.ticks(3);
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/theirs']);
  assert.match(texts(reading), /1 of 1 threads/);
});

test('no RMID is free: told with who has them, tried again after 30 s', async (t) => {
  const bench = new RdtBench(t, { numRmids: 4 });
  const { kernel } = bench;
  kernel.addGroup({ control: 'batch', monitoring: '' });
  kernel.addGroup(inRoot('theirs'));
  kernel.addThread('/a');
  kernel.addThread('/b');
  const readings = [bench.open('/a'), bench.open('/b')];
  await bench.tick();
  assert.deepEqual(kernel.groups, ['/mon_groups/theirs', '/mon_groups/wca-a']);
  assert.equal(texts(readings[0] ?? bench.open('/')), '');
  assert.match(
    texts(readings[1] ?? bench.open('/')),
    /no RMID is free: 4 in all, 4 used: 2 by control groups and the root, 1 by WCA, 1 by monitoring groups of others \(mon_groups\/theirs\)/,
  );
  const tries = () => kernel.log.filter((entry) => entry.startsWith('mkdir')).length;
  const before = tries();
  await bench.ticks(25);
  assert.equal(tries(), before);
  kernel.removeGroup(inRoot('theirs'));
  await bench.ticks(10);
  assert.deepEqual(kernel.groups, ['/mon_groups/wca-a', '/mon_groups/wca-b']);
  assert.equal(texts(readings[1] ?? bench.open('/')), '');
});

test('an own group that is removed frees an RMID for the next target at once', async (t) => {
  const bench = new RdtBench(t, { numRmids: 2 });
  bench.kernel.addThread('/a');
  bench.kernel.addThread('/b');
  const first = bench.open('/a');
  bench.open('/b');
  await bench.ticks(2);
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-a']);
  first.close();
  await bench.ticks(2);
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-b']);
});

test('RMIDs in limbo: tried again with a pace, told only when it lasts', async (t) => {
  const bench = new RdtBench(t, { numRmids: 2 });
  const { kernel } = bench;
  kernel.limbo = 1;
  kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.ticks(3);
  assert.equal(texts(reading), '');
  await bench.ticks(6);
  assert.match(texts(reading), /lines of the groups.*max_threshold_occupancy \(65536 bytes now\)/);
  const tries = kernel.log.length;
  assert.ok(tries >= 3 && tries <= 5, `${tries} tries in 9 s`);
  kernel.limbo = 0;
  await bench.ticks(8);
  assert.deepEqual(kernel.groups, ['/mon_groups/wca-a']);
  assert.equal(texts(reading), '');
});

test('a target whose cgroup is gone gives its RMID back, and begins anew when it is made again', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.ticks(2, [reading]);
  kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 10 });
  await bench.tick([reading]);
  kernel.removeCgroup('/a');
  await bench.ticks(2, [reading]);
  assert.deepEqual(kernel.groups, []);
  assert.deepEqual(bench.shown(reading), {});
  kernel.addThread('/a');
  await bench.ticks(2, [reading]);
  kernel.count(inRoot('wca-a'), 0, { mbm_total_bytes: 1 });
  await bench.tick([reading]);
  assert.equal(bench.shown(reading)['task_mem_bandwidth_bytes'], 1n, 'not what the cgroup before it had');
});

test('a cgroup without threads takes no RMID and keeps the one it has', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.addCgroup('/a');
  const reading = bench.open('/a');
  await bench.ticks(2, [reading]);
  assert.deepEqual(bench.kernel.groups, []);
  const id = bench.kernel.addThread('/a');
  await bench.ticks(2, [reading]);
  bench.kernel.endThread(id);
  await bench.ticks(35, [reading]);
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-a']);
  assert.equal(bench.shown(reading)['task_llc_occupancy_bytes'], 0n);
});

test('leftovers of a killed collector are taken over, counters and all; unclaimed ones go after 30 s', async (t) => {
  const killed = new RdtBench(t);
  const { kernel } = killed;
  const id = kernel.addThread('/a');
  kernel.addThread('/b');
  killed.open('/a');
  killed.open('/b');
  await killed.tick();
  kernel.addGroup(inRoot('theirs'));
  kernel.count(inRoot('wca-a'), 1, { mbm_total_bytes: 77 });
  const written = writesOf(killed).length;
  const bench = new RdtBench(t, {}, { kernel });
  const reading = bench.open('/a');
  await bench.ticks(25, [reading]);
  assert.equal(bench.shown(reading)['task_mem_bandwidth_bytes'], 77n);
  assert.equal(kernel.at(id), '/mon_groups/wca-a');
  assert.equal(writesOf(bench).length, written, 'nothing had to be moved');
  assert.deepEqual(kernel.groups.sort(), ['/mon_groups/theirs', '/mon_groups/wca-a', '/mon_groups/wca-b']);
  await bench.ticks(10, [reading]);
  assert.deepEqual(kernel.groups.sort(), ['/mon_groups/theirs', '/mon_groups/wca-a']);
  bench.source.close();
  assert.deepEqual(kernel.groups, ['/mon_groups/theirs']);
});

test('leftovers that no target can claim go at once when RMIDs are short', async (t) => {
  const bench = new RdtBench(t, { numRmids: 3 });
  const { kernel } = bench;
  kernel.addGroup(inRoot('wca-old'));
  kernel.addGroup(inRoot('wca-b'));
  kernel.addThread('/a');
  kernel.addThread('/b');
  const restarted = new RdtBench(t, {}, { kernel });
  restarted.open('/a');
  restarted.open('/b');
  await restarted.ticks(3);
  assert.deepEqual(kernel.groups.sort(), ['/mon_groups/wca-a', '/mon_groups/wca-b']);
});

test('a kernel that lets nothing be written is told in the notes', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.fail = (call) => (call === 'mkdir' ? 'EROFS' : undefined);
  bench.kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.ticks(2);
  assert.match(texts(reading), /read-only.*ReadWritePaths/);
  assert.match(bench.source.notes.map((note) => note.toText()).join(), /read-only/);
  bench.kernel.fail = () => undefined;
  await bench.ticks(31);
  assert.equal(texts(reading), '');
  await bench.tick();
  assert.deepEqual(bench.source.notes, []);
});

test('a round ends with its time; the targets that wait longest come first in the next one', async (t) => {
  const bench = new RdtBench(t);
  for (const name of ['/a', '/b', '/c', '/d']) {
    bench.kernel.addThread(name);
    bench.open(name);
  }
  // Every group that is made takes 150 ms of the round's 200.
  bench.kernel.fail = (call) => {
    if (call === 'mkdir') bench.clock.advanceMs(150);
    return undefined;
  };
  await bench.tick();
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-a', '/mon_groups/wca-b']);
  await bench.tick();
  assert.deepEqual(bench.kernel.groups.length, 4);
});

test('after the source was closed a round in the middle does nothing any more', async (t) => {
  const bench = new RdtBench(t);
  for (const name of ['/a', '/b']) {
    bench.kernel.addThread(name);
    bench.open(name);
  }
  bench.kernel.fail = (call) => {
    if (call === 'mkdir') bench.clock.advanceMs(5);
    return undefined;
  };
  bench.source.targets?.afterTick();
  await Promise.resolve();
  bench.source.close();
  await bench.tick();
  assert.deepEqual(bench.kernel.groups, []);
});

test('a thread forked while its parent was being moved is moved in the same round', async (t) => {
  const bench = new RdtBench(t);
  const parent = bench.kernel.addThread('/a');
  let child = 0;
  bench.kernel.fail = (call) => {
    if (call === 'write' && child === 0) child = bench.kernel.addThread('/a', parent);
    return undefined;
  };
  bench.open('/a');
  await bench.tick();
  assert.deepEqual([bench.kernel.at(parent), bench.kernel.at(child)], ['/mon_groups/wca-a', '/mon_groups/wca-a']);
});

test('a thread that somebody took out of the group is found within half a minute', async (t) => {
  const bench = new RdtBench(t);
  const ids = [bench.kernel.addThread('/a'), bench.kernel.addThread('/a')];
  bench.open('/a');
  await bench.ticks(2);
  bench.kernel.place(ids[1] ?? 0, { control: '', monitoring: '' });
  await bench.ticks(31);
  assert.equal(bench.kernel.at(ids[1] ?? 0), '/mon_groups/wca-a');
});

test('a thread that goes from one target to another goes to the group of the other', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  const [staying, moving] = [kernel.addThread('/a'), kernel.addThread('/a')];
  kernel.addThread('/b');
  bench.open('/a');
  bench.open('/b');
  await bench.ticks(2);
  kernel.enterCgroup(moving, '/b');
  await bench.tick();
  assert.deepEqual([kernel.at(staying), kernel.at(moving)], ['/mon_groups/wca-a', '/mon_groups/wca-b']);
});

test('a thread that leaves for a cgroup that nobody measures counts on, which is told', async (t) => {
  const bench = new RdtBench(t);
  const { kernel } = bench;
  const [, leaving] = [kernel.addThread('/a'), kernel.addThread('/a')];
  const zombie = kernel.addThread('/a');
  const reading = bench.open('/a');
  await bench.ticks(2);
  kernel.enterCgroup(leaving, '/other');
  kernel.enterCgroup(zombie, '/other');
  kernel.write(`proc/${zombie}/stat`, [`${zombie} (x) Z 1 1`]);
  await bench.ticks(31);
  assert.equal(texts(reading), '', 'it may have been on its way');
  await bench.ticks(31);
  assert.match(texts(reading), /1 threads left the target/);
  kernel.endThread(leaving);
  await bench.ticks(31);
  assert.equal(texts(reading), '');
});

test('a bug that one target meets is told of it and does not stop the others', async (t) => {
  const bench = new RdtBench(t);
  bench.kernel.addThread('/a');
  bench.kernel.addThread('/b');
  bench.kernel.fail = (_, path) => {
    if (path === '/mon_groups/wca-a') throw new TypeError('a bug');
    return undefined;
  };
  const [a, b] = [bench.open('/a'), bench.open('/b')];
  await bench.ticks(2);
  assert.match(texts(a), /a bug/);
  assert.equal(a.problems[0]?.code, 'INTERNAL');
  assert.equal(texts(b), '');
  assert.deepEqual(bench.kernel.groups, ['/mon_groups/wca-b']);
});
