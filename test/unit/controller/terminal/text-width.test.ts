import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cleanText,
  cutToWidth,
  displayWidth,
  padToWidth,
  wrapText,
} from '../../../../controller/terminal/text-width.ts';

test('wide characters take two columns and combining marks none', () => {
  assert.equal(displayWidth('abc'), 3);
  assert.equal(displayWidth('容器-1'), 6);
  assert.equal(displayWidth('e\u0301'), 1);
  assert.equal(displayWidth('한글'), 4);
});

test('a name cannot move the cursor, recolour the terminal or reorder the line', () => {
  assert.equal(cleanText('a\u001b[31mb\nc\rd\u009b2Je\u202ef\ud800'), 'a?[31mb?c?d?2Je?f?');
});

test('a cut text fits and says that it was cut', () => {
  assert.equal(cutToWidth('redis-master', 12), 'redis-master');
  assert.equal(cutToWidth('redis-master', 8), 'redis-m…');
  assert.equal(cutToWidth('容器容器', 6), '容器…');
  assert.equal(cutToWidth('redis', 3, '~'), 're~');
});

test('cut and padded, any name takes exactly its columns or one less', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (name, width) => {
      const cell = padToWidth(cutToWidth(cleanText(name), width), width, 'left');
      assert.equal(displayWidth(cell), width);
    }),
  );
});

test('wrapped lines fit and keep every word', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1 }),
      fc.integer({ min: 4, max: 40 }),
      (words, width) => {
        const lines = wrapText(words.join(' '), width);
        assert.ok(lines.every((line) => displayWidth(line) <= width));
        assert.equal(lines.join('').replaceAll(' ', ''), words.join(''));
      },
    ),
  );
});
