import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareLabelSets, LabelSet } from '../../../../controller/model/label-set.ts';

const texts = (sets: readonly LabelSet[]): string[] => sets.map(({ text }) => text);

test('labels are sorted by name and escaped once', () => {
  const set = new LabelSet({ host: 'n1', cpu: '0', path: 'C:\\x\n"y"' });
  assert.equal(set.text, 'cpu="0",host="n1",path="C:\\\\x\\n\\"y\\""');
  assert.deepEqual(set.toRecord(), { host: 'n1', cpu: '0', path: 'C:\\x\n"y"' });
});

const orders: readonly { readonly name: string; readonly sorted: readonly Record<string, string>[] }[] = [
  { name: 'digits compare as numbers', sorted: [{ cpu: '9' }, { cpu: '10' }, { cpu: '100' }] },
  { name: 'numbers stand before text', sorted: [{ cpu: '10' }, { cpu: '-1' }, { cpu: '1a' }, { cpu: 'all' }] },
  { name: 'a shorter list stands first', sorted: [{}, { a: '1' }, { a: '1', b: '0' }, { a: '2' }] },
  { name: 'the name decides before the value', sorted: [{ a: '9' }, { b: '1' }] },
  { name: 'digits beyond 2^53 are told apart', sorted: [{ a: '9007199254740992' }, { a: '9007199254740993' }] },
  { name: 'equal numbers are ordered by their text', sorted: [{ a: '007' }, { a: '07' }, { a: '7' }] },
];
for (const { name, sorted } of orders) {
  test(`order of series: ${name}`, () => {
    const sets = sorted.map((labels) => new LabelSet(labels));
    assert.deepEqual(texts([...sets].reverse().sort(compareLabelSets)), texts(sets));
  });
}

test('the order is total: antisymmetric and transitive on any labels', () => {
  const value = fc.oneof(fc.string({ maxLength: 3 }), fc.stringMatching(/^[0-9]{1,20}$/));
  const set = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value).map((labels) => new LabelSet(labels));
  fc.assert(
    fc.property(set, set, set, (a, b, c) => {
      assert.equal(Math.sign(compareLabelSets(a, b)), 0 - Math.sign(compareLabelSets(b, a)));
      assert.equal(compareLabelSets(a, b) === 0, a.text === b.text);
      if (compareLabelSets(a, b) < 0 && compareLabelSets(b, c) < 0) assert.ok(compareLabelSets(a, c) < 0);
    }),
  );
});

test('filter returns the same object when nothing goes', () => {
  const set = new LabelSet({ a: '1', b: '2' });
  assert.equal(
    set.filter(() => true),
    set,
  );
  assert.equal(set.filter((name) => name === 'b').text, 'b="2"');
});
