import { systemClock } from '../../shared/lifecycle/clock.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import type { Backlog, Storage } from '../storages/storage.ts';
import type { PendingWork } from './pending-work.ts';

/** `--no-store`. */
export const noStorage: Storage = {
  describe: () => 'nothing is stored (--no-store)',
  store: async () => undefined,
};

/** A storage that delivers later is not given more while so many batches wait. */
const mostWaiting = 10;
const pollMs = 20;
/** A receiver that is down does not hold up the replay for longer, each time. */
const patienceMs = 2_000;

/** A storage that the recording waits for, so that no batch is dropped however fast it is played. */
export class ReplayedStorage implements Storage {
  readonly #storage: Storage;
  readonly #work: PendingWork;
  readonly seriesDropped?: () => number;
  readonly backlog?: () => Backlog;

  constructor(storage: Storage, work: PendingWork) {
    this.#storage = storage;
    this.#work = work;
    if (storage.seriesDropped !== undefined) this.seriesDropped = () => storage.seriesDropped?.() ?? 0;
    const { backlog } = storage;
    if (backlog !== undefined) this.backlog = () => backlog.call(storage);
  }

  describe(): string {
    return this.#storage.describe();
  }

  endpoints(): readonly string[] {
    return this.#storage.endpoints?.() ?? [];
  }

  start(): Promise<void> {
    return this.#work.track(() => this.#storage.start?.());
  }

  store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    return this.#work.track(async () => {
      await this.#storage.store(batch, signal);
      await this.#delivered(mostWaiting, signal);
    });
  }

  stop(): Promise<void> {
    return this.#work.track(async () => {
      await this.#delivered(0, new AbortController().signal);
      await this.#storage.stop?.();
    });
  }

  async #delivered(most: number, signal: AbortSignal): Promise<void> {
    const untilMs = systemClock.monotonicMs() + patienceMs;
    while ((this.#storage.backlog?.().waiting ?? 0) > most && systemClock.monotonicMs() < untilMs) {
      await systemClock.sleep(pollMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }
}
