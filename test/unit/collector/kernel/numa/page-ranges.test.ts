import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeNodeMask, parseMovableRanges, presentPages } from '../../../../../collector/kernel/numa/page-ranges.ts';

/** Lines of a real process, shortened. */
const maps = `00400000-00c9e000 r--p 00000000 fe:01 1443060                            /usr/bin/node
2ab3a000-2ab5b000 rw-p 00000000 00:00 0                                  [heap]
7f5a84000000-7f5a84021000 rw-p 00000000 00:00 0
7f5a84021000-7f5a88000000 ---p 00000000 00:00 0
7f5a90a00000-7f5a90c00000 rw-p 00000000 00:0f 51220                      /anon_hugepage (deleted)
7f5a90c00000-7f5a90e00000 rw-p 00000000 00:2a 3                          /dev/hugepages/pool
7ffd5b7e4000-7ffd5b805000 rw-p 00000000 00:00 0                          [stack]
7ffd5b9f1000-7ffd5b9f5000 r--p 00000000 00:00 0                          [vvar]
7ffd5b9f5000-7ffd5b9f7000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

test('mappings whose pages may be moved: not those of the kernel, of hugetlbfs, or without rights', () => {
  assert.deepEqual(parseMovableRanges(maps, 4096), [
    { start: 0x400, end: 0xc9e },
    { start: 0x2ab3a, end: 0x2ab5b },
    { start: 0x7f5a84000, end: 0x7f5a84021 },
    { start: 0x7ffd5b7e4, end: 0x7ffd5b805 },
  ]);
});

test('pages are as large as the machine has them', () => {
  const text = 'ffff80000000-ffff80040000 rw-p 00000000 00:00 0 [heap]\n';
  assert.deepEqual(parseMovableRanges(text, 65_536), [{ start: 0xffff8000, end: 0xffff8004 }]);
});

for (const [what, text] of [
  ['empty', ''],
  ['truncated', '00400000-00c9'],
  ['broken', 'zz-yy rw-p 0 0:0 0 [heap]\n'],
  ['backwards', '00c9e000-00400000 r--p 00000000 fe:01 1 /x\n'],
] as const) {
  test(`a ${what} list of mappings has none`, () => assert.deepEqual(parseMovableRanges(text, 4096), []));
}

test('pages in memory have bit 63 set, whatever else is', () => {
  const words = [0x8180_0000_0012_3456n, 0n, 0x4000_0000_0000_0001n, 0xffff_ffff_ffff_ffffn];
  const bytes = Buffer.alloc(words.length * 8 + 3);
  for (const [i, word] of words.entries()) bytes.writeBigUInt64LE(word, i * 8);
  assert.deepEqual(presentPages(bytes, 1000), [1000, 1003]);
});

test('a mask has one bit a node and as many words as the highest node of the machine needs', () => {
  assert.equal(encodeNodeMask([1], [0, 1]).toString('hex'), '0200000000000000');
  assert.equal(encodeNodeMask([0, 2], [0, 2]).toString('hex'), '0500000000000000');
  assert.equal(encodeNodeMask([64], [0, 64]).toString('hex'), `${'00'.repeat(8)}01${'00'.repeat(7)}`);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(1023), { minLength: 1 }), (all) => {
      const nodes = all.filter((_, i) => i % 2 === 0);
      const mask = encodeNodeMask(nodes, all);
      assert.equal(mask.length, encodeNodeMask([], all).length);
      for (const node of all) assert.equal(((mask[node >> 3] ?? 0) >> (node & 7)) & 1, nodes.includes(node) ? 1 : 0);
    }),
  );
});
