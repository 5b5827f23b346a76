import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Hierarchy } from '../../../../../collector/kernel/cgroup/layout.ts';
import { checkCgroupPath, pathBelowMount } from '../../../../../collector/kernel/cgroup/path.ts';

for (const path of ['/', '/a', '/kubepods.slice/pod-1.slice/x y', '/..a/b..', `/${'x'.repeat(255)}`, '/a-ü']) {
  test(`${path.slice(0, 40)} is a cgroup path`, () =>
    assert.deepEqual(checkCgroupPath(path), { ok: true, value: path }));
}

for (const [path, fault] of [
  ['', /begin with/],
  ['a/b', /begin with/],
  ['//', /empty segment/],
  ['/a//b', /empty segment/],
  ['/a/', /empty segment/],
  ['/a/../b', /segment \.\./],
  ['/..', /segment \.\./],
  ['/./a', /segment \./],
  ['/a\0b', /NUL/],
  ['/a\nb', /newline/],
  [`/${'x'.repeat(256)}`, /segment longer/],
  [`/${'ü'.repeat(128)}`, /segment longer/],
  ['/x'.repeat(2100), /longer than 4095 bytes/],
  [`/${'ü/'.repeat(1500)}a`, /longer than 4095 bytes/],
] as const) {
  test(`the path ${JSON.stringify(path.slice(0, 30))} is refused`, () => {
    const checked = checkCgroupPath(path);
    assert.ok(!checked.ok);
    assert.equal(checked.error.code, 'INVALID_ARGUMENT');
    assert.match(checked.error.message, fault);
    assert.ok(checked.error.subject.length < 200, 'the value is shown shortened');
    assert.ok(!/[\0\n]/.test(checked.error.subject));
  });
}

test('an accepted path never leads out of the tree', () => {
  const segment = fc.oneof(fc.constantFrom('.', '..', '', 'a'), fc.string());
  fc.assert(
    fc.property(fc.array(segment), (segments) => {
      const checked = checkCgroupPath(`/${segments.join('/')}`);
      if (!checked.ok || checked.value === '/') return true;
      return checked.value
        .slice(1)
        .split('/')
        .every((s) => s !== '' && s !== '.' && s !== '..' && !s.includes('\0'));
    }),
  );
});

const hierarchy: Hierarchy = { version: 2, name: 'unified', controllers: [], mountPoint: '/x', root: '/' };
for (const [root, path, below] of [
  ['/', '/', ''],
  ['/', '/a/b', 'a/b'],
  ['/docker/1', '/docker/1', ''],
  ['/docker/1', '/docker/1/a', 'a'],
  ['/docker/1', '/docker/12', undefined],
  ['/docker/1', '/', undefined],
  ['/docker/1', '/docker', undefined],
] as const) {
  test(`${path} on a mount of ${root} is below it at ${below}`, () => {
    assert.equal(pathBelowMount({ ...hierarchy, root }, path), below);
  });
}
