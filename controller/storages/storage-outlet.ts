import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import type { Storage } from './storage.ts';

export interface OutletOptions {
  /** For status and errors: `metrics_storage`. */
  readonly name: string;
  readonly storage: Storage;
  /** After this long a batch counts as failed, though the storage may finish it. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Told once a batch that was taken: undefined when it was stored and none waits in trouble. */
  readonly onSettled?: (error: WcaError | undefined) => void;
}

/** Batches by what became of them, since start. */
export interface OutletStatus {
  readonly stored: number;
  /** Taken by a storage that delivers later. */
  readonly waiting: number;
  /** Never given to the storage, because it was busy with an earlier one or is stopping. */
  readonly dropped: number;
  /** Refused by the storage, or taken and given up. */
  readonly failed: number;
  /** Why the last batch failed or batches wait; undefined after one that was stored. */
  readonly error: WcaError | undefined;
}

/**
 * Stands between a loop that must not wait and a storage that may fail, hang or be slow. At most one batch is on its
 * way; while it is, newer ones are dropped. Never throws, never leaves a rejection unhandled.
 */
export class StorageOutlet {
  readonly name: string;
  readonly #storage: Storage;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #onSettled: (error: WcaError | undefined) => void;
  readonly #stop = new AbortController();
  /** The call of the storage, which may outlast the timeout. */
  #inFlight: Promise<void> | undefined;
  /** The bookkeeping of the last batch. */
  #settling: Promise<unknown> = Promise.resolve();
  #draining = false;
  #stored = 0;
  #dropped = 0;
  #failed = 0;
  #error: WcaError | undefined;

  constructor(options: OutletOptions) {
    this.name = options.name;
    this.#storage = options.storage;
    this.#timeoutMs = options.timeoutMs;
    this.#clock = options.clock;
    this.#onSettled = options.onSettled ?? (() => {});
  }

  get status(): OutletStatus {
    const { waiting = 0, lost = 0 } = this.#storage.backlog?.() ?? {};
    return {
      stored: Math.max(0, this.#stored - waiting - lost),
      waiting,
      dropped: this.#dropped,
      failed: this.#failed + lost,
      error: this.#error,
    };
  }

  /** Gives the batch to the storage, or drops it when it is busy. Returns at once. */
  offer(batch: MetricBatch): void {
    void this.attempt(batch);
  }

  /** As `offer`; resolves, at the latest when the time is up, with the reason why the batch was not stored. */
  async attempt(batch: MetricBatch): Promise<WcaError | undefined> {
    if (this.#inFlight !== undefined || this.#draining) {
      this.#dropped += 1;
      return this.#problem('STORAGE_FAILED', 'the batch is dropped: the storage is busy with an earlier one');
    }
    const call = this.#call(batch);
    this.#inFlight = call.then(() => {
      this.#inFlight = undefined;
    });
    const settled = this.#settle(call);
    this.#settling = settled;
    return settled;
  }

  /** Takes no more batches and waits for the one on its way; tells the storage to give up after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    await this.#raceSleep(Promise.all([this.#inFlight, this.#settling]), timeoutMs);
    this.#stop.abort(this.#problem('CANCELLED', 'the controller stops'));
  }

  async #call(batch: MetricBatch): Promise<WcaError | undefined> {
    try {
      await this.#storage.store(batch, this.#stop.signal);
      return undefined;
    } catch (thrown) {
      return toWcaError(thrown, this.name, 'STORAGE_FAILED');
    }
  }

  async #settle(call: Promise<WcaError | undefined>): Promise<WcaError | undefined> {
    const error = await this.#withinTimeout(call);
    if (error === undefined) this.#stored += 1;
    else this.#failed += 1;
    try {
      this.#error = error ?? this.#storage.backlog?.().trouble;
      this.#onSettled(this.#error);
    } catch (thrown) {
      // A bug of the caller: it shows in the status and stops nothing.
      this.#error = toWcaError(thrown, this.name);
    }
    return error;
  }

  async #withinTimeout(call: Promise<WcaError | undefined>): Promise<WcaError | undefined> {
    const settled = await this.#raceSleep(
      call.then((error) => ({ error })),
      this.#timeoutMs,
    );
    if (settled !== undefined) return settled.error;
    return this.#problem('DEADLINE', `not stored within ${this.#timeoutMs / 1000} s`);
  }

  /** What the promise resolves with; undefined when the time is up first. */
  async #raceSleep<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    const timer = new AbortController();
    const sleep = this.#clock.sleep(ms, timer.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([promise, sleep]);
    } finally {
      timer.abort();
    }
  }

  #problem(code: 'STORAGE_FAILED' | 'DEADLINE' | 'CANCELLED', message: string): WcaError {
    return new WcaError(code, { subject: this.name, message });
  }
}
