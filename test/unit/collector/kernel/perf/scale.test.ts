import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isGroupRead, malformedRead } from '../../../../../collector/kernel/perf/read-format.ts';
import { addTo, advance, type Progress, progressWords, type Step } from '../../../../../collector/kernel/perf/scale.ts';
import { groupWords } from '../../../../kit/perf-bytes.ts';

/** One group: its step with memory of its own. */
class Group {
  readonly #step: Step;

  constructor(events: number, memory = new Uint32Array(progressWords(events))) {
    const none = new Uint32Array(0);
    this.#step = { words: none, memory, at: 0, totals: none, base: 0, slots: [], factor: 1 };
  }

  get factor(): number {
    return this.#step.factor;
  }

  advance(words: Uint32Array, totals: Uint32Array, slots: readonly number[]): Progress {
    return advance(Object.assign(this.#step, { words, totals, slots }));
  }
}

const total = (totals: Uint32Array, slot: number): bigint =>
  (BigInt(totals[2 * slot + 1] ?? 0) << 32n) | BigInt(totals[2 * slot] ?? 0);

// Spec measurements §3.9: raw, enabled, running -> value.
const vectors = [
  { raw: 300, enabled: 200, running: 100, value: 600n, progress: 'scaled', factor: 2 },
  { raw: 300, enabled: 200, running: 200, value: 300n, progress: 'counted', factor: 1 },
  { raw: 200, enabled: 0, running: 100, value: 0n, progress: 'idle', factor: 1 },
  { raw: 200, enabled: 100, running: 0, value: 0n, progress: 'starved', factor: 1 },
  { raw: 0, enabled: 0, running: 0, value: 0n, progress: 'idle', factor: 1 },
] as const;
for (const { raw, enabled, running, value, progress, factor } of vectors) {
  test(`a first reading of ${raw} with ${enabled}/${running} ns is ${progress} and gives ${value}`, () => {
    const totals = new Uint32Array(2);
    const group = new Group(1);
    assert.equal(
      group.advance(groupWords({ enabledNs: enabled, runningNs: running, values: [raw] }), totals, [0]),
      progress,
    );
    assert.equal(total(totals, 0), value);
    assert.equal(group.factor, factor);
  });
}

test('a share of time that grows does not make the counter fall, as scaling the whole does', () => {
  const totals = new Uint32Array(2);
  const group = new Group(1);
  group.advance(groupWords({ enabledNs: 200, runningNs: 100, values: [300] }), totals, [0]);
  group.advance(groupWords({ enabledNs: 300, runningNs: 200, values: [310] }), totals, [0]);
  assert.equal(total(totals, 0), 610n);
});

test('a starved interval is extrapolated over by the next reading that tells something', () => {
  const totals = new Uint32Array(2);
  const group = new Group(1);
  group.advance(groupWords({ enabledNs: 100, runningNs: 100, values: [1000] }), totals, [0]);
  assert.equal(group.advance(groupWords({ enabledNs: 200, runningNs: 100, values: [1000] }), totals, [0]), 'starved');
  assert.equal(group.advance(groupWords({ enabledNs: 300, runningNs: 200, values: [2000] }), totals, [0]), 'scaled');
  assert.equal(total(totals, 0), 3000n);
});

test('counts that fell are taken up anew without a jump', () => {
  const totals = new Uint32Array(2);
  const group = new Group(1);
  group.advance(groupWords({ enabledNs: 100, runningNs: 100, values: [1000] }), totals, [0]);
  assert.equal(group.advance(groupWords({ enabledNs: 10, runningNs: 10, values: [5] }), totals, [0]), 'reset');
  group.advance(groupWords({ enabledNs: 20, runningNs: 20, values: [7] }), totals, [0]);
  assert.equal(total(totals, 0), 1002n);
});

const step = fc.record({ count: fc.nat(2 ** 31), enabled: fc.nat(2 ** 31), share: fc.integer({ min: 0, max: 100 }) });

test("property: without multiplexing the total is the kernel's count, exactly, from any 64-bit start", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
      fc.array(fc.nat(2 ** 40), { minLength: 1 }),
      (start, deltas) => {
        const totals = new Uint32Array(2);
        const memory = new Uint32Array(progressWords(1));
        memory.set([Number(start & 0xffff_ffffn), Number(start >> 32n)], 4);
        const group = new Group(1, memory);
        let count = start;
        let timeNs = 0;
        for (const delta of deltas) {
          count += BigInt(delta);
          timeNs += 1000;
          group.advance(groupWords({ enabledNs: timeNs, runningNs: timeNs, values: [count] }), totals, [0]);
        }
        assert.equal(total(totals, 0), count - start);
      },
    ),
  );
});

test('property: a total never falls and agrees with exact arithmetic to half a count a reading', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const totals = new Uint32Array(2);
      const group = new Group(1);
      let [count, enabled, running] = [0, 0, 0];
      let [seenCount, seenEnabled, seenRunning] = [0, 0, 0];
      let expected = 0;
      let before = 0n;
      for (const { count: more, enabled: time, share } of steps) {
        enabled += time;
        running += Math.floor((time * share) / 100);
        if (running > seenRunning) count += more;
        group.advance(groupWords({ enabledNs: enabled, runningNs: running, values: [count] }), totals, [0]);
        if (running > seenRunning) {
          expected += ((count - seenCount) * (enabled - seenEnabled)) / (running - seenRunning);
          [seenCount, seenEnabled, seenRunning] = [count, enabled, running];
        }
        const now = total(totals, 0);
        assert.ok(now >= before);
        before = now;
      }
      assert.ok(Math.abs(Number(before) - expected) <= 0.5 * steps.length + expected * 1e-12);
    }),
  );
});

test('property: addTo adds like BigInt and wraps at 2^64', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(Number.MAX_SAFE_INTEGER), (start, value) => {
      const totals = new Uint32Array([Number(start & 0xffff_ffffn), Number(start >> 32n)]);
      addTo(totals, 0, value);
      assert.equal(total(totals, 0), (start + BigInt(value)) & (2n ** 64n - 1n));
    }),
  );
});

test('a group read is refused unless it holds exactly the events that were opened', () => {
  const words = groupWords({ enabledNs: 1, runningNs: 1, values: [1, 2] });
  assert.equal(isGroupRead(words, words.byteLength, 2), true);
  assert.equal(isGroupRead(words, words.byteLength, 3), false);
  assert.equal(isGroupRead(words, words.byteLength - 8, 2), false);
  assert.equal(isGroupRead(words, words.byteLength + 8, 2), false);
  assert.equal(isGroupRead(new Uint32Array(2), 0, 1), false);
});

test('a malformed reading is shown as it came, 64 bytes of it', () => {
  const words = groupWords({ enabledNs: 1, runningNs: 1, values: [1, 2, 3] });
  const shown = malformedRead(words, words.byteLength, 2);
  assert.equal(shown.code, 'KERNEL_FORMAT');
  assert.match(shown.message, /^expected 2 events in 56 bytes, got 72 bytes: 0300000000000000[0-9a-f]{112}$/);
  assert.match(malformedRead(new Uint32Array(2), 0, 1).message, /got 0 bytes: $/);
  // The kernel cannot have written more than the buffer holds.
  assert.match(malformedRead(new Uint32Array(1), 999, 1).message, /got 999 bytes: 00000000$/);
});
