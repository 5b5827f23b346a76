import type { MetricBatch } from '../model/metric-batch.ts';
import type { Storage } from '../storages/storage.ts';
import { StorageOutlet } from '../storages/storage-outlet.ts';
import type { StorageFacts } from './board.ts';
import type { RunnerEnvironment } from './runner.ts';

/** Longest time one batch may take. */
const storeTimeoutMs = 5_000;
/** What is left to a storage when the controller stops. */
const drainMs = 700;

interface Entry {
  readonly name: string;
  readonly storage: Storage;
  readonly outlet: StorageOutlet;
}

/** The storages of a runner by the names of their parameters. None of them can hold up the loop or each other. */
export class Outlets {
  readonly #entries: readonly Entry[];

  constructor(
    storages: ReadonlyMap<string, Storage>,
    environment: Pick<RunnerEnvironment, 'clock' | 'episodes' | 'adaptStorage'>,
  ) {
    const { clock, episodes } = environment;
    this.#entries = [...storages].map(([name, configured]) => {
      const storage = environment.adaptStorage?.(configured) ?? configured;
      const episode = `storage ${name}`;
      const onSettled: NonNullable<ConstructorParameters<typeof StorageOutlet>[0]['onSettled']> = (error) => {
        if (error === undefined) episodes.ended(episode);
        else {
          const waits = (storage.backlog?.().waiting ?? 0) > 0;
          const doing = waits ? 'keeping its metrics for later' : 'dropping its metrics';
          episodes.failed(episode, error, { source: 'storage', doing });
        }
      };
      return {
        name,
        storage,
        outlet: new StorageOutlet({ name, storage, timeoutMs: storeTimeoutMs, clock, onSettled }),
      };
    });
  }

  /** Opens them all; rejects with the first that cannot be opened. */
  async start(): Promise<void> {
    for (const { storage } of this.#entries) await storage.start?.();
  }

  offer(batch: MetricBatch): void {
    for (const { outlet } of this.#entries) outlet.offer(batch);
  }

  get status(): readonly StorageFacts[] {
    return this.#entries.map(({ name, storage, outlet }) => ({
      name,
      describe: storage.describe(),
      status: outlet.status,
    }));
  }

  get endpoints(): readonly string[] {
    return this.#entries.flatMap(({ storage }) => storage.endpoints?.() ?? []);
  }

  get seriesDropped(): ReadonlyMap<string, number> {
    return new Map(
      this.#entries.flatMap(({ name, storage }) =>
        storage.seriesDropped === undefined ? [] : [[name, storage.seriesDropped()] as const],
      ),
    );
  }

  /** Lets them finish for a moment and closes them. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all(this.#entries.map(({ outlet }) => outlet.drain(drainMs)));
    await Promise.allSettled(this.#entries.map(({ storage }) => storage.stop?.()));
  }
}
