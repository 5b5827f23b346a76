import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReferencedSum } from '../../../../../collector/kernel/task-memory/referenced-sum.ts';
import { fixture } from '../../../../kit/package-root.ts';

/** The sum of a text that comes in pieces; what lies behind a piece in its buffer is no part of it. */
function sumOf(pieces: readonly (string | Uint8Array)[]): ReferencedSum {
  const sum = new ReferencedSum();
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    sum.add(Buffer.concat([bytes, Buffer.from('7\nReferenced: 9 kB\n')]), bytes.length);
  }
  return sum;
}

const smaps = readFileSync(fixture('processes', '6.18', 'smaps'), 'latin1');
const rollup = readFileSync(fixture('processes', '6.18', 'smaps_rollup'), 'latin1');

const cases: readonly { readonly name: string; readonly text: string; readonly kibibytes?: number }[] = [
  { name: 'a capture of smaps_rollup', text: rollup, kibibytes: 1828 },
  { name: 'a capture of smaps: the mappings are added', text: smaps, kibibytes: 996 },
  { name: 'empty, a kernel thread', text: '', kibibytes: 0 },
  { name: 'names that only resemble it', text: 'XReferenced: 5 kB\nReferenced 7 kB\nReferenced: 1 kB\n', kibibytes: 1 },
  {
    name: 'a mapped file of that name',
    text: '00-01 r--p 0 fe:00 1  /tmp/Referenced: 5 kB\nReferenced: 2 kB\n',
    kibibytes: 2,
  },
  { name: 'a file whose name has a line end', text: '0 r /a\\012Referenced: 5 kB\nReferenced: 2 kB\n', kibibytes: 2 },
  { name: 'the largest size that is exact', text: 'Referenced: 9007199254740991 kB\n', kibibytes: 2 ** 53 - 1 },
  { name: 'no unit', text: 'Referenced:\t8\n', kibibytes: 8 },
  { name: 'a size above 2^53', text: 'Referenced: 18014398509481983 kB\n' },
  { name: 'a sum above 2^53', text: 'Referenced: 9007199254740991 kB\nReferenced: 1 kB\n' },
  { name: 'no line of the name', text: 'Rss: 8 kB\nPss: 8 kB\n' },
  { name: 'cut off in the name', text: 'Referenced: 8 kB\nRefer' },
  { name: 'cut off in the number', text: 'Referenced: 8 kB\nReferenced: 1' },
  { name: 'cut off before the line end', text: 'Referenced: 8 kB' },
  { name: 'broken number', text: 'Referenced: 8x kB\nReferenced: 1 kB\n' },
  { name: 'negative number', text: 'Referenced: -8 kB\n' },
  { name: 'no number', text: 'Referenced:   \nReferenced: 1 kB\n' },
];

for (const { name, text, kibibytes } of cases) {
  test(`${name}: ${kibibytes === undefined ? 'is refused' : kibibytes}`, () => {
    const sum = sumOf([text]);
    assert.equal(sum.isWhole, kibibytes !== undefined);
    if (kibibytes !== undefined) assert.equal(sum.kibibytes, kibibytes);
  });
}

test('wherever a text is cut into pieces, the sum is the same', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: smaps.length }), { maxLength: 30 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), smaps.length];
      const sum = sumOf(places.slice(1).map((place, i) => smaps.slice(places[i], place)));
      assert.deepEqual([sum.kibibytes, sum.isWhole], [996, true]);
    }),
  );
});

test('any bytes are survived, and never make a sum that is no number', () => {
  const line = fc.constantFrom('Referenced:', ' 1', 'kB', '\n', 'x', '999999999999999999999');
  const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), line);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const sum = sumOf(pieces);
      assert.ok(sum.kibibytes >= 0);
      if (sum.isWhole) assert.ok(Number.isSafeInteger(sum.kibibytes));
    }),
  );
});
