import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { defineComponent } from '../config/component.ts';
import { optional, required } from '../config/parameters.ts';
import { component, list, str } from '../config/types.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import type { Backlog, Storage } from './storage.ts';
import { StorageOutlet } from './storage-outlet.ts';

/**
 * How long a batch waits for the slowest storage. One that hangs costs the others this once: while it is busy, further
 * batches go past it.
 */
const timeoutMs = 2_000;

export interface FilterStorageOptions {
  readonly storages: readonly Storage[];
  /** Exact names of the metrics to pass on; undefined: all; empty: none. */
  readonly filter?: readonly string[] | undefined;
  readonly clock: Clock;
}

/**
 * Passes some metrics on to several storages (spec config §5.4). All get each batch at the same time: one that fails
 * or hangs keeps it from no other (the original stops at the first that fails).
 */
export class FilterStorage implements Storage {
  readonly #storages: readonly Storage[];
  readonly #clock: Clock;
  /** By source: a host that stores while another does is not turned away. */
  readonly #outlets = new Map<string, readonly StorageOutlet[]>();
  readonly #names: ReadonlySet<string> | undefined;

  constructor({ storages, filter, clock }: FilterStorageOptions) {
    this.#storages = storages;
    this.#clock = clock;
    this.#names = filter === undefined ? undefined : new Set(filter);
  }

  describe(): string {
    return `FilterStorage [${this.#storages.map((storage) => storage.describe()).join(', ')}]`;
  }

  /** Starts all storages; when one refuses, those already started are stopped. */
  async start(): Promise<void> {
    const started: Storage[] = [];
    try {
      for (const storage of this.#storages) {
        await storage.start?.();
        started.push(storage);
      }
    } catch (thrown) {
      await Promise.allSettled(started.map((storage) => storage.stop?.()));
      throw thrown;
    }
  }

  async store(batch: MetricBatch): Promise<void> {
    const passed = this.#filtered(batch);
    const results = await Promise.all(this.#outletsOf(batch).map((outlet) => outlet.attempt(passed)));
    const errors = results.filter((error) => error !== undefined);
    const [first, second] = errors;
    if (first === undefined) return;
    if (second === undefined) throw first;
    throw new WcaError('STORAGE_FAILED', {
      subject: 'FilterStorage',
      message: errors.map((error) => error.toText()).join('; '),
      cause: new AggregateError(errors),
    });
  }

  endpoints(): readonly string[] {
    return this.#storages.flatMap((storage) => storage.endpoints?.() ?? []);
  }

  seriesDropped(): number {
    return this.#storages.reduce((sum, storage) => sum + (storage.seriesDropped?.() ?? 0), 0);
  }

  /** A batch that several storages hold back or lose counts once, as far as can be told. */
  backlog(): Backlog {
    const all = this.#storages.flatMap((storage) => storage.backlog?.() ?? []);
    return {
      waiting: Math.max(0, ...all.map(({ waiting }) => waiting)),
      lost: Math.max(0, ...all.map(({ lost }) => lost)),
      trouble: all.find(({ trouble }) => trouble !== undefined)?.trouble,
    };
  }

  forget(source: string): void {
    this.#outlets.delete(source);
    for (const storage of this.#storages) storage.forget?.(source);
  }

  async stop(): Promise<void> {
    const outlets = [...this.#outlets.values()].flat();
    await Promise.all(outlets.map((outlet) => outlet.drain(timeoutMs)));
    await Promise.allSettled(this.#storages.map((storage) => storage.stop?.()));
  }

  #outletsOf({ source = '' }: MetricBatch): readonly StorageOutlet[] {
    const known = this.#outlets.get(source);
    if (known !== undefined) return known;
    const made = this.#storages.map(
      (storage) => new StorageOutlet({ name: storage.describe(), storage, timeoutMs, clock: this.#clock }),
    );
    this.#outlets.set(source, made);
    return made;
  }

  #filtered(batch: MetricBatch): MetricBatch {
    const names = this.#names;
    if (names === undefined) return batch;
    return { ...batch, families: batch.families.filter(({ name }) => names.has(name)) };
  }
}

/** `!FilterStorage` (spec config §3.6). */
export const filterStorage = defineComponent({
  tag: 'FilterStorage',
  kind: 'storage',
  since: 'seed',
  doc: 'Passes some metrics on to several storages. One that fails keeps them from no other.',
  parameters: {
    storages: required(list(component('storage')), { doc: 'Where metrics go.' }),
    filter: optional(list(str()), {
      doc: 'Exact names of the metrics to pass on; an empty list passes none.',
      defaultDoc: 'all',
    }),
  },
  example: '!FilterStorage {filter: [task_ipc], storages: [!LogStorage {}]}',
  create: ({ storages, filter }, { clock }) => new FilterStorage({ storages, filter, clock }),
});
