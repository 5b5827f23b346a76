import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { TargetResult } from '../../../../shared/allocation/results.ts';
import { AllocationBench, actor, wish } from '../../../kit/fake-knobs.ts';

const outcomes = (results: readonly TargetResult[]): readonly string[] =>
  results.flatMap(({ error, values }) => [
    ...(error === undefined ? [] : [error.code]),
    ...values.map(({ type, outcome, error: of }) => `${type} ${outcome}${of === undefined ? '' : ` ${of.code}`}`),
  ]);

test('a target gets what is wished, the same again is unchanged, and restore puts the originals back', async () => {
  const bench = new AllocationBench();
  const call = bench.call('/a', [wish('cpu_quota', 5)]);
  const [result] = await bench.applier.allocate(call);
  assert.deepEqual(result?.values[0]?.writes, [
    { file: '/a first', before: 'original 1', after: 'cpu_quota 5' },
    { file: '/a second', before: 'original 1', after: 'cpu_quota 5' },
  ]);
  assert.deepEqual(outcomes(await bench.applier.allocate(call)), ['cpu_quota unchanged']);
  assert.equal(bench.kernel.writes, 2);
  assert.deepEqual(outcomes(await bench.restoreAll()), ['cpu_quota applied']);
  assert.deepEqual([bench.kernel.text('/a', 'first'), bench.kernel.text('/a', 'second')], ['original 1', 'original 1']);
  assert.equal(bench.applier.size, 0);
});

test('a dry run answers what would be written and writes nothing', async () => {
  const bench = new AllocationBench();
  const results = await bench.applier.allocate(bench.call('/a', [wish('cpu_shares', 5)], { dryRun: true }));
  assert.deepEqual(outcomes(results), ['cpu_shares would_apply']);
  assert.deepEqual(results[0]?.values[0]?.writes, [{ file: '/a first', before: 'original 1', after: 'cpu_shares 5' }]);
  assert.deepEqual([bench.kernel.writes, bench.applier.size], [0, 0]);
});

test('a target gets all its values or keeps its own: a refused write undoes those before it', async () => {
  const bench = new AllocationBench();
  const values = [wish('cpu_shares', 5), wish('io_weight', 13)];
  assert.deepEqual(outcomes(await bench.applier.allocate(bench.call('/a', values))), [
    'cpu_shares rolled_back',
    'io_weight failed KERNEL_REFUSED',
  ]);
  assert.equal(bench.kernel.text('/a', 'first'), 'original 1');
  assert.equal(bench.applier.size, 0);
  assert.deepEqual(
    bench.applier.audit.map(({ cause, file, error }) => `${cause} ${file} ${error?.code ?? 'ok'}`),
    ['allocate /a first ok', 'allocate /a second KERNEL_REFUSED', 'rollback /a first ok'],
  );
});

test('what the kernel refused is not tried again for a while', async () => {
  const bench = new AllocationBench();
  const call = bench.call('/a', [wish('io_weight', 13)]);
  await bench.applier.allocate(call);
  const { writes } = bench.kernel;
  const [again] = await bench.applier.allocate(call);
  assert.match(again?.values[0]?.error?.message ?? '', /not tried again for 30 s/);
  assert.equal(bench.kernel.writes, writes);
  bench.clock.advanceMs(30_000);
  await bench.applier.allocate(call);
  assert.equal(bench.kernel.writes, writes + 1);
});

test('all problems of a target are told; what is right is not tried either', async () => {
  const bench = new AllocationBench();
  bench.denied.add('io_weight');
  const values = [wish('cpu_quota', 0), wish('io_weight', 3), wish('cpu_shares', 3)];
  assert.deepEqual(outcomes(await bench.applier.allocate(bench.call('/a', values))), [
    'cpu_shares rejected CANCELLED',
    'cpu_quota rejected INVALID_ARGUMENT',
    'io_weight rejected NOT_ALLOWED',
  ]);
  assert.equal(bench.kernel.writes, 0);
});

test('another cgroup than the one that was meant is not touched', async () => {
  const bench = new AllocationBench();
  const target = { id: 'a', path: '/a', children: [] };
  const targets = [{ target, identity: 99n, values: [wish('cpu_shares', 5)] }];
  assert.deepEqual(outcomes(await bench.applier.allocate({ ...bench.call('/a', []), targets })), ['CGROUP_GONE']);
  assert.equal(bench.kernel.writes, 0);
});

test('a value that somebody else changed is left until it is released, and is the original from then on', async () => {
  const bench = new AllocationBench();
  const call = (number: number, reassert = false) => bench.call('/a', [wish('cpu_shares', number)], { reassert });
  await bench.applier.allocate(call(5));
  const [key] = [...bench.kernel.texts.keys()];
  bench.kernel.texts.set(key ?? '', 'theirs');
  assert.deepEqual(outcomes(await bench.applier.allocate(call(6))), ['cpu_shares rejected CHANGED_BY_OTHERS']);
  assert.equal(bench.applier.list([])[0]?.problem?.code, 'CHANGED_BY_OTHERS');
  assert.equal(bench.kernel.text('/a', 'first'), 'theirs');
  bench.applier.hold({ actor, paths: ['/a'], all: false, hold: false });
  assert.deepEqual(outcomes(await bench.applier.allocate(call(7))), ['cpu_shares applied']);
  await bench.restoreAll();
  assert.equal(bench.kernel.text('/a', 'first'), 'theirs');
});

test('reassert overwrites, and restore without force leaves what others changed', async () => {
  const bench = new AllocationBench();
  await bench.applier.allocate(bench.call('/a', [wish('cpu_shares', 5)]));
  const [key = ''] = [...bench.kernel.texts.keys()];
  bench.kernel.texts.set(key, 'theirs');
  const results = await bench.applier.allocate(bench.call('/a', [wish('cpu_shares', 6)], { reassert: true }));
  assert.deepEqual(outcomes(results), ['cpu_shares applied']);
  bench.kernel.texts.set(key, 'theirs again');
  assert.deepEqual(outcomes(await bench.restoreAll()), ['cpu_shares rejected CHANGED_BY_OTHERS']);
  assert.deepEqual([bench.kernel.text('/a', 'first'), bench.applier.size], ['theirs again', 0]);
});

test('what is held is not allocated and not restored by its lease until it is released', async () => {
  const bench = new AllocationBench(['/a', '/a/b']);
  const lease = { id: 'l', ttlMs: 1000 };
  await bench.applier.allocate(bench.call('/a/b', [wish('cpu_shares', 5)], { lease }));
  bench.applier.hold({ actor, paths: ['/a'], all: false, hold: true });
  assert.deepEqual(outcomes(await bench.applier.allocate(bench.call('/a/b', [wish('cpu_shares', 6)]))), [
    'ALLOCATION_HELD',
  ]);
  bench.clock.advanceMs(2000);
  await bench.restart();
  assert.equal(bench.kernel.text('/a/b', 'first'), 'cpu_shares 5');
  assert.deepEqual(bench.applier.held, ['/a'], 'over a restart');
  bench.applier.hold({ actor, paths: ['/a'], all: false, hold: false });
  await bench.restart();
  assert.equal(bench.kernel.text('/a/b', 'first'), 'original 2');
});

test('a lease that was not renewed is restored by the next collector too; a renewed one is not', async () => {
  const bench = new AllocationBench();
  for (const [path, id] of [
    ['/a', 'short'],
    ['/b', 'long'],
  ] as const) {
    await bench.applier.allocate(bench.call(path, [wish('cpu_shares', 5)], { lease: { id, ttlMs: 1000 } }));
  }
  assert.equal(bench.applier.renew('long', 60_000, actor), 1);
  assert.equal(bench.applier.renew('unknown', 60_000, actor), 0);
  assert.throws(() => bench.applier.renew('long', 1000, { ...actor, principal: 'uid 8' }), { code: 'PEER_DENIED' });
  bench.clock.advanceMs(2000);
  await bench.restart();
  assert.deepEqual(
    [bench.kernel.text('/a', 'first'), bench.kernel.text('/b', 'first')],
    ['original 1', 'cpu_shares 5'],
  );
  assert.deepEqual(
    bench.applier.leases.map(({ id }) => id),
    ['long'],
  );
});

test('a lease that ends between two looks at the clock is restored at once, not by the next attempt', async () => {
  const bench = new AllocationBench();
  await bench.applier.start();
  const lease = { id: 'l', ttlMs: 20 };
  const endMs = bench.clock.monotonicMs() + lease.ttlMs;
  await bench.applier.allocate(bench.call('/a', [wish('cpu_quota', 5)], { lease }));
  let looks = 0;
  bench.clock.monotonicMs = () => {
    looks += 1;
    return looks <= 2 ? endMs - 0.4 : endMs + 0.4;
  };
  for (let waited = 0; waited < 200 && bench.applier.size > 0; waited += 1) await sleep(5);
  assert.equal(bench.applier.size, 0);
  assert.match(bench.kernel.text('/a', 'first') ?? '', /^original/);
  await bench.applier.stop('none');
});

test('a collector that stops restores what is under leases, or everything, or nothing', async () => {
  for (const [what, a, b] of [
    ['leased', 'original 1', 'cpu_shares 5'],
    ['all', 'original 1', 'original 2'],
    ['none', 'cpu_shares 5', 'cpu_shares 5'],
  ] as const) {
    const bench = new AllocationBench();
    const lease = { id: 'l', ttlMs: 60_000 };
    await bench.applier.allocate(bench.call('/a', [wish('cpu_shares', 5)], { lease }));
    await bench.applier.allocate(bench.call('/b', [wish('cpu_shares', 5)]));
    await bench.applier.stop(what);
    assert.deepEqual([bench.kernel.text('/a', 'first'), bench.kernel.text('/b', 'first')], [a, b], what);
  }
});

test('a cgroup that is made again under the same path owes nothing to the one before', async () => {
  const bench = new AllocationBench();
  await bench.applier.allocate(bench.call('/a', [wish('cpu_shares', 5)]));
  bench.kernel.vanish('/a');
  bench.kernel.make('/a');
  await bench.restoreAll();
  assert.deepEqual([bench.kernel.text('/a', 'first'), bench.applier.size], ['original 3', 0]);
});

type Action =
  | {
      readonly kind: 'allocate';
      readonly path: string;
      readonly number: number;
      readonly leased: boolean;
      readonly reassert: boolean;
    }
  | { readonly kind: 'crash'; readonly path: string; readonly writes: number; readonly torn: boolean }
  | { readonly kind: 'restore' | 'wait' | 'restart' }
  | { readonly kind: 'remake' | 'vanish' | 'hold' | 'release'; readonly path: string }
  | { readonly kind: 'foreign'; readonly path: string; readonly file: 'first' | 'second' };

const path = fc.constantFrom('/a', '/b', '/c');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('allocate' as const),
    path,
    number: fc.integer({ min: 1, max: 14 }),
    leased: fc.boolean(),
    reassert: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('crash' as const), path, writes: fc.nat(5), torn: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('restore' as const, 'wait' as const, 'restart' as const) }),
  fc.record({ kind: fc.constantFrom('remake' as const, 'vanish' as const), path }),
  fc.record({ kind: fc.constantFrom('hold' as const, 'release' as const), path }),
);
const foreign = fc.record({
  kind: fc.constant('foreign' as const),
  path,
  file: fc.constantFrom('first' as const, 'second' as const),
});

async function perform(bench: AllocationBench, step: Action): Promise<void> {
  const values = (number: number) => [wish('cpu_shares', number), wish('io_weight', number)];
  switch (step.kind) {
    case 'allocate': {
      const lease = step.leased ? { id: 'l', ttlMs: 5000 } : undefined;
      const { reassert } = step;
      await bench.applier.allocate(bench.call(step.path, values(step.number), { lease, reassert }));
      break;
    }
    case 'crash': {
      bench.kernel.diesAfter = bench.kernel.writes + step.writes;
      const work = [bench.applier.allocate(bench.call(step.path, values(7))), bench.restoreAll()];
      for (const one of work) one.catch(() => undefined);
      for (let i = 0; i < 20; i += 1) await setImmediate();
      await bench.restart();
      break;
    }
    case 'restore':
      await bench.restoreAll();
      break;
    case 'wait':
      bench.clock.advanceMs(6000);
      break;
    case 'restart':
      await bench.restart();
      break;
    case 'remake':
      bench.kernel.vanish(step.path);
      bench.kernel.make(step.path);
      break;
    case 'vanish':
      bench.kernel.vanish(step.path);
      break;
    case 'hold':
    case 'release':
      bench.applier.hold({ actor, paths: [step.path], all: false, hold: step.kind === 'hold' });
      break;
    case 'foreign':
      bench.kernel.writeForeign(step.path, step.file);
      break;
  }
}

/** What the two files of a cgroup hold; empty when there is none. */
const textsOf = ({ kernel }: AllocationBench, at: string): readonly string[] =>
  kernel.inodes.has(at) ? [kernel.text(at, 'first') ?? '', kernel.text(at, 'second') ?? ''] : [];
const isOurs = (text: string): boolean => /^(cpu_|io_)/.test(text);
const paths = ['/a', '/b', '/c'];

async function restoreEverything(bench: AllocationBench): Promise<void> {
  bench.applier.hold({ actor, paths: [], all: true, hold: false });
  await bench.restart();
  await bench.restoreAll({ force: true });
}

test('whatever happens, a collector killed at any write included, restore ends in the originals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 14 }), async (steps) => {
      const bench = new AllocationBench(paths);
      for (const step of steps) {
        await perform(bench, step);
        for (const at of paths) {
          const texts = textsOf(bench, at);
          const isWhole = texts.every(isOurs) || !texts.some(isOurs);
          assert.ok(isWhole, `half-applied after ${JSON.stringify(step)}: ${texts.join(', ')}`);
        }
      }
      await restoreEverything(bench);
      for (const at of paths) {
        const original = `original ${bench.kernel.inodes.get(at)}`;
        assert.deepEqual(textsOf(bench, at), bench.kernel.inodes.has(at) ? [original, original] : []);
      }
      assert.equal(bench.applier.size, 0);
      assert.deepEqual(bench.troubles, []);
      await bench.applier.stop('none');
    }),
    { numRuns: 200 },
  );
});

test('with others who write too, what is left in the end is an original or theirs, never ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(action, action, foreign), { maxLength: 14 }), async (steps) => {
      const bench = new AllocationBench(paths);
      for (const step of steps) await perform(bench, step);
      await restoreEverything(bench);
      for (const at of paths) {
        for (const text of textsOf(bench, at)) {
          const original = `original ${bench.kernel.inodes.get(at)}`;
          assert.ok(text === original || text.startsWith('theirs'), text);
        }
      }
      assert.equal(bench.applier.size, 0);
      await bench.applier.stop('none');
    }),
    { numRuns: 200 },
  );
});

test('what is held keeps its values whatever is asked and however long it lasts', async () => {
  const whileHeld = action.filter(({ kind }) => kind === 'allocate' || kind === 'wait' || kind === 'restart');
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 8 }), fc.array(whileHeld, { maxLength: 6 }), async (steps, held) => {
      const bench = new AllocationBench(paths);
      for (const step of steps) await perform(bench, step);
      bench.applier.hold({ actor, paths: [], all: true, hold: true });
      const before = paths.map((at) => textsOf(bench, at));
      for (const step of held) await perform(bench, step);
      assert.deepEqual(
        paths.map((at) => textsOf(bench, at)),
        before,
      );
      await bench.applier.stop('none');
    }),
    { numRuns: 100 },
  );
});
