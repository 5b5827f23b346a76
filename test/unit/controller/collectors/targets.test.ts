import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseBackoffMs } from '../../../../controller/collectors/backoff.ts';
import { planTargetChange } from '../../../../controller/collectors/targets.ts';
import type { Target } from '../../../../shared/rpc/watch-messages.ts';

const target = (id: string, path = `/${id}`, children: readonly string[] = []): Target => ({
  id,
  cgroupPath: path,
  childCgroupPaths: children,
});
const setOf = (...targets: readonly Target[]): ReadonlyMap<string, Target> =>
  new Map(targets.map((one) => [one.id, one]));

test('equal sets need no update', () => {
  assert.equal(planTargetChange(setOf(), setOf()), undefined);
  assert.equal(planTargetChange(setOf(target('a', '/a', ['/a/1'])), setOf(target('a', '/a', ['/a/1']))), undefined);
});

test('an update holds what is new or changed and what is gone', () => {
  const sent = setOf(target('a'), target('b'), target('c', '/c', ['/c/1']), target('d'));
  const wanted = setOf(target('b'), target('c', '/c', ['/c/2']), target('d', '/other'), target('e'));
  assert.deepEqual(planTargetChange(sent, wanted), {
    upsert: [target('c', '/c', ['/c/2']), target('d', '/other'), target('e')],
    remove: ['a'],
  });
});

test('applying the update to what was sent gives what is wanted', () => {
  const targets = fc.uniqueArray(
    fc.record(
      {
        id: fc.constantFrom('a', 'b', 'c', 'd'),
        cgroupPath: fc.constantFrom('/x', '/y'),
        childCgroupPaths: fc.array(fc.constantFrom('/1', '/2'), { maxLength: 2 }),
      },
      { noNullPrototype: true },
    ),
    { selector: ({ id }) => id },
  );
  fc.assert(
    fc.property(targets, targets, (before, after) => {
      const result = new Map(setOf(...before));
      const change = planTargetChange(setOf(...before), setOf(...after));
      for (const id of change?.remove ?? []) assert.ok(result.delete(id));
      for (const one of change?.upsert ?? []) result.set(one.id, one);
      assert.deepEqual(result, setOf(...after));
    }),
  );
});

test('pauses double from 0.2 s to 10 s, less up to a half by chance', () => {
  assert.deepEqual(
    [0, 1, 2, 5, 6, 1000].map((attempt) => chooseBackoffMs(attempt, 0)),
    [...[200, 400, 800, 6400, 10_000, 10_000]],
  );
  assert.equal(chooseBackoffMs(0, 1), 100);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const ms = chooseBackoffMs(attempt, random);
      assert.ok(ms >= 100 && ms <= 10_000);
    }),
  );
});
