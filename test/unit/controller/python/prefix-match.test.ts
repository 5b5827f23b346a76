import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MatchTooLong } from '../../../../controller/python/matcher.ts';
import { PatternError } from '../../../../controller/python/pattern.ts';
import { PythonPrefixMatch } from '../../../../controller/python/prefix-match.ts';

const cases: readonly (readonly [
  pattern: string,
  text: string,
  groups: readonly (string | undefined)[] | undefined,
])[] = [
  ['nr_', 'nr_free_pages', ['nr_']],
  ['free', 'nr_free_pages', undefined],
  ['.*free', 'nr_free_pages', ['nr_free']],
  ['a|nr', 'nr', ['nr']],
  ['', 'x', ['']],
  ['(a)?(b)', 'b', ['b', undefined, 'b']],
  [String.raw`\s+([a-z_]+)\s+(\d+)`, '      nr_mapped    0', ['      nr_mapped    0', 'nr_mapped', '0']],
  [String.raw`\s+([a-z_]+)\s+(\d+)`, '        cpu: 0', undefined],
  ['(😀)', '😀b', ['😀', '😀']],
];

for (const [pattern, text, groups] of cases) {
  test(`re.match(${JSON.stringify(pattern)}, ${JSON.stringify(text)})`, () => {
    const match = new PythonPrefixMatch(pattern);
    assert.deepEqual(match.groups(text), groups);
    assert.equal(match.matches(text), groups !== undefined);
  });
}

test('the groups of a pattern are counted', () => {
  assert.equal(new PythonPrefixMatch('(?:a)(b)(?P<n>c)').groupCount, 2);
});

test('a pattern that Python refuses is refused', () => {
  assert.throws(() => new PythonPrefixMatch('('), PatternError);
});

test('a pattern that goes back and forth ends, and so does a very long text', () => {
  assert.throws(() => new PythonPrefixMatch('(a+)+b').matches('a'.repeat(60)), MatchTooLong);
  assert.throws(() => new PythonPrefixMatch('a').matches('a'.repeat(5_000)), MatchTooLong);
});

test('what is found never depends on what was asked before', () => {
  const reused = new PythonPrefixMatch('(a)|(b)*');
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c') })), (texts) => {
      for (const text of texts) assert.deepEqual(reused.groups(text), new PythonPrefixMatch('(a)|(b)*').groups(text));
    }),
  );
});
