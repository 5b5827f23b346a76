import type { MetricBatch } from '../model/metric-batch.ts';

/** Takes the metrics of each iteration somewhere. */
export interface Storage {
  /** What it is, for status and logs: `PrometheusStorage http://127.0.0.1:9100/metrics`. */
  describe(): string;
  /** Opens files and sockets. Rejecting ends the start of the controller. */
  start?(): Promise<void>;
  /** Rejecting is survived: it is counted and the next batch is tried. `signal` aborts when the controller stops. */
  store(batch: MetricBatch, signal: AbortSignal): Promise<void>;
  /** Flushes and closes; safe to call twice and before start. */
  stop?(): Promise<void>;
}
