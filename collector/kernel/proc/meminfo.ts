import { LineFinder } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';

/** Sizes in /proc/meminfo say kB and mean KiB. */
const unitBytes = 1024;

/** What is wanted of /proc/meminfo once, at start. */
export interface MemoryFacts {
  readonly totalBytes: number;
  readonly swapEnabled: boolean;
}

/** `MemTotal:       16000000 kB`; a missing line is 0 bytes, no swap. */
export function parseMemoryFacts(text: string): MemoryFacts {
  const kib = (key: string): number => Number(new RegExp(`^${key}:\\s*(\\d{1,15}) kB$`, 'm').exec(text)?.[1] ?? 0);
  return { totalBytes: kib('MemTotal') * unitBytes, swapEnabled: kib('SwapTotal') > 0 };
}

/** Memory in use from /proc/meminfo, bytes: MemTotal - MemFree - Buffers - Cached (not SwapCached). */
export class MemoryUsageDecoder {
  readonly #finders = ['MemTotal:', 'MemFree:', 'Buffers:', 'Cached:'].map((prefix) => new LineFinder(prefix));

  /** Fills one slot; absent, and false, when one of the four lines is missing or broken. */
  decode({ bytes, length, decimal }: Scratch, row: Row, slot: number): boolean {
    row.clear(slot, 1);
    let kib = 0;
    for (let i = 0; i < this.#finders.length; i++) {
      const value = this.#finders[i]?.find(bytes, length);
      if (value === undefined || !decimal.scan(bytes, value, length)) return false;
      kib += i === 0 ? decimal.value : -decimal.value;
    }
    // The lines are not of one moment: the difference can be a little below zero on an empty machine.
    row.setInteger(slot, Math.max(0, kib) * unitBytes);
    return true;
  }
}
