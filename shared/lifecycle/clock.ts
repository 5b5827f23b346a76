import { setTimeout as sleep } from 'node:timers/promises';

/** Time, injected so that tests own it. */
export interface Clock {
  /** CLOCK_MONOTONIC, nanoseconds: the only base for intervals and rates. */
  monotonicNs(): bigint;
  /** CLOCK_MONOTONIC, milliseconds with a fraction. */
  monotonicMs(): number;
  /** CLOCK_REALTIME, nanoseconds: for labels and logs only. */
  realtimeNs(): bigint;
  /** Resolves after `ms` milliseconds; rejects with an AbortError when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  monotonicNs: () => process.hrtime.bigint(),
  monotonicMs: () => performance.now(),
  // performance.timeOrigin + now() would not follow a step of the wall clock; Date has millisecond resolution.
  realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
};
