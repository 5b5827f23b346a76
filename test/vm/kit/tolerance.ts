import assert from 'node:assert/strict';

/** Asserts that a value is within a share of the expected one: 0.02 is 2 %. The message says both and the difference. */
export function assertNear(actual: number, expected: number, { share, what }: { share: number; what: string }): void {
  const difference = Math.abs(actual - expected) / Math.abs(expected);
  const percent = (difference * 100).toFixed(2);
  assert.ok(
    difference <= share,
    `${what}: ${actual} instead of ${expected}, off by ${percent} % (${share * 100} % allowed)`,
  );
}
