/** Where LogStorage writes. Each `write` is a whole batch: it arrives complete or rejects. */
export interface ByteSink {
  /** For people: `/var/log/wca.prom`, `stderr`. */
  readonly name: string;
  /** Checks and opens. Rejects with INVALID_CONFIG: what cannot be opened at start was configured wrongly. */
  open(): Promise<void>;
  /** Rejects with STORAGE_FAILED. Not called again before it settles. */
  write(bytes: Buffer): Promise<void>;
  /** Safe to call twice and before open. */
  close(): Promise<void>;
}
