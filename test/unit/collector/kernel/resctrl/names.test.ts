import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isOwnName, monGroupName } from '../../../../../collector/kernel/resctrl/group-name.ts';

const cases = [
  ['/kubepods/pod1', 'wca-kubepods-pod1'],
  ['/a-b', 'wca-a%2Db'],
  ['/a/b', 'wca-a-b'],
  ['/user.slice/x@1:2+3=4,5_6', 'wca-user.slice-x@1:2+3=4,5_6'],
  ['/100%/~/\\x2d', 'wca-100%25-%7E-%5Cx2d'],
  ['/grün', 'wca-gr%C3%BCn'],
] as const;

for (const [path, name] of cases) {
  test(`the group of ${path} is ${name}`, () => assert.equal(monGroupName(path), name));
}

const segment = fc.string({
  unit: fc.constantFrom('a', 'b', '-', '%', '~', '2', 'D', '.', 'ü', ' ', '\\'),
  minLength: 1,
  maxLength: 80,
});
const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => `/${segments.join('/')}`);

test('different paths have different names, and every name is one the kernel takes', () => {
  fc.assert(
    fc.property(path, path, (a, b) => {
      const [nameA, nameB] = [monGroupName(a), monGroupName(b)];
      assert.equal(nameA === nameB, a === b);
      assert.match(nameA, /^wca-[A-Za-z0-9_.:@+=,%~-]+$/);
      assert.ok(Buffer.byteLength(nameA) <= 255);
      assert.ok(isOwnName(nameA));
    }),
    { numRuns: 2000 },
  );
});

test('long paths that differ only at the end have different names, none of which is a short path’s', () => {
  const long = `/${'x'.repeat(200)}/${'y'.repeat(200)}`;
  const names = new Set([long, `${long}1`, `${long}2`].map(monGroupName));
  assert.equal(names.size, 3);
  for (const name of names) {
    assert.equal(name.length, 255);
    assert.match(name, /~[0-9a-f]{32}$/);
  }
});

test('a name of others is not ours', () => {
  for (const name of ['', 'wca', 'wca-', 'Wca-a', 'awca-b', 'theirs']) assert.equal(isOwnName(name), false, name);
});
