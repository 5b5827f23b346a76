import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { refusalOf, TargetSet } from '../../../../collector/watch/targets.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import type { Target } from '../../../../shared/rpc/watch-messages.ts';

function target(id: string, cgroupPath = `/${id}`, childCgroupPaths: readonly string[] = []): Target {
  return { id, cgroupPath, childCgroupPaths };
}

function update(upsert: readonly Target[], remove: readonly string[] = [], revision = 1) {
  return { revision, upsert, remove };
}

test('an update says what it changed and nothing else', () => {
  const set = new TargetSet();
  assert.deepEqual(set.apply(update([target('a'), target('b')])).upserted, [target('a'), target('b')]);
  const changes = set.apply(update([target('a'), target('b', '/other')], ['c'], 2));
  assert.deepEqual(changes, { removed: [], upserted: [target('b', '/other')] });
  assert.equal(set.revision, 2);
});

test('removal comes before insertion, so that one update can replace', () => {
  const set = new TargetSet();
  set.apply(update([target('a')]));
  const changes = set.apply(update([target('a')], ['a']));
  assert.deepEqual(changes, { removed: ['a'], upserted: [target('a')] });
});

test('rows keep their order, a replaced target keeps its row', () => {
  const set = new TargetSet();
  set.apply(update([target('a'), target('b'), target('c')]));
  set.apply(update([target('a', '/x'), target('d')], ['b']));
  assert.deepEqual([...set.ids()], ['a', 'c', 'd']);
});

test('a container named twice counts once', () => {
  const { upserted } = new TargetSet().apply(update([target('a', '/a', ['/a/1', '/a/1', '/a/2'])]));
  assert.deepEqual(upserted[0]?.childCgroupPaths, ['/a/1', '/a/2']);
});

const broken: readonly { name: string; targets: readonly Target[]; code: string }[] = [
  { name: 'an empty id', targets: [target('')], code: 'INVALID_ARGUMENT' },
  { name: 'an id that is too long', targets: [target('x'.repeat(limits.maxIdBytes + 1))], code: 'INVALID_ARGUMENT' },
  {
    name: 'an id that is too long in bytes',
    targets: [target('é'.repeat(limits.maxIdBytes - 1))],
    code: 'INVALID_ARGUMENT',
  },
  {
    name: 'too many targets',
    targets: Array.from({ length: limits.maxTargets + 1 }, (_, i) => target(`t${i}`)),
    code: 'LIMIT_REACHED',
  },
  {
    name: 'too many containers in one target',
    targets: [
      target(
        'a',
        '/a',
        Array.from({ length: limits.maxChildren + 1 }, (_, i) => `/a/${i}`),
      ),
    ],
    code: 'LIMIT_REACHED',
  },
  {
    name: 'too many cgroups in all',
    targets: Array.from({ length: 700 }, (_, i) =>
      target(
        `t${i}`,
        '/a',
        Array.from({ length: limits.maxChildren }, (_unused, j) => `/a/${j}`),
      ),
    ),
    code: 'LIMIT_REACHED',
  },
  {
    name: 'too many bytes in all',
    targets: Array.from({ length: 5_000 }, (_, i) => target(`t${i}`, `/${'x'.repeat(4_000)}`)),
    code: 'LIMIT_REACHED',
  },
];
for (const { name, targets, code } of broken) {
  test(`TargetSet refuses ${name}`, () => {
    assert.throws(() => new TargetSet().apply(update(targets)), { code });
  });
}

test('bounds are on what is held, not on what ever came', () => {
  const set = new TargetSet();
  for (let i = 0; i < 5; i += 1) {
    const targets = Array.from({ length: limits.maxTargets }, (_, n) => target(`t${n}`, `/${i}/${n}`));
    set.apply(update(targets));
  }
  assert.equal(set.size, limits.maxTargets);
});

test('refusalOf looks at the children too', () => {
  assert.equal(refusalOf(target('a', '/a', ['/a/1'])), undefined);
  assert.equal(refusalOf(target('a', '/a', ['/a/../b']))?.code, 'INVALID_ARGUMENT');
});

test('property: the set is what a Map would be', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.record({
    upsert: fc.array(fc.tuple(id, fc.nat(2)), { maxLength: 4 }),
    remove: fc.array(id, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const set = new TargetSet();
      const model = new Map<string, string>();
      for (const { upsert, remove } of steps) {
        set.apply(
          update(
            upsert.map(([name, n]) => target(name, `/${n}`)),
            remove,
          ),
        );
        for (const name of remove) model.delete(name);
        for (const [name, n] of upsert) model.set(name, `/${n}`);
        assert.deepEqual([...set.ids()], [...model.keys()]);
      }
    }),
  );
});
