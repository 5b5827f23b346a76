import type { Clock } from '../../shared/lifecycle/clock.ts';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that moves only when a test says so. */
export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  #sleepers: Sleeper[] = [];

  monotonicNs(): bigint {
    return BigInt(Math.round(this.#nowMs * 1e6));
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  realtimeNs(): bigint {
    return 1_600_000_000_000_000_000n + this.monotonicNs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#sleepers.push({ untilMs: this.#nowMs + ms, wake: resolve });
    });
  }

  /** Moves time on and wakes, in order, who slept until then. */
  advanceMs(ms: number): void {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ untilMs }) => untilMs <= this.#nowMs).sort((a, b) => a.untilMs - b.untilMs);
    this.#sleepers = this.#sleepers.filter(({ untilMs }) => untilMs > this.#nowMs);
    for (const { wake } of due) wake();
  }

  /** How many wait. */
  get sleepers(): number {
    return this.#sleepers.length;
  }
}
