import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { findNameFault } from '../../../../../collector/kernel/resctrl/control-name.ts';
import {
  hasControlGroup,
  readControlGroups,
  readGroupLines,
  readLastStatus,
} from '../../../../../collector/kernel/resctrl/control-reader.ts';
import { ControlGroupWriter } from '../../../../../collector/kernel/resctrl/control-writer.ts';
import { readCpuIncarnations } from '../../../../../collector/kernel/resctrl/cpu-incarnations.ts';
import { Scratch } from '../../../../../collector/kernel/scratch.ts';
import { hashedControlName, legacyControlName } from '../../../../../shared/kernel-text/control-group-name.ts';
import { FakeResctrl } from '../../../../kit/fake-resctrl.ts';

function makeFake(t: TestContext): FakeResctrl {
  const fake = new FakeResctrl({ bandwidth: 'percent' });
  t.after(() => fake.remove());
  return fake;
}

const names: readonly (readonly [string, string | undefined])[] = [
  ['/kubepods/besteffort/podX', 'kubepods-besteffort-podX'],
  ['/a-b', 'a-b'],
  ['/a/b', 'a-b'],
  ['/info', undefined],
  ['/mon_groups', undefined],
  ['/mon/groups', 'mon-groups'],
  ['/schemata', undefined],
  [`/${'x'.repeat(255)}`, 'x'.repeat(255)],
  [`/${'x'.repeat(200)}/${'y'.repeat(55)}`, undefined],
  ['/a\tb', undefined],
  ['/a~0123456789abcdef', undefined],
  ['/mesos/1 2', 'mesos-1 2'],
];
for (const [path, name] of names) {
  test(`the legacy name of ${JSON.stringify(path.slice(0, 40))} is ${name?.slice(0, 40)}`, () => {
    assert.equal(legacyControlName(path), name);
    assert.equal(findNameFault(hashedControlName(path)), undefined);
  });
}

test('hashed names differ where paths do, are names of groups, and are never legacy ones', () => {
  const paths = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
    .map((text) => `/${text.replaceAll('\0', '')}`);
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      const [first, second] = [hashedControlName(a), hashedControlName(b)];
      assert.ok(Buffer.byteLength(first) <= 255);
      assert.doesNotMatch(first, /[/\n]/);
      assert.equal(first === second, a === b);
      assert.notEqual(legacyControlName(b), first);
    }),
  );
});

const requested: readonly (readonly [string, RegExp | undefined])[] = [
  ['', undefined],
  ['be', undefined],
  ['übung', undefined],
  ['..', /reserved/],
  ['.', /reserved/],
  ['info', /reserved/],
  ['tasks', /reserved/],
  ['a/b', /more than one/],
  ['/etc', /more than one/],
  ['a\nb', /cannot be shown/],
  ['a\0b', /cannot be shown/],
  ['a\u202eb', /cannot be shown/],
  ['ü'.repeat(128), /longer than 255 bytes/],
  ['wca-x', /like the monitoring groups/],
];
for (const [name, fault] of requested) {
  test(`a request ${fault === undefined ? 'may' : 'may not'} name the group ${JSON.stringify(name.slice(0, 20))}`, () => {
    if (fault === undefined) assert.equal(findNameFault(name), undefined);
    else assert.match(findNameFault(name) ?? '', fault);
  });
}

test('groups are made, written, read and removed; what the kernel says is passed on', (t) => {
  const fake = makeFake(t);
  const writer = new ControlGroupWriter(fake.mountPoint, fake.calls);
  const scratch = new Scratch();
  assert.equal(writer.make('be'), undefined);
  assert.equal(writer.make('be'), 'EEXIST');
  assert.deepEqual(readControlGroups(fake.mountPoint), ['be']);
  assert.equal(writer.writeLine('be', 'L3:0=f'), undefined);
  assert.equal(readLastStatus(fake.mountPoint, scratch), undefined);
  assert.equal(writer.writeLine('be', 'L3:0=5'), 'EINVAL');
  assert.match(readLastStatus(fake.mountPoint, scratch) ?? '', /non-consecutive/);
  assert.deepEqual(
    readGroupLines(fake.mountPoint, 'be', scratch)?.get('L3'),
    new Map([
      [0, '00f'],
      [1, '7ff'],
    ]),
  );
  assert.deepEqual(
    readGroupLines(fake.mountPoint, '', scratch)?.get('MB'),
    new Map([
      [0, '100'],
      [1, '100'],
    ]),
  );
  assert.equal(hasControlGroup(fake.mountPoint, 'be'), true);
  assert.equal(writer.remove('be'), undefined);
  assert.equal(writer.remove('be'), 'ENOENT');
  assert.equal(writer.writeLine('be', 'L3:0=f'), 'ENOENT');
  assert.equal(hasControlGroup(fake.mountPoint, 'be'), false);
  assert.equal(readGroupLines(fake.mountPoint, 'be', scratch), undefined);
  assert.equal(readControlGroups(join(fake.mountPoint, 'gone')), undefined);
  assert.equal(fake.calls.openFiles, 0);
});

test('the writer refuses what is no control group before it does anything', (t) => {
  const fake = makeFake(t);
  const writer = new ControlGroupWriter(fake.mountPoint, fake.calls);
  for (const name of ['', '.', '..', 'a/b', '/x']) assert.throws(() => writer.remove(name), RangeError);
  assert.deepEqual(fake.log, []);
});

test('a CPU that went and came back is another one; others are the same', (t) => {
  const sysfs = mkdtempSync(join(tmpdir(), 'wca-cpus-'));
  t.after(() => rmSync(sysfs, { recursive: true }));
  const folder = (name: string) => join(sysfs, 'devices/system/cpu', name);
  for (const name of ['cpu0/cache', 'cpu1/cache', 'cpu2', 'cpufreq']) mkdirSync(folder(name), { recursive: true });
  const before = readCpuIncarnations(sysfs);
  assert.match(before, /^cpu0:\d+ cpu1:\d+ cpu2:$/);
  assert.equal(readCpuIncarnations(sysfs), before);
  rmdirSync(folder('cpu1/cache'));
  const offline = readCpuIncarnations(sysfs);
  assert.match(offline, /cpu1: cpu2:$/);
  mkdirSync(folder('cpu2/cache'));
  assert.notEqual(readCpuIncarnations(sysfs), offline);
  assert.equal(readCpuIncarnations(join(sysfs, 'gone')), '');
});
