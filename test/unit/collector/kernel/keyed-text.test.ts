import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineFinder, parseKeyedLines } from '../../../../collector/kernel/keyed-text.ts';

function find(finder: LineFinder, text: string): number | undefined {
  const bytes = Buffer.from(text);
  return finder.find(bytes, bytes.length);
}

test('a key is matched as a whole at the beginning of a line', () => {
  const finder = new LineFinder('pgfault ');
  assert.equal(find(finder, 'total_pgfault 1\npgfault_x 2\npgfault 3\n'), 36);
  assert.equal(find(finder, 'total_pgfault 1\npgfault_x 2\n'), undefined);
  assert.equal(find(finder, ''), undefined);
  assert.equal(find(finder, 'pgfaul'), undefined);
  assert.equal(find(finder, 'pgfault'), undefined);
});

test('a remembered place is only believed when the key is still there', () => {
  const finder = new LineFinder('key ');
  assert.equal(find(finder, 'a 1\nkey 2\n'), 8);
  assert.equal(find(finder, 'a 1\nkey 5\n'), 8);
  assert.equal(find(finder, 'a 100\nkey 3\n'), 10);
  assert.equal(find(finder, 'xxxxxxkey 3\n'), undefined, 'the old place is in the middle of a line now');
  assert.equal(find(finder, 'key 3\n'), 4);
});

test('text beyond the limit is not seen', () => {
  const finder = new LineFinder('b ');
  const bytes = Buffer.from('a 1\nb 2\n');
  assert.equal(finder.find(bytes, bytes.length), 6);
  assert.equal(finder.find(bytes, 4), undefined);
  assert.equal(finder.find(bytes, 5), undefined);
});

test('a finder that remembers answers as one that does not, whatever the texts', () => {
  const line = fc.tuple(fc.constantFrom('a', 'ab', 'b', 'total_a', ''), fc.nat(99_999)).map(([k, v]) => `${k} ${v}`);
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(line, { selector: (l) => l.split(' ')[0] }), { maxLength: 6 }), (texts) => {
      const old = new LineFinder('a ');
      for (const lines of texts) {
        const now = lines.join('\n');
        assert.equal(find(old, now), find(new LineFinder('a '), now));
      }
    }),
  );
});

test('parseKeyedLines takes the first of a key and leaves out lines without a separator', () => {
  const values = parseKeyedLines('MemTotal:  5 kB\nnonsense\n: x\nMemTotal: 6 kB\nA:b:c', ':');
  assert.deepEqual(
    [...values],
    [
      ['MemTotal', '5 kB'],
      ['A', 'b:c'],
    ],
  );
});
