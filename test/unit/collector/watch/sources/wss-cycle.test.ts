import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type CycleOutcome,
  looksForStability,
  needsReset,
  WssCycle,
  withoutReset,
} from '../../../../../collector/watch/sources/wss-cycle.ts';
import type { WssSpec } from '../../../../../shared/rpc/watch-messages.ts';

const mb = 1e6;

function spec(resetEvery: number, stableCycles = 0, membwThreshold?: number): WssSpec {
  return { resetEvery, stableCycles, membwThreshold };
}

/** Outcomes of measurements with bandwidth growing by so many bytes a cycle. */
function run(wss: WssSpec, referenced: readonly number[], bandwidthStep: number): CycleOutcome[] {
  const cycle = new WssCycle(wss);
  return referenced.map((referencedBytes, i) => cycle.next({ referencedBytes, bandwidthBytes: i * bandwidthStep }));
}

/** Cycles, from 1, that clear the bits. */
const resets = (outcomes: readonly CycleOutcome[]) => outcomes.flatMap(({ reset }, i) => (reset ? [i + 1] : []));
const sizes = (outcomes: readonly CycleOutcome[]) => outcomes.map(({ workingSetBytes }) => workingSetBytes);

const trace = [100, 400, 900, 1000, 1010, 1015, 120, 380, 880, 990, 1004, 1006].map((size) => size * mb);
const none = (count: number) => Array<undefined>(count).fill(undefined);

const cases: readonly {
  readonly name: string;
  readonly spec: WssSpec;
  readonly referenced: readonly number[];
  readonly step: number;
  readonly resets: readonly number[];
  readonly sizes: readonly (number | undefined)[];
}[] = [
  {
    name: 'the trace of the specification: reset when stable, the first period is ignored',
    spec: spec(0, 2, 0.1),
    referenced: trace,
    step: 1000 * mb,
    resets: [6, 12],
    sizes: [...none(11), 1005 * mb],
  },
  {
    name: 'the same trace with resets at intervals, stability only noted',
    spec: spec(6, -2, 0.1),
    referenced: trace,
    step: 1000 * mb,
    resets: [6, 12],
    sizes: [...none(11), 1005 * mb],
  },
  {
    name: 'constant memory is the working set from cycle 6 on',
    spec: spec(0, 2, 0.1),
    referenced: Array(8).fill(15_360_000),
    step: 1_000_000,
    resets: [3, 6],
    sizes: [...none(5), 15_360_000, 15_360_000, 15_360_000],
  },
  {
    name: 'the seed clears after every reading with interval 1',
    spec: spec(1),
    referenced: [5, 6, 7],
    step: 0,
    resets: [1, 2, 3],
    sizes: none(3),
  },
  {
    name: 'the seed clears every third time with interval 3',
    spec: spec(3),
    referenced: [1, 2, 3, 4, 5, 6, 7],
    step: 0,
    resets: [3, 6],
    sizes: none(7),
  },
  { name: 'nothing is cleared with 0', spec: spec(0), referenced: [1, 2, 3], step: 0, resets: [], sizes: none(3) },
  {
    name: 'without a threshold stable cycles are not looked for',
    spec: spec(0, 2),
    referenced: Array(9).fill(7),
    step: 100,
    resets: [],
    sizes: none(9),
  },
  {
    name: 'a threshold without stable cycles is not looked at',
    spec: spec(2, 0, 0.1),
    referenced: Array(4).fill(7),
    step: 100,
    resets: [2, 4],
    sizes: none(4),
  },
  {
    name: 'a stable period that nothing ends is evaluated once',
    spec: spec(0, -2, 0.1),
    referenced: Array(9).fill(100),
    step: 100,
    resets: [],
    sizes: none(9),
  },
  {
    name: 'positive stable cycles leave the clearing to a fixed interval',
    spec: spec(4, 2, 0.1),
    referenced: Array(8).fill(100),
    step: 100,
    resets: [4, 8],
    sizes: [...none(6), 100, 100],
  },
  {
    name: 'idle memory is no proof of a working set: growth of 0 is not below 0',
    spec: spec(0, 1, 0.1),
    referenced: Array(6).fill(100),
    step: 0,
    resets: [],
    sizes: none(6),
  },
  {
    name: 'a decrease below a fiftieth is no growth, one of a fiftieth begins again',
    spec: spec(0, -3, 0.1),
    referenced: [1000, 1000, 1000, 980, 980, 961],
    step: 1000,
    resets: [],
    sizes: none(6),
  },
  {
    name: 'one stable cycle suffices when asked for one',
    spec: spec(0, 1, 0.5),
    referenced: [10, 10, 10, 12],
    step: 100,
    resets: [2, 4],
    sizes: [undefined, undefined, undefined, 12],
  },
];

for (const { name, spec: wss, referenced, step, ...expected } of cases) {
  test(name, () => {
    const outcomes = run(wss, referenced, step);
    assert.deepEqual({ resets: resets(outcomes), sizes: sizes(outcomes) }, expected);
  });
}

test('how far a decrease may go is seen by when the bits are cleared', () => {
  // 20 of 980 is more than a fiftieth: stability begins anew; 19 of 981 is less.
  assert.deepEqual(resets(run(spec(0, 3, 0.1), [1000, 1000, 1000, 980, 980, 980, 980], 1000)), [7]);
  assert.deepEqual(resets(run(spec(0, 3, 0.1), [1000, 1000, 1000, 981, 981], 1000)), [4]);
});

test('without bandwidth nothing is told and nothing is cleared, not even at intervals', () => {
  const cycle = new WssCycle(spec(2, 2, 0.1));
  const next = (bandwidthBytes: number | undefined) => cycle.next({ referencedBytes: 7, bandwidthBytes });
  assert.deepEqual([next(undefined), next(undefined)], Array(2).fill({ workingSetBytes: undefined, reset: false }));
  assert.deepEqual([next(1).reset, next(2).reset], [false, true], 'the cycles went on');
});

test('bandwidth above 2^53 is exact', () => {
  const cycle = new WssCycle(spec(0, 1, 1));
  const base = 2n ** 63n;
  const outcomes = [0n, 1n, 1n].map((moved) => cycle.next({ referencedBytes: 50, bandwidthBytes: base + moved }));
  assert.deepEqual(resets(outcomes), [2]);
});

test('a spec for a host that may clear nothing never clears and still finds a first period', () => {
  for (const wss of [spec(3), spec(0, 2, 0.1), spec(3, -2, 0.1), spec(0)]) {
    assert.equal(needsReset(withoutReset(wss)), false);
    assert.equal(looksForStability(withoutReset(wss)), looksForStability(wss));
    assert.deepEqual(resets(run(withoutReset(wss), Array(20).fill(9), 100)), []);
  }
  assert.deepEqual([spec(1), spec(0, 2, 0.1), spec(0, -2, 0.1), spec(0, 2), spec(0)].map(needsReset), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

const specs = fc.record({
  resetEvery: fc.integer({ min: 0, max: 5 }),
  stableCycles: fc.integer({ min: -4, max: 4 }),
  membwThreshold: fc.option(fc.double({ min: 0, max: 2, noNaN: true }), { nil: undefined }),
});
const inputs = fc.array(
  fc.record({
    referencedBytes: fc.integer({ min: 0, max: 1000 }),
    bandwidthBytes: fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined, freq: 9 }),
  }),
  { maxLength: 40 },
);

test('for any input: a working set lies between two sizes seen, and is never forgotten while bandwidth is known', () => {
  fc.assert(
    fc.property(specs, inputs, (wss, measurements) => {
      const cycle = new WssCycle(wss);
      const seen: number[] = [];
      let known = false;
      for (const measurement of measurements) {
        seen.push(measurement.referencedBytes);
        const { workingSetBytes: size, reset } = cycle.next(measurement);
        if (reset) assert.ok(needsReset(wss));
        if (size !== undefined) assert.ok(size >= Math.min(...seen) && size <= Math.max(...seen));
        if (known && measurement.bandwidthBytes !== undefined) assert.notEqual(size, undefined);
        known ||= size !== undefined;
        if (known) assert.ok(looksForStability(wss));
      }
    }),
  );
});

test('for any interval without stability: cleared exactly at its multiples', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), inputs, (resetEvery, measurements) => {
      const cycle = new WssCycle(spec(resetEvery));
      for (const [i, measurement] of measurements.entries()) {
        assert.deepEqual(cycle.next(measurement), { workingSetBytes: undefined, reset: (i + 1) % resetEvery === 0 });
      }
    }),
  );
});

test('for any input: a reset is followed by as many stable cycles at least before the next one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), inputs, (stableCycles, measurements) => {
      const cycle = new WssCycle(spec(0, stableCycles, 0.5));
      const at = resets(measurements.map((measurement) => cycle.next(measurement)));
      for (const [i, cycleNumber] of at.entries()) assert.ok(cycleNumber - (at[i - 1] ?? 0) > stableCycles);
    }),
  );
});
