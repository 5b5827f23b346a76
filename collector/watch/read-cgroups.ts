import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { SharedCgroup } from './shared-cgroup.ts';

/** Cgroups read between two looks at the clock. */
const batchSize = 16;

/** Reads all cgroups, giving other work a turn after each `sliceMs`. Says how long each kind of reading took. */
export async function readCgroups(
  cgroups: readonly SharedCgroup[],
  { clock, sliceMs }: { readonly clock: Clock; readonly sliceMs: number },
): Promise<{ readonly filesMs: number; readonly countersMs: number }> {
  let filesMs = 0;
  let countersMs = 0;
  let sliceStartMs = clock.monotonicMs();
  for (let from = 0; from < cgroups.length; from += batchSize) {
    const to = Math.min(from + batchSize, cgroups.length);
    const startMs = clock.monotonicMs();
    for (let i = from; i < to; i += 1) cgroups[i]?.readFiles();
    const middleMs = clock.monotonicMs();
    for (let i = from; i < to; i += 1) cgroups[i]?.readCounters();
    const endMs = clock.monotonicMs();
    filesMs += middleMs - startMs;
    countersMs += endMs - middleMs;
    if (endMs - sliceStartMs < sliceMs || to === cgroups.length) continue;
    await setImmediate();
    sliceStartMs = clock.monotonicMs();
  }
  return { filesMs, countersMs };
}
