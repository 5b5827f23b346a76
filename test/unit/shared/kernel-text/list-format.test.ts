import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIdList, parseIdList } from '../../../../shared/kernel-text/list-format.ts';

for (const [text, ids] of [
  ['0-3,6\n', [0, 1, 2, 3, 6]],
  ['\n', []],
  ['', []],
  ['0', [0]],
  ['0-2,4-5\n', [0, 1, 2, 4, 5]],
  ['5,1- 2', [1, 2, 5]],
  ['0,2,0-1\n', [0, 1, 2]],
  ['0-8191', Array.from({ length: 8192 }, (_, i) => i)],
] as const) {
  test(`the list ${JSON.stringify(text)} is parsed`, () => assert.deepEqual(parseIdList(text), ids));
}

for (const text of ['a', '1-', '-1', '3-1', '1,,2', '0-4294967295', '99999999', '0x1', '1 2']) {
  test(`${JSON.stringify(text)} is no list of ids`, () => assert.throws(() => parseIdList(text), SyntaxError));
}

test('parseIdList takes back what formatIdList writes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 300 })), (ids) => {
      assert.deepEqual(
        parseIdList(formatIdList(ids)),
        [...ids].sort((a, b) => a - b),
      );
    }),
  );
});

test('formatIdList joins neighbours to ranges', () => {
  assert.equal(formatIdList([6, 0, 1, 2, 3, 6]), '0-3,6');
  assert.equal(formatIdList([]), '');
});
