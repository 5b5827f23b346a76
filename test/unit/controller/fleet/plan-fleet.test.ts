import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CollectorEntry } from '../../../../controller/config/collectors-key.ts';
import { planFleet } from '../../../../controller/fleet/plan-fleet.ts';

const entry = (name: string, address = `tls:${name}:1`, labels = {}): CollectorEntry => ({ name, address, labels });
const byName = (entries: readonly CollectorEntry[]) => new Map(entries.map((one) => [one.name, one]));

test('what is new starts, what is gone stops, what is another does both, the rest is left alone', () => {
  const followed = [entry('kept'), entry('gone'), entry('moved'), entry('relabelled')];
  const wanted = [entry('kept'), entry('moved', 'tls:x:1'), entry('relabelled', undefined, { a: 'b' }), entry('new')];
  const { stop, start } = planFleet(byName(followed), wanted);
  assert.deepEqual(stop, ['gone', 'moved', 'relabelled']);
  assert.deepEqual(
    start.map(({ name }) => name),
    ['moved', 'relabelled', 'new'],
  );
});

/** By name; fast-check makes objects without a prototype. */
const plain = (entries: readonly CollectorEntry[]) =>
  entries
    .map(({ name, address, labels }) => ({ name, address, labels: { ...labels } }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));

test('after a change exactly what is wanted is followed, and nothing changes any more', () => {
  const entries = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      address: fc.constantFrom('tls:x:1', 'tls:y:1'),
      labels: fc.dictionary(fc.constantFrom('k', 'l'), fc.constantFrom('1', '2'), { noNullPrototype: true }),
    }),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(entries, entries, (followed, wanted) => {
      const after = byName(followed);
      const { stop, start } = planFleet(after, wanted);
      for (const name of stop) after.delete(name);
      for (const one of start) {
        assert.ok(!after.has(one.name), 'stopped before it starts');
        after.set(one.name, one);
      }
      assert.deepEqual(plain([...after.values()]), plain(wanted));
      assert.deepEqual(planFleet(after, wanted), { stop: [], start: [] });
    }),
  );
});
