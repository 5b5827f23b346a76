import type { MetricBatch } from '../model/metric-batch.ts';

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
  /** Flushes and closes; safe to call twice and before start. */
  stop?(): Promise<void>;
}
