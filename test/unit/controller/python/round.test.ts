import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { roundAsPython } from '../../../../controller/python/round.ts';

/** Results of CPython 3. */
const cases: readonly (readonly [value: number, digits: 0 | 1 | 4, rounded: number])[] = [
  [0, 4, 0],
  [0.03125, 4, 0.0312],
  [0.09375, 4, 0.0938],
  [0.15625, 4, 0.1562],
  [0.21875, 4, 0.2188],
  [2 / 3, 4, 0.6667],
  [1, 4, 1],
  [0.5, 0, 0],
  [1.5, 0, 2],
  [2.5, 0, 2],
  [3.4999999, 0, 3],
  [10.25, 1, 10.2],
  [10.75, 1, 10.8],
  [10.35, 1, 10.3], // 10.3499999…
  [9.95, 1, 9.9],
  [-2.5, 0, -2],
  [-0.25, 1, -0.2],
];

for (const [value, digits, rounded] of cases) {
  test(`${value} with ${digits} decimals is ${rounded}`, () => assert.equal(roundAsPython(value, digits), rounded));
}

/** Round half to even over the exact decimal expansion: a double below 2^40 with at most 20 binary decimals is exact. */
function roundExactly(numerator: bigint, binaryDecimals: bigint, digits: number): number {
  const scaled = numerator * 10n ** BigInt(digits);
  const unit = 1n << binaryDecimals;
  const floor = scaled / unit;
  const twiceRest = 2n * (scaled % unit);
  const up = twiceRest > unit || (twiceRest === unit && floor % 2n === 1n);
  return Number(up ? floor + 1n : floor) / 10 ** digits;
}

test('rounds as exact arithmetic does', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 1n << 40n }),
      fc.bigInt({ min: 0n, max: 20n }),
      fc.constantFrom(0, 1, 4),
      (numerator, binaryDecimals, digits) => {
        const value = Number(numerator) / 2 ** Number(binaryDecimals);
        assert.equal(roundAsPython(value, digits), roundExactly(numerator, binaryDecimals, digits));
      },
    ),
    { numRuns: 5000 },
  );
});
