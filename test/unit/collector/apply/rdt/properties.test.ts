import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RdtEntries, type RdtEntry } from '../../../../../collector/apply/rdt/entries.ts';
import { isSameLine, tryParse } from '../../../../../collector/apply/rdt/line-text.ts';
import { chooseOwnName } from '../../../../../collector/apply/rdt/own-name.ts';
import { formatDomains } from '../../../../../shared/kernel-text/schemata.ts';
import { RdtAllocationBench } from '../../../../kit/rdt-allocation-bench.ts';

const paths = ['/a', '/b', '/a/c', '/a-c'] as const;
const path = fc.constantFrom(...paths);
const lines = fc.constantFrom([], ['L3:0=f'], ['L3:0=3;1=3'], ['MB:0=50'], ['L3:1=7f', 'MB:0=20;1=30'], ['L3:0=5']);
const group = fc.constantFrom(undefined, '', 'be', 'lc', 'theirs');
const wish = fc.record({ path, group, lines });

const step = fc.oneof(
  fc.record({ kind: fc.constant('allocate' as const), wishes: fc.array(wish, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('restore' as const), path }),
  fc.record({ kind: fc.constant('start' as const), path }),
  fc.record({ kind: fc.constant('fork' as const), path }),
  fc.record({ kind: fc.constant('end' as const), path }),
  fc.record({ kind: fc.constant('vanish' as const), path: fc.constantFrom('/b', '/a/c', '/a-c') }),
  fc.record({ kind: fc.constant('keep' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function threadOf(bench: RdtAllocationBench, at: string): number | undefined {
  return [...bench.fake.threads].find(([, { cgroup }]) => cgroup === at)?.[0];
}

async function act(bench: RdtAllocationBench, one: Step): Promise<void> {
  const { fake } = bench;
  switch (one.kind) {
    case 'allocate': {
      const unique = [...new Map(one.wishes.map((each) => [each.path, each])).values()];
      for (const each of unique) fake.addCgroup(each.path);
      await bench.allocate(
        ...unique.map(({ group: name, ...rest }) => (name === undefined ? rest : { ...rest, group: name })),
      );
      return;
    }
    case 'restore':
      return bench.restore(one.path);
    case 'start':
      fake.addThread(one.path);
      return;
    case 'fork': {
      const parent = threadOf(bench, one.path);
      if (parent !== undefined) fake.addThread(one.path, parent);
      return;
    }
    case 'end': {
      const id = threadOf(bench, one.path);
      if (id !== undefined) fake.endThread(id);
      return;
    }
    case 'vanish':
      fake.removeCgroup(one.path);
      return;
    case 'keep':
      return bench.keeper.keep();
  }
}

/** In no group of WCA may a thread be whose lines are not those that were written for it. */
function checkLines(bench: RdtAllocationBench): void {
  for (const { knob, written } of bench.entries) {
    if (knob.kind !== 'rdt-line' || !bench.groups.includes(knob.group)) continue;
    const now = bench.fake.schemata.lines(knob.group).find((line) => line.startsWith(`${knob.resource}:`)) ?? '';
    const values = [...tryParse(now.slice(knob.resource.length + 1))].map(
      ([id, text]) => [id, text.replace(/^0+/, '')] as const,
    );
    assert.ok(isSameLine(formatDomains(new Map(values)), written), `${knob.group} ${now} is not ${written}`);
  }
}

/** A group that went with its lines is made again by a target that wishes none. */
const remadeGroup: Step[] = [
  { kind: 'allocate', wishes: [{ path: '/a-c', group: 'lc', lines: ['L3:0=3;1=3'] }] },
  { kind: 'allocate', wishes: [{ path: '/a-c', group: undefined, lines: [] }] },
  { kind: 'allocate', wishes: [{ path: '/a', group: 'lc', lines: [] }] },
];

test('whatever is allocated, restored, started, ended and kept: in the end everything is as it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.boolean(), async (steps, takesLists) => {
      const bench = new RdtAllocationBench({ machine: { numClosids: 4, takesLists } });
      try {
        bench.fake.addGroup({ control: 'theirs', monitoring: '' });
        for (const each of paths) bench.fake.addThread(each);
        for (const one of steps) {
          await act(bench, one);
          checkLines(bench);
          assert.ok(bench.fake.usedClosids <= 4);
          assert.equal(bench.fake.calls.openFiles, 0);
        }
        await bench.keeper.keep();
        for (let round = 0; round < 3; round += 1) await bench.restore();
        assert.deepEqual(bench.groups, ['theirs']);
        assert.deepEqual(bench.fake.schemata.lines(''), ['MB:0=100;1=100', 'L3:0=7ff;1=7ff']);
        assert.deepEqual(bench.fake.schemata.lines('theirs'), bench.fake.schemata.lines(''));
        assert.deepEqual(bench.entries, []);
        assert.deepEqual(bench.troubles, []);
      } finally {
        bench.remove();
      }
    }),
    { numRuns: 60, examples: [[remadeGroup, false]] },
  );
});

const domainLine = fc
  .uniqueArray(fc.tuple(fc.nat({ max: 3 }), fc.constantFrom('1', '3', 'f')), { selector: ([id]) => id })
  .map((entries) => formatDomains(new Map(entries)));

test('isSameLine: a line is the same as itself, in both directions, and as a part of it', () => {
  fc.assert(
    fc.property(domainLine, domainLine, (a, b) => {
      assert.equal(isSameLine(a, a), true);
      assert.equal(isSameLine(a, b), isSameLine(b, a));
      const part = [...tryParse(a)].slice(0, 1);
      if (part.length > 0) assert.equal(isSameLine(a, formatDomains(new Map(part))), true);
    }),
  );
  assert.equal(isSameLine('', '0=f'), false);
});

test('chooseOwnName: in one request no two paths have one name, whatever is there', () => {
  const segment = fc.constantFrom('a', 'b', 'a-b', '-', 'info', 'mon', 'x~0123456789abcdef');
  const anyPath = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(fc.uniqueArray(anyPath, { maxLength: 8 }), fc.array(anyPath), (asked, there) => {
      const written: RdtEntry[] = [];
      const entries = new RdtEntries(() => written);
      const claims = new Map<string, string>();
      const existing = new Set(there.map((one) => one.slice(1)));
      const names = asked.map((one) =>
        chooseOwnName({ path: one, entries, claims, exists: (name) => existing.has(name) }),
      );
      assert.equal(new Set(names).size, asked.length);
      assert.ok(names.every((name) => !existing.has(name)));
    }),
  );
});
