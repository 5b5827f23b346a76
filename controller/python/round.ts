/**
 * Python's `round(value, digits)` (spec allocation, Appendix A): to the nearest, exact ties to the even digit.
 * `roundAsPython(0.03125, 4)` is 0.0312, `roundAsPython(2.5, 0)` is 2. `toFixed` looks at the exact binary value as well,
 * but takes ties away from zero.
 */
export function roundAsPython(value: number, digits: 0 | 1 | 4): number {
  if (value < 0) return -roundAsPython(-value, digits);
  // Exact in binary; a tie of `digits` decimals is an odd multiple of 1 / 2^(digits + 1).
  const doubled = value * 2 ** (digits + 1);
  if (Number.isInteger(doubled) && doubled % 2 === 1) {
    const scale = 10 ** digits;
    const below = Math.floor(value * scale);
    return (below % 2 === 0 ? below : below + 1) / scale;
  }
  return Number(value.toFixed(digits));
}
