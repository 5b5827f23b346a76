import type { WcaError } from '../../../shared/errors/wca-error.ts';

const firstBusyWaitMs = 1_000;
const longestBusyWaitMs = 8_000;
const fullWaitMs = 30_000;
/** Shorter than this, RMIDs in limbo are nothing to tell. */
const quietBusyMs = 5_000;

/** Why no monitoring group can be made now: the same for all targets, so that one attempt speaks for all. */
export class RmidGate {
  #state: 'open' | 'busy' | 'closed' = 'open';
  #sinceMs = 0;
  #untilMs = 0;
  #waitMs = firstBusyWaitMs;
  #explain: ((path: string) => WcaError) | undefined;

  mayTry(nowMs: number): boolean {
    return this.#state === 'open' || nowMs >= this.#untilMs;
  }

  /** What to tell of a target that waits; undefined while it is too early to worry. */
  problem(path: string, nowMs: number): WcaError | undefined {
    if (this.#state === 'busy' && nowMs - this.#sinceMs < quietBusyMs) return undefined;
    return this.#state === 'open' ? undefined : this.#explain?.(path);
  }

  /** One was made. */
  open(): void {
    this.#state = 'open';
    this.#waitMs = firstBusyWaitMs;
  }

  /** EBUSY: tried again after 1, 2, 4, 8, 8, ... seconds. */
  busy(nowMs: number, explain: (path: string) => WcaError): void {
    if (this.#state !== 'busy') this.#sinceMs = nowMs;
    this.#state = 'busy';
    this.#explain = explain;
    this.#untilMs = nowMs + this.#waitMs;
    this.#waitMs = Math.min(longestBusyWaitMs, 2 * this.#waitMs);
  }

  /** ENOSPC, or a refusal: tried again after 30 s. */
  shut(nowMs: number, explain: (path: string) => WcaError): void {
    this.#state = 'closed';
    this.#explain = explain;
    this.#untilMs = nowMs + fullWaitMs;
  }

  /** A group was removed: its RMID may be had. */
  retrySoon(): void {
    if (this.#state === 'closed') this.#untilMs = 0;
  }
}
