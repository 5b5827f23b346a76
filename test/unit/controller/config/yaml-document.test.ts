import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ConfigNode } from '../../../../controller/config/config-node.ts';
import { parseYaml } from '../../../../controller/config/yaml-document.ts';
import { resolvePlain } from '../../../../controller/config/yaml-scalar.ts';

/** The tree as plain values; components as `!Tag`. */
function plain(node: ConfigNode | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === 'scalar') return node.scalar.type === 'null' ? null : node.scalar.value;
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind === 'component') return { [`!${node.tag}`]: plain(node.content) };
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

const scalars: readonly (readonly [text: string, type: string, value?: unknown])[] = [
  ['true', 'bool', true],
  ['FALSE', 'bool', false],
  ['tRUE', 'str', 'tRUE'],
  ['yes', 'str', 'yes'],
  ['off', 'str', 'off'],
  ['~', 'null'],
  ['', 'null'],
  ['Null', 'null'],
  ['010', 'int', 10n],
  ['0o10', 'int', 8n],
  ['0x1F', 'int', 31n],
  ['0b11', 'int', 3n],
  ['-5', 'int', -5n],
  ['+5', 'int', 5n],
  ['1_000', 'int', 1000n],
  ['18446744073709551615', 'int', 18446744073709551615n],
  ['1e3', 'float', 1000],
  ['1.', 'float', 1],
  ['.5', 'float', 0.5],
  ['-1.5e-3', 'float', -0.0015],
  ['.inf', 'float', Number.POSITIVE_INFINITY],
  ['-.Inf', 'float', Number.NEGATIVE_INFINITY],
  ['.nan', 'float', Number.NaN],
  ['.', 'str', '.'],
  ['1.2.3', 'str', '1.2.3'],
  ['2019-01-01', 'str', '2019-01-01'],
  ['0x', 'str', '0x'],
  ['1'.repeat(401), 'str', '1'.repeat(401)],
];

for (const [text, type, value] of scalars) {
  test(`the plain scalar ${text.slice(0, 30)} is a ${type}`, () => {
    assert.deepEqual(resolvePlain(text), type === 'null' ? { type } : { type, value });
  });
}

const documents: readonly (readonly [name: string, text: string, value: unknown])[] = [
  ['nothing', '', undefined],
  ['a comment', '# nothing\n', undefined],
  ['quoted numbers are strings', 'a: "5"', { a: '5' }],
  ['block text', 'a: |\n  5\n', { a: '5\n' }],
  [
    'tags of components',
    'a: !Foo {b: 1}\nc: !Bar\nd: !Baz x',
    { a: { '!Foo': { b: 1n } }, c: { '!Bar': null }, d: { '!Baz': 'x' } },
  ],
  ['an environment variable', 'a: !Env HOST', { a: 'node1' }],
  ['an environment variable is a string', 'a: !Env PORT', { a: '443' }],
  ['an unset environment variable is empty', 'a: !Env NOBODY', { a: '' }],
  ['names of JavaScript are no environment', 'a: !Env toString', { a: '' }],
  [
    'tags of YAML',
    'a: !!str 5\nb: !!int "5"\nc: !!float 5\nd: !!map {}\ne: !!seq []',
    { a: '5', b: 5n, c: 5, d: {}, e: [] },
  ],
  ['a merge key', 'a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}', { a: { x: 1n, y: 2n }, b: { x: 1n, y: 3n } }],
  [
    'the first of several merged mappings wins',
    'a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}',
    { a: { x: 1n }, b: { x: 2n, y: 2n }, c: { x: 1n, y: 2n } },
  ],
  ['a merge into a component', 'a: &a {x: 1}\nb: !Foo\n  <<: *a', { a: { x: 1n }, b: { '!Foo': { x: 1n } } }],
  ['a merge of a component', 'a: &a !Foo {x: 1}\nb: {<<: *a}', { a: { '!Foo': { x: 1n } }, b: { x: 1n } }],
  ['a quoted << is a key', '"<<": 1', { '<<': 1n }],
  ['the nearest anchor before an alias', 'a: &a 1\nb: &a 2\nc: *a', { a: 1n, b: 2n, c: 2n }],
  ['an alias as a key', 'a: &a k\n? *a\n: 1', { a: 'k', k: 1n }],
  ['a byte order mark', '\uFEFFa: 1', { a: 1n }],
  ['carriage returns', 'a: 1\r\nb: 2\r\n', { a: 1n, b: 2n }],
];

for (const [name, text, value] of documents) {
  test(`YAML: ${name}`, () => {
    const { root, problems } = parseYaml(text, { HOST: 'node1', PORT: '443' });
    assert.deepEqual(problems, []);
    assert.deepEqual(plain(root), value);
  });
}

const broken: readonly (readonly [name: string, text: string, where: string, reason: RegExp])[] = [
  ['a syntax error', 'a: [1', '1:6', /./],
  ['truncated text in quotes', 'a: "x', '1:6', /quote/],
  ['a second document', 'a: 1\n---\nb: 2\n', '2:1', /second document/],
  ['a duplicate key', 'a: 1\nb:\n  x: 1\n  x: 2', '4:3', /stands already at line 3, column 3/],
  ['two merge keys', 'a: &a {}\nb:\n  <<: *a\n  <<: *a', '4:3', /stands already at line 3/],
  ['an unknown alias', 'a: *b', '1:4', /no anchor &b/],
  ['an alias before its anchor', 'a: *b\nc: &b 1', '1:4', /no anchor &b/],
  ['an alias inside its anchor', 'a: &a\n  b: *a', '2:6', /inside its own anchor/],
  ['a list as a key', '? [1]\n: 2', '1:3', /a list as a key/],
  ['a merge of a scalar', 'a:\n  <<: 5', '2:3', /merges the int 5/],
  ['!Env with a list', 'a: !Env [x]', '1:4', /!Env with a list/],
  ['!Env without a name', 'a: !Env', '1:4', /!Env/],
  ['a Python tag', 'a: !!python/object:os.system x', '1:4', /!!python\/object:os.system is not supported/],
  ['a tag that the value does not fit', 'a: !!int x', '1:10', /is no !!int/],
  ['a control character', 'a: 1\nb: \u0001', '2:4', /control character U\+0001/],
  ['a NUL', '\0', '1:1', /U\+0000/],
  ['tabs as indentation', 'a:\n\t- b', '2:1', /[Tt]ab/],
  ['a flow too deep', '['.repeat(1_000_000), '1:101', /nested too deeply/],
  ['indicators too deep', '- '.repeat(500_000), '1:201', /nested too deeply/],
  ['too many tokens', `[${','.repeat(1_000_000)}`, '1:200000', /more than 200000 YAML tokens/],
  ['more than 1 MiB', `a: ${'x'.repeat(1 << 20)}`, '1:1', /larger than 1048576 bytes/],
];

for (const [name, text, where, reason] of broken) {
  test(`YAML refuses ${name} and says where`, () => {
    const { root, problems } = parseYaml(text, {});
    assert.equal(root, undefined);
    const [first] = problems;
    assert.ok(first !== undefined);
    assert.equal(`${first.at.line}:${first.at.column}`, where);
    assert.match(first.reason, reason);
  });
}

test('nodes know where they begin: keys, values, tags', () => {
  const { root } = parseYaml('a: &x !Foo\n  bc:   12\nd: [1, !Bar]\n', {});
  assert.ok(root?.kind === 'mapping');
  const [a, d] = root.entries;
  assert.ok(a?.value.kind === 'component' && a.value.content.kind === 'mapping' && d?.value.kind === 'list');
  assert.deepEqual(a.value.at, { line: 1, column: 7 });
  assert.deepEqual(a.value.content.entries[0]?.keyAt, { line: 2, column: 3 });
  assert.deepEqual(a.value.content.entries[0]?.value.at, { line: 2, column: 9 });
  assert.deepEqual(d.value.items[1]?.at, { line: 3, column: 8 });
});

test('an alias is the very node of its anchor', () => {
  const { root } = parseYaml('a: &x !Foo {}\nb: *x', {});
  assert.ok(root?.kind === 'mapping');
  assert.equal(root.entries[0]?.value, root.entries[1]?.value);
});

test('merges that multiply end in a problem, soon', () => {
  const keys = Array.from({ length: 2_000 }, (_, i) => `k${i}: 1`).join(', ');
  const merges = Array.from({ length: 500 }, (_, i) => `m${i}: {<<: *a}`).join('\n');
  const { problems } = parseYaml(`a: &a {${keys}}\n${merges}`, {});
  assert.match(problems.map(({ reason }) => reason).join(), /merges more than 100000 keys/);
});

test('any text is a tree or problems, never an exception', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a ',
    '*a',
    '!F ',
    '!Env ',
    '<<',
    '\n',
    '  ',
    '"',
    "'",
    '|',
    '>',
    '#',
    '?',
    '!!int ',
    '5',
    '%',
    '---',
    '\t',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
        fc.string(),
      ),
      (text) => {
        const { root, problems } = parseYaml(text, {});
        if (problems.length > 0) assert.equal(root, undefined);
        for (const { at } of problems) assert.ok(at.line >= 1 && at.column >= 1);
      },
    ),
    { numRuns: 1_000 },
  );
});
