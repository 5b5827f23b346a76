/** How long to wait between attempts. */
export interface RetryPolicy {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** What the other side may ask for at most, in `Retry-After`. */
const longestAskedMs = 300_000;

/**
 * How long to wait after failed attempt `attempt` (0, 1, …): doubling, less up to a half by `random` (0 to 1) so that
 * many hosts do not come back in the same moment; never less than the other side asked for, up to five minutes.
 */
export function chooseRetryMs(
  { firstMs, longestMs }: RetryPolicy,
  {
    attempt,
    random,
    retryAfterMs = 0,
  }: { readonly attempt: number; readonly random: number; readonly retryAfterMs?: number | undefined },
): number {
  const fullMs = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 20));
  return Math.max(fullMs * (1 - random / 2), Math.min(retryAfterMs, longestAskedMs));
}

/** `Retry-After: 120` or `Retry-After: Wed, 21 Oct 2026 07:28:00 GMT` (RFC 9110 §10.2.3) in ms from `nowUnixMs`; undefined for anything else. */
export function parseRetryAfter(text: string | undefined, nowUnixMs: number): number | undefined {
  if (text === undefined || text.length > 64) return undefined;
  if (/^[0-9]+$/.test(text)) return Number(text) * 1000;
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowUnixMs);
}
