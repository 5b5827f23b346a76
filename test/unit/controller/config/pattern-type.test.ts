import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boolOrPattern } from '../../../../controller/config/pattern-type.ts';
import { PythonPrefixMatch } from '../../../../controller/python/prefix-match.ts';
import { checkValue } from '../../../kit/configurations.ts';

test('true and false stay what they are, a string becomes a pattern', () => {
  assert.deepEqual(checkValue(boolOrPattern(), 'true'), { value: true });
  assert.deepEqual(checkValue(boolOrPattern(), 'false'), { value: false });
  const checked = checkValue(boolOrPattern({ groups: 2 }), "'(a)(b)'");
  assert.ok('value' in checked && checked.value instanceof PythonPrefixMatch);
  assert.equal(checked.value.pattern, '(a)(b)');
});

const refused: readonly (readonly [yaml: string, reason: RegExp])[] = [
  ['null', /got null/],
  ['1', /got the int 1/],
  ['[a]', /got a list/],
  ["'('", /at position/],
  ["'\\q'", /escape \\q means nothing/],
  ["'a'", /it has 0 groups/],
  ["'(a)(b)(c)'", /it has 3 groups/],
];
for (const [yaml, reason] of refused) {
  test(`${yaml} is refused with the reason`, () => {
    const checked = checkValue(boolOrPattern({ groups: 2 }), yaml);
    assert.ok('problems' in checked);
    assert.equal(checked.problems.length, 1);
    assert.match(checked.problems[0] ?? '', reason);
    assert.match(checked.problems[0] ?? '', /Python regular expression with 2 groups/);
  });
}
