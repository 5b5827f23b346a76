import type { Labels } from '../model/metric.ts';
import { type MetricParts, PartGrouper } from '../model/metric-parts.ts';
import type { Storage } from '../storages/storage.ts';
import type { StorageFacts } from './board.ts';
import { Outlets } from './outlets.ts';
import type { RunnerEnvironment } from './runner.ts';

interface Entry {
  readonly names: readonly string[];
  readonly outlets: Outlets;
  readonly grouper: PartGrouper;
}

/**
 * Storages of a runner beside that of the measurements, by the names of their parameters. One instance for several
 * purposes gets one batch; that of the measurements gets everything with the next measurement, for a second batch would
 * replace the first where only the newest is kept.
 */
export class ExtensionStorages {
  readonly #entries: readonly Entry[];
  readonly #merged: readonly string[];
  #waiting: MetricParts = [];

  constructor(storages: ReadonlyMap<string, Storage>, measurements: Storage, environment: RunnerEnvironment) {
    const distinct = new Set([...storages.values()].filter((storage) => storage !== measurements));
    const namesOf = (storage: Storage): readonly string[] =>
      [...storages].filter(([, one]) => one === storage).map(([name]) => name);
    this.#entries = [...distinct].map((storage) => {
      const names = namesOf(storage);
      const outlets = new Outlets(new Map([[names.join(' and '), storage]]), environment);
      return { names, outlets, grouper: new PartGrouper() };
    });
    this.#merged = namesOf(measurements);
  }

  async start(): Promise<void> {
    for (const { outlets } of this.#entries) await outlets.start();
  }

  /** Stores metrics by the name of the parameter they are for. */
  store(metrics: ReadonlyMap<string, MetricParts>, timestampMs: number, commonLabels: Labels): void {
    const of = (names: readonly string[]): MetricParts => names.flatMap((name) => metrics.get(name) ?? []);
    for (const { names, outlets, grouper } of this.#entries) {
      outlets.offer({ timestampMs, ...grouper.group(of(names), commonLabels) });
    }
    this.#waiting = of(this.#merged);
  }

  /** For the storage of the measurements. */
  get forMeasurements(): MetricParts {
    return this.#waiting;
  }

  get status(): readonly StorageFacts[] {
    return this.#entries.flatMap(({ outlets }) => outlets.status);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#entries.map(({ outlets }) => outlets.stop()));
  }
}
