import type { Clock } from '../../shared/lifecycle/clock.ts';

interface Sleeper {
  readonly atNs: bigint;
  readonly wake: () => void;
}

/**
 * The time of a recording: it stands still unless it is moved, and sleepers wake in the order of their times. Two runs
 * over the same recording see the same times.
 */
export class ReplayClock implements Clock {
  #nowNs: bigint;
  /** Real time minus monotonic time: jumps where the wall clock of the recorded host was set. */
  #realOffsetNs: bigint;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: { readonly monotonicNs: bigint; readonly realtimeNs: bigint }) {
    this.#nowNs = start.monotonicNs;
    this.#realOffsetNs = start.realtimeNs - start.monotonicNs;
  }

  monotonicNs(): bigint {
    return this.#nowNs;
  }

  monotonicMs(): number {
    return Number(this.#nowNs) / 1e6;
  }

  realtimeNs(): bigint {
    return this.#nowNs + this.#realOffsetNs;
  }

  /** As a timer of the system, a sleep takes a millisecond at least: who sleeps in a loop lets time pass. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const aborted = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      const sleeper = { atNs: this.#nowNs + BigInt(Math.round(Math.max(1, ms) * 1e6)), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** When the next sleeper wakes; undefined: nobody sleeps. */
  get nextNs(): bigint | undefined {
    return this.#next()?.atNs;
  }

  /** Moves to the next sleeper and wakes it; false when nobody sleeps. */
  wakeNext(): boolean {
    const next = this.#next();
    if (next === undefined) return false;
    if (next.atNs > this.#nowNs) this.#nowNs = next.atNs;
    this.#sleepers.delete(next);
    next.wake();
    return true;
  }

  /** Moves to a later time; nobody may sleep until before it. */
  moveTo(monotonicNs: bigint): void {
    if (monotonicNs > this.#nowNs) this.#nowNs = monotonicNs;
  }

  /** Sets the wall clock. */
  setRealtime(realtimeNs: bigint): void {
    this.#realOffsetNs = realtimeNs - this.#nowNs;
  }

  /** Of several with the same time the first one. */
  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) if (next === undefined || sleeper.atNs < next.atNs) next = sleeper;
    return next;
  }
}
