import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitColumns, renderPairs, renderTable, type TableColumn } from '../../../../controller/terminal/render.ts';
import { chooseStyle, paint, type Style } from '../../../../controller/terminal/style.ts';
import { displayWidth } from '../../../../controller/terminal/text-width.ts';

const plain: Style = { colour: false, unicode: true, width: undefined };
const columns: readonly TableColumn[] = [
  { title: 'NAME', align: 'left', minWidth: 6 },
  { title: 'SIZE', align: 'right' },
  { title: 'NOTE', align: 'left', dropOrder: 1 },
];

test('numbers are aligned right and texts left', () => {
  assert.deepEqual(
    renderTable(
      columns,
      [
        ['a', '1', 'x'],
        ['long', '1000', ''],
      ],
      plain,
    ),
    ['NAME  SIZE  NOTE', 'a        1  x', 'long  1000'],
  );
});

test('on a narrow terminal a column leaves first and a name is cut then', () => {
  const rows = [['a-very-long-name', '1', 'remark']];
  assert.deepEqual(renderTable(columns, rows, { ...plain, width: 30 }), [
    'NAME              SIZE  NOTE',
    'a-very-long-name     1  remark',
  ]);
  assert.deepEqual(renderTable(columns, rows, { ...plain, width: 24 }), [
    'NAME        SIZE  NOTE',
    'a-very-lo…     1  remark',
  ]);
  assert.deepEqual(renderTable(columns, rows, { ...plain, width: 14 }), ['NAME      SIZE', 'a-very-…     1']);
});

test('colour never changes the alignment', () => {
  const rows = [[{ text: 'bad', paint: 'bad' }, '1', 'x']] as const;
  const coloured = renderTable(columns, rows, { ...plain, colour: true });
  const strip = (line: string): string => line.replaceAll(new RegExp(`${'\u001b'}\\[[0-9;]*m`, 'g'), '').trimEnd();
  assert.deepEqual(coloured.map(strip), renderTable(columns, rows, plain));
  assert.notDeepEqual(coloured, renderTable(columns, rows, plain));
});

test('no line is wider than the terminal when the columns can be cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ maxLength: 6 }), fc.string()), { maxLength: 5 }),
      fc.integer({ min: 16, max: 120 }),
      (rows, width) => {
        for (const line of renderTable(columns, rows, { ...plain, width })) assert.ok(displayWidth(line) <= width);
      },
    ),
  );
});

test('fitColumns keeps natural widths where there is room', () => {
  assert.deepEqual(
    fitColumns(columns, [10, 4, 4], undefined).map(({ width }) => width),
    [10, 4, 4],
  );
});

test('pairs are aligned, wrapped below the value, and have no control characters', () => {
  assert.deepEqual(
    renderPairs(
      [
        ['why', 'one two three four five'],
        ['remedy', 'a\u001bb'],
      ],
      { ...plain, width: 30 },
    ),
    ['  why     one two three four', '          five', '  remedy  a?b'],
  );
});

test('colours need a terminal and nobody who forbids them', () => {
  const style = (isTerminal: boolean, env: Record<string, string>, noColour = false): boolean =>
    chooseStyle({ isTerminal, columns: 80, env, noColour }).colour;
  assert.equal(style(true, {}), true);
  assert.equal(style(false, {}), false);
  assert.equal(style(true, { NO_COLOR: '1' }), false);
  assert.equal(style(true, { NO_COLOR: '' }), true);
  assert.equal(style(true, { TERM: 'dumb' }), false);
  assert.equal(style(true, {}, true), false);
});

test('the character set follows LC_ALL before LC_CTYPE before LANG', () => {
  const unicode = (env: Record<string, string>): boolean =>
    chooseStyle({ isTerminal: true, columns: 80, env, noColour: false }).unicode;
  assert.equal(unicode({ LANG: 'C.UTF-8' }), true);
  assert.equal(unicode({ LC_ALL: 'C', LANG: 'C.UTF-8' }), false);
  assert.equal(unicode({}), false);
  assert.equal(paint('x', 'bad', { ...plain, colour: false }), 'x');
});
