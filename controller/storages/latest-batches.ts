import { type MetricBatch, mergeBatches } from '../model/metric-batch.ts';

/** Batches held of one source beside each other: there are not that many places that name a storage. */
const maxHeld = 8;

interface Held {
  readonly batch: MetricBatch;
  readonly atMs: number;
}

/**
 * The newest batches of each source. A storage that is named in several places gets batches of different metrics: a
 * batch replaces those of its source that it shares a metric with and stands beside the others.
 */
export class LatestBatches {
  readonly #bySource = new Map<string, readonly Held[]>();

  get isEmpty(): boolean {
    return this.#bySource.size === 0;
  }

  /** Series of all that is held. */
  get seriesCount(): number {
    let count = 0;
    for (const { batch } of this.#all()) for (const { labels } of batch.families) count += labels.length;
    return count;
  }

  put(batch: MetricBatch, nowMs: number): void {
    const { source = '' } = batch;
    const names = new Set(batch.families.map(({ name }) => name));
    const others = (this.#bySource.get(source) ?? []).filter(
      (held) => !held.batch.families.some(({ name }) => names.has(name)),
    );
    this.#bySource.set(source, [...others.slice(1 - maxHeld), { batch, atMs: nowMs }]);
  }

  /** Whether it is the source that was held first: of several that store in turn, one of a round. */
  isFirst({ source = '' }: MetricBatch): boolean {
    const [first] = this.#bySource.keys();
    return first === undefined || first === source;
  }

  /** Drops what is older; whether there was any. */
  expire(oldestMs: number): boolean {
    let isChanged = false;
    for (const [source, held] of this.#bySource) {
      const live = held.filter(({ atMs }) => atMs >= oldestMs);
      if (live.length === held.length) continue;
      isChanged = true;
      if (live.length === 0) this.#bySource.delete(source);
      else this.#bySource.set(source, live);
    }
    return isChanged;
  }

  forget(source: string): boolean {
    return this.#bySource.delete(source);
  }

  clear(): void {
    this.#bySource.clear();
  }

  /** All as one batch: ascending by name, families of one name, of several sources, side by side. */
  merged(): MetricBatch {
    return mergeBatches([...this.#all()].map(({ batch }) => batch));
  }

  *#all(): Generator<Held> {
    for (const held of this.#bySource.values()) yield* held;
  }
}
