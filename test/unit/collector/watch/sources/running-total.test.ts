import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RunningTotal, WordSum } from '../../../../../collector/watch/sources/running-total.ts';

const mask = 0xffff_ffffn;
const big = ({ low, high }: { readonly low: number; readonly high: number }): bigint =>
  (BigInt(high) << 32n) | BigInt(low);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u62 = fc.bigInt({ min: 0n, max: 2n ** 58n });

function update(total: RunningTotal, value: bigint): void {
  total.update(Number(value & mask), Number(value >> 32n));
}

test('a counter that only grows is its own total', () => {
  fc.assert(
    fc.property(fc.array(u64), (values) => {
      const total = new RunningTotal();
      for (const value of values.sort((a, b) => (a < b ? -1 : 1))) {
        update(total, value);
        assert.equal(big(total), value);
      }
    }),
  );
});

test('a total is the sum of the last values before each restart and never falls', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(u62, fc.constant('restart' as const)), { maxLength: 40 }), (steps) => {
      const total = new RunningTotal();
      let [base, last, before] = [0n, 0n, 0n];
      for (const step of steps) {
        if (step === 'restart') total.restart();
        else update(total, step);
        if (step === 'restart' || step < last) {
          base += last;
          last = 0n;
        }
        if (step !== 'restart') last = step;
        assert.equal(big(total), base + last);
        assert.ok(big(total) >= before);
        before = big(total);
      }
    }),
  );
});

test('a forgotten total begins at 0', () => {
  const total = new RunningTotal();
  update(total, 2n ** 63n);
  total.restart();
  total.forget();
  update(total, 5n);
  assert.equal(big(total), 5n);
});

test('sums are exact modulo 2^64', () => {
  fc.assert(
    fc.property(fc.array(u64), (values) => {
      const sum = new WordSum();
      for (const value of values) sum.add(Number(value & mask), Number(value >> 32n));
      assert.equal(big(sum), values.reduce((all, value) => all + value, 0n) % 2n ** 64n);
      sum.clear();
      assert.equal(big(sum), 0n);
    }),
  );
});

test('a difference is clamped at 0 and never falls', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(u64, u64)), (pairs) => {
      const difference = new WordSum();
      let expected = 0n;
      for (const [a, b] of pairs) {
        const [total, local] = [new WordSum(), new WordSum()];
        total.add(Number(a & mask), Number(a >> 32n));
        local.add(Number(b & mask), Number(b >> 32n));
        difference.raiseToDifference(total, local);
        if (a - b > expected) expected = a - b;
        assert.equal(big(difference), expected);
      }
    }),
  );
});
