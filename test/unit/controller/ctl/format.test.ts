import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatQuantity,
  formatSeconds,
  formatWholePercent,
} from '../../../../controller/ctl/format.ts';
import { formatIdList } from '../../../../controller/ctl/id-list.ts';

const cases: readonly (readonly [got: string, wanted: string])[] = [
  [formatBytes(0), '0 B'],
  [formatBytes(999), '999 B'],
  [formatBytes(1000), '0.98 KiB'],
  [formatBytes(1536), '1.50 KiB'],
  [formatBytes(1024 ** 3), '1.00 GiB'],
  [formatBytes(2 ** 63), '8.00 EiB'],
  [formatCount(0), '0'],
  [formatCount(950), '950'],
  [formatCount(999.6), '1.00k'],
  [formatCount(12345), '12.3k'],
  [formatCount(2.5), '2.50'],
  [formatPercent(0.1234), '12.3'],
  [formatPercent(0.99951), '100'],
  [formatWholePercent(0), '0'],
  [formatWholePercent(0.001), '<1'],
  [formatWholePercent(1), '100'],
  [formatSeconds(0), '0 s'],
  [formatSeconds(0.0123), '12.3 ms'],
  [formatSeconds(0.9999), '1 s'],
  [formatSeconds(59.97), '1 min'],
  [formatSeconds(75), '1 min 15 s'],
  [formatSeconds(8000), '2 h 13 min'],
  [formatSeconds(97_200), '1 d 3 h'],
  [formatQuantity(1, 'target'), '1 target'],
  [formatQuantity(2, 'target'), '2 targets'],
  [formatIdList([]), 'none'],
  [formatIdList([8, 0, 2, 1]), '0-2,8'],
  [formatIdList([3, 3]), '3'],
];
for (const [index, [got, wanted]] of cases.entries()) {
  test(`format case ${index} gives ${wanted}`, () => assert.equal(got, wanted));
}

test('sizes and counts never take more columns than their table gives them', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2 ** 64, noNaN: true }), (value) => {
      assert.ok(formatBytes(value).length <= 8, formatBytes(value));
      assert.match(formatBytes(value), /^\d+(\.\d+)? ([KMGTPE]i)?B$/);
      assert.doesNotMatch(formatCount(value), /e/);
    }),
  );
});
