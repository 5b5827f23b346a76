import type { MetricBatch } from '../model/metric-batch.ts';
import type { Backlog, Storage } from '../storages/storage.ts';

export interface HostStorageOptions {
  readonly storage: Storage;
  /** Of the host. */
  readonly source: string;
  /** Other hosts store there too: the fleet opens and closes it. */
  readonly isShared: boolean;
}

/** A storage as one host of several sees it: its batches bear the name of the host. */
export class HostStorage implements Storage {
  readonly #options: HostStorageOptions;
  readonly seriesDropped?: () => number;
  readonly backlog?: () => Backlog;

  constructor(options: HostStorageOptions) {
    this.#options = options;
    const { storage } = options;
    if (storage.seriesDropped !== undefined) this.seriesDropped = () => storage.seriesDropped?.() ?? 0;
    const { backlog } = storage;
    if (backlog !== undefined) this.backlog = () => backlog.call(storage);
  }

  describe(): string {
    return this.#options.storage.describe();
  }

  endpoints(): readonly string[] {
    return this.#options.storage.endpoints?.() ?? [];
  }

  async start(): Promise<void> {
    const { storage, isShared } = this.#options;
    if (!isShared) await storage.start?.();
  }

  store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    const { storage, source } = this.#options;
    return storage.store({ ...batch, source }, signal);
  }

  async stop(): Promise<void> {
    const { storage, source, isShared } = this.#options;
    if (isShared) storage.forget?.(source);
    else await storage.stop?.();
  }
}
