import assert from 'node:assert/strict';

/** How far two numbers may be apart: a share of the expected one (0.02 is 2 %) plus an absolute slack. */
export interface Tolerance {
  readonly share: number;
  readonly slack?: number;
}

/** Asserts that a value is near the expected one; the message says both and the difference. */
export function assertClose(
  actual: number,
  expected: number,
  { share, slack = 0, what }: Tolerance & { readonly what: string },
): void {
  const difference = Math.abs(actual - expected);
  const allowed = Math.abs(expected) * share + slack;
  assert.ok(
    difference <= allowed,
    `${what}: ${actual} instead of ${expected}, off by ${difference}, allowed ${allowed}`,
  );
}
