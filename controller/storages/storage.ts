import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { MetricBatch } from '../model/metric-batch.ts';

/** How a storage does that delivers batches after it has taken them. */
export interface Backlog {
  /** Batches taken whose delivery is not decided yet. */
  readonly waiting: number;
  /** Batches taken that were given up since start. */
  readonly lost: number;
  /** What keeps batches from being delivered; undefined while all goes well. */
  readonly trouble: WcaError | undefined;
}

/** Takes the metrics of each iteration somewhere. */
export interface Storage {
  /** What it is, for status and logs: `PrometheusStorage http://127.0.0.1:9152/metrics`. */
  describe(): string;
  /** Opens files and sockets; safe to call twice. Rejecting ends the start of the controller. */
  start?(): Promise<void>;
  /** Rejecting is survived: it is counted and the next batch is tried. `signal` aborts when the controller stops. */
  store(batch: MetricBatch, signal: AbortSignal): Promise<void>;
  /** Addresses at which people find what was stored: `http://127.0.0.1:9152/metrics`. Known after start. */
  endpoints?(): readonly string[];
  /** Series left out since start because the storage bounds them, added up over the batches. */
  seriesDropped?(): number;
  /** Of a storage whose `store` resolves before the batch is delivered: it counts towards the same accounts. */
  backlog?(): Backlog;
  /** A host that is not followed any more: a storage that shows the latest batch of each source drops its own. */
  forget?(source: string): void;
  /** Flushes and closes; safe to call twice and before start. */
  stop?(): Promise<void>;
}
