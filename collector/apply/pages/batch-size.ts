const [least, most] = [64, 1280];
/** What a task may have to wait for a page that is on its way. */
const aimMs = 20;

/** Pages of the first batch. */
export const firstBatchPages = least;

/** Pages of the next batch, so that it takes some 20 ms (Katalyst's rule, with its bounds). */
export function nextBatchPages(pages: number, tookMs: number): number {
  if (!(tookMs > 0)) return most;
  return Math.min(most, Math.max(least, Math.floor((pages * aimMs) / tookMs)));
}

/** How long to rest after a batch: as long as it took, and never more than 200 000 pages a second. */
export function restMs(pages: number, tookMs: number): number {
  return Math.max(1, tookMs, pages / 200 - tookMs);
}
