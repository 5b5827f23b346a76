const firstMs = 200;
const longestMs = 10_000;

/**
 * How long to wait before attempt `attempt` (0, 1, …) to reach a collector: doubling from 0.2 s to 10 s, less up to a
 * half by `random` (0 to 1), so that many controllers do not come back in the same moment.
 */
export function chooseBackoffMs(attempt: number, random: number): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 10));
  return fullMs * (1 - random / 2);
}
