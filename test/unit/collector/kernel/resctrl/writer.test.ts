import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { kernelCalls } from '../../../../../collector/kernel/resctrl/calls.ts';
import { MonGroupWriter } from '../../../../../collector/kernel/resctrl/mon-group-writer.ts';
import type { NotMoved } from '../../../../../collector/kernel/resctrl/tasks-writer.ts';
import { FakeResctrl } from '../../../../kit/fake-resctrl.ts';

const group = { control: '', monitoring: 'wca-a' };

function makeFake(t: TestContext, machine: ConstructorParameters<typeof FakeResctrl>[0] = {}) {
  const kernel = new FakeResctrl(machine);
  t.after(() => kernel.remove());
  return { kernel, writer: new MonGroupWriter(kernel.mountPoint, kernel.calls) };
}

test('nothing but an own group below mon_groups is ever touched', (t) => {
  const { kernel, writer } = makeFake(t);
  kernel.addGroup({ control: 'batch', monitoring: '' });
  const hostile = fc.constantFrom(
    '',
    '.',
    '..',
    '/',
    'wca-',
    'wca',
    '../wca-a',
    'wca-a/../../x',
    'theirs',
    'batch',
    'a/b',
    'wca-/x',
  );
  fc.assert(
    fc.property(hostile, hostile, (control, monitoring) => {
      const at = { control, monitoring };
      const isOurs = /^wca-[^/]+$/.test(monitoring) && !/\//.test(control) && control !== '.' && control !== '..';
      if (isOurs) return;
      for (const call of [
        () => writer.make(at),
        () => writer.remove(at),
        () => writer.move(at, [1], { from: 0, notMoved: [] }),
      ]) {
        assert.throws(call, RangeError);
      }
    }),
  );
  assert.deepEqual(kernel.log, []);
});

for (const [errno, state] of [
  ['EEXIST', 'exists'],
  ['EBUSY', 'busy'],
  ['ENOSPC', 'full'],
  ['ENOENT', 'gone'],
  ['EROFS', 'refused'],
  ['EIO', 'refused'],
] as const) {
  test(`mkdir that fails with ${errno} is ${state}`, (t) => {
    const { kernel, writer } = makeFake(t);
    kernel.fail = (call) => (call === 'mkdir' ? errno : undefined);
    assert.deepEqual(writer.make(group), { state, errno });
    assert.equal(writer.changes, 0);
  });
}

test('what is no system error goes on', (t) => {
  const { kernel } = makeFake(t);
  const broken = new MonGroupWriter(kernel.mountPoint, kernel.calls);
  kernel.fail = () => {
    throw new TypeError('a bug');
  };
  assert.throws(() => broken.make(group), TypeError);
});

test('a group that is gone is removed already; one that cannot be removed says why', (t) => {
  const { kernel, writer } = makeFake(t);
  assert.equal(writer.remove(group), undefined);
  kernel.fail = (call) => (call === 'rmdir' ? 'EBUSY' : undefined);
  assert.equal(writer.remove(group), 'EBUSY');
});

/** Moves everything; the ids that were not moved. */
function moveAll(writer: MonGroupWriter, ids: readonly number[]): NotMoved[] | 'gone' {
  const notMoved: NotMoved[] = [];
  for (let from = 0; from < ids.length; ) {
    const moved = writer.move(group, ids, { from, notMoved });
    if (moved === 'gone') return moved;
    from += moved;
  }
  return notMoved;
}

for (const takesLists of [true, false]) {
  test(`threads are moved ${takesLists ? 'in lists' : 'one by one'}; those that ended or are elsewhere are named`, (t) => {
    const { kernel, writer } = makeFake(t, { takesLists });
    kernel.addGroup({ control: 'batch', monitoring: '' });
    writer.make(group);
    const ids = Array.from({ length: 300 }, () => kernel.addThread('/a'));
    const [ended = 0, elsewhere = 0] = [ids[140], ids[141]];
    kernel.endThread(ended);
    kernel.place(elsewhere, { control: 'batch', monitoring: '' });
    assert.deepEqual(moveAll(writer, ids), [
      { id: ended, errno: 'ESRCH' },
      { id: elsewhere, errno: 'EINVAL' },
    ]);
    const inside = ids.filter((id) => kernel.at(id) === '/mon_groups/wca-a');
    assert.equal(inside.length, 298);
    assert.equal(kernel.calls.openFiles, 0);
    const longest = Math.max(...kernel.log.map((entry) => entry.length));
    assert.ok(longest < 4096, 'a write is below a page');
  });
}

test('a group that vanishes while threads are moved is gone', (t) => {
  const { kernel, writer } = makeFake(t);
  assert.equal(moveAll(writer, [1, 2]), 'gone');
  writer.make(group);
  const id = kernel.addThread('/a');
  kernel.fail = (call) => (call === 'write' ? 'ENODEV' : undefined);
  assert.equal(moveAll(writer, [id]), 'gone');
  assert.equal(kernel.calls.openFiles, 0);
});

test('a tasks file that may not be written to refuses all threads', (t) => {
  const { kernel, writer } = makeFake(t);
  writer.make(group);
  kernel.fail = (call) => (call === 'open' ? 'EACCES' : undefined);
  assert.deepEqual(moveAll(writer, [7, 8]), [
    { id: 7, errno: 'EACCES' },
    { id: 8, errno: 'EACCES' },
  ]);
});

test('the calls of the kernel do what their names say', (t) => {
  const kernel = new FakeResctrl();
  t.after(() => kernel.remove());
  const folder = join(kernel.mountPoint, 'mon_groups', 'wca-x');
  kernelCalls.mkdir(folder);
  assert.throws(() => kernelCalls.mkdir(folder), { code: 'EEXIST' });
  kernel.write('sys/fs/resctrl/tasks', []);
  const fd = kernelCalls.open(join(kernel.mountPoint, 'tasks'));
  kernelCalls.write(fd, '71\n');
  kernelCalls.close(fd);
  assert.equal(readFileSync(join(kernel.mountPoint, 'tasks'), 'utf8'), '71\n');
  kernelCalls.rmdir(folder);
  assert.equal(existsSync(folder), false);
  mkdirSync(folder);
});
