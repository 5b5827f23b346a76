import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { PendingWork } from './pending-work.ts';
import type { ReplayClock } from './replay-clock.ts';

/** No wait of Node's timers is longer. */
const longestMs = 2 ** 31 - 1;

/**
 * Resolves when everything that follows from the last event is done and nobody works any more. While a component works
 * the recording stands still; one that works for longer than the next sleeper sleeps wakes it, so that time limits bite
 * as they would on the host.
 */
export async function settle(clock: ReplayClock, work: PendingWork): Promise<void> {
  let workedFromMs = performance.now();
  for (;;) {
    await nextTurn();
    const seen = work.changes;
    if (work.count === 0) {
      await nextTurn();
      if (work.count === 0 && work.changes === seen) return;
      workedFromMs = performance.now();
      continue;
    }
    const next = clock.nextNs;
    const patienceMs = next === undefined ? longestMs : Number(next - clock.monotonicNs()) / 1e6;
    const leftMs = patienceMs - (performance.now() - workedFromMs);
    if (await changesWithin(work, leftMs)) continue;
    clock.wakeNext();
    workedFromMs = performance.now();
  }
}

/** Whether a piece of work begins or ends before the time is up. */
async function changesWithin(work: PendingWork, ms: number): Promise<boolean> {
  if (ms <= 0) return false;
  const timer = new AbortController();
  const late = wait(Math.min(longestMs, ms), false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.changed().then(() => true), late]);
  } finally {
    timer.abort();
  }
}
