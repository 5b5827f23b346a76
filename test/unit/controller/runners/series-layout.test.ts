import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareLabelSets, LabelSet } from '../../../../controller/model/label-set.ts';
import { levelsKey, planLayout, RowLabels, sortRows } from '../../../../controller/runners/series-layout.ts';

const value = fc.oneof(fc.constantFrom('', 'a', 'b'), fc.integer({ min: 0, max: 12 }).map(String));
const labels = fc.dictionary(fc.constantFrom('app', 'cpu', 'kind', 'zone'), value);

test('a layout has each distinct series once, in order, and knows its row and source', () => {
  fc.assert(
    fc.property(
      fc.array(labels, { maxLength: 8 }),
      fc.array(labels, { minLength: 1, maxLength: 4 }),
      (tasks, levels) => {
        const rows = tasks.map((source, row) => ({ row, labels: new RowLabels(source, { host: 'n1' }) }));
        const layout = planLayout(levels, sortRows(rows));
        const expected = tasks.flatMap((task) =>
          levels.map((level) => new LabelSet({ ...task, host: 'n1', ...level })),
        );
        const texts = layout.labels.map(({ text }) => text);
        assert.deepEqual(new Set(texts), new Set(expected.map(({ text }) => text)));
        assert.equal(new Set(texts).size, texts.length);
        assert.equal(layout.repeated, expected.length - texts.length);
        layout.labels.forEach((set, i) => {
          const before = layout.labels[i - 1];
          if (before !== undefined) assert.ok(compareLabelSets(before, set) < 0);
          const [task, level] = [tasks[layout.rows[i] ?? -1], levels[layout.slots[i] ?? -1]];
          assert.equal(new LabelSet({ ...task, host: 'n1', ...level }).text, set.text);
        });
      },
    ),
  );
});

test('equal level labels have one key whatever their order, different ones never', () => {
  assert.equal(levelsKey({ a: '1', b: '2' }), levelsKey({ b: '2', a: '1' }));
  assert.notEqual(levelsKey({ a: '1', b: '2' }), levelsKey({ a: '1","b":"2' }));
  assert.equal(levelsKey({}), '');
});

test('a row has one label set for equal level labels', () => {
  const row = new RowLabels({ task_id: 't1' }, {});
  assert.equal(row.with({ a: '1', b: '2' }), row.with({ b: '2', a: '1' }));
});
