import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseAllotment, FdBudget } from '../../../../collector/kernel/fd-budget.ts';

const cases = [
  {
    name: 'everything is kept while it fits',
    available: 18,
    wish: { files: 10, cpus: 2, events: 4 },
    keepFiles: true,
    events: 4,
    descriptors: 18,
  },
  {
    name: 'then files are opened for each reading',
    available: 17,
    wish: { files: 10, cpus: 2, events: 4 },
    keepFiles: false,
    events: 4,
    descriptors: 8,
  },
  {
    name: 'then events are given up from the end',
    available: 7,
    wish: { files: 10, cpus: 2, events: 4 },
    keepFiles: false,
    events: 3,
    descriptors: 6,
  },
  {
    name: 'then all of them',
    available: 1,
    wish: { files: 10, cpus: 2, events: 4 },
    keepFiles: false,
    events: 0,
    descriptors: 0,
  },
  {
    name: 'without events only the files count',
    available: 10,
    wish: { files: 10, cpus: 2, events: 0 },
    keepFiles: true,
    events: 0,
    descriptors: 10,
  },
];
for (const { name, available, wish, ...allotment } of cases) {
  test(name, () => assert.deepEqual(chooseAllotment(available, wish), allotment));
}

test('property: an allotment never takes more than there is, and never fewer events than fit', () => {
  const wish = fc.record({ files: fc.nat(20), cpus: fc.integer({ min: 1, max: 512 }), events: fc.nat(32) });
  fc.assert(
    fc.property(fc.nat(100_000), wish, (available, { files, cpus, events }) => {
      const allotment = chooseAllotment(available, { files, cpus, events });
      assert.ok(allotment.descriptors <= available);
      assert.ok(allotment.events === events || (allotment.events + 1) * cpus > available);
    }),
  );
});

test('the budget keeps a reserve and takes back what is released', () => {
  const budget = new FdBudget(1000);
  assert.equal(budget.available, 744);
  budget.take(700);
  assert.equal(budget.available, 44);
  budget.take(100);
  assert.equal(budget.available, 0);
  budget.release(800);
  assert.equal(budget.used, 0);
});
