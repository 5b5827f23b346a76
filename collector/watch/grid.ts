/** The sampling grid: ticks of an interval fall on its multiples of the monotonic clock, so that equal ones coincide. */

/** setTimeout counts whole milliseconds and may wake one early. */
const earlyMs = 1;

export function isDue(dueMs: number, nowMs: number): boolean {
  return nowMs >= dueMs - earlyMs;
}

/** The first grid point after `nowMs`. */
export function nextGridMs(nowMs: number, intervalMs: number): number {
  const next = Math.ceil(nowMs / intervalMs) * intervalMs;
  // A tick taken up to `earlyMs` before its grid point must not be taken again.
  return next - nowMs <= earlyMs ? next + intervalMs : next;
}

/** After a first tick that was off the grid: at least half an interval later, so that no rate is taken over nothing. */
export function secondTickMs(firstMs: number, intervalMs: number): number {
  return nextGridMs(firstMs + intervalMs / 2 - earlyMs, intervalMs);
}

/** Grid points between the tick that was due and the one that comes next: ticks that were skipped. */
export function skippedTicks(ticks: {
  readonly dueMs: number;
  readonly nextMs: number;
  readonly intervalMs: number;
}): number {
  return Math.max(0, Math.round((ticks.nextMs - ticks.dueMs) / ticks.intervalMs) - 1);
}
