import { WcaError } from '../../shared/errors/wca-error.ts';
import { defineComponent } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { bool, list, oneOf, path, str } from '../config/types.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import { AppendFile } from './append-file.ts';
import type { ByteSink } from './byte-sink.ts';
import { ExpositionFormatter } from './exposition.ts';
import { LatestBatches } from './latest-batches.ts';
import { ReplaceFile } from './replace-file.ts';
import { Serial } from './serial.ts';
import type { Storage } from './storage.ts';
import { StreamSink } from './stream-sink.ts';

export interface LogStorageOptions {
  /** undefined: a standard stream. */
  readonly outputFilename?: string | undefined;
  /** The file always holds the last batch only. */
  readonly overwrite?: boolean | undefined;
  /** undefined: the opposite of `overwrite`, since node-exporter's textfile collector refuses timestamps. */
  readonly includeTimestamp?: boolean | undefined;
  /** Names of the labels to print; undefined: all. */
  readonly filterLabels?: readonly string[] | undefined;
  /** Which stream, without a filename. */
  readonly stream?: 'stderr' | 'stdout' | undefined;
}

/** Writes batches in the Prometheus text format to a file or a standard stream (spec config §5.3). */
export class LogStorage implements Storage {
  readonly #sink: ByteSink;
  readonly #formatter: ExpositionFormatter;
  /** Appended batches are separated by an empty line. */
  readonly #trailer: string;
  readonly #serial = new Serial();
  /** Of a file that holds the last batch of each source only; undefined: batches are appended. */
  readonly #latest: LatestBatches | undefined;
  /** Batches came that the file does not hold yet. */
  #isOld = false;

  /** Throws INVALID_CONFIG. Opens nothing. */
  constructor(options: LogStorageOptions) {
    const overwrite = options.overwrite ?? false;
    this.#sink = chooseSink(options);
    this.#trailer = overwrite ? '' : '\n';
    this.#latest = overwrite ? new LatestBatches() : undefined;
    this.#formatter = new ExpositionFormatter({
      format: 'text',
      timestamps: options.includeTimestamp ?? !overwrite,
      labels: options.filterLabels === undefined ? undefined : new Set(options.filterLabels),
    });
  }

  describe(): string {
    return `LogStorage ${this.#sink.name}`;
  }

  start(): Promise<void> {
    return this.#serial.run(() => this.#sink.open());
  }

  store(batch: MetricBatch, signal: AbortSignal): Promise<void> {
    const { source } = batch;
    if (source !== undefined && this.#latest !== undefined) return this.#storeBeside(batch, this.#latest, signal);
    return this.#write(() => batch, signal);
  }

  forget(source: string): void {
    this.#latest?.forget(source);
  }

  /** What comes from several sources while the file is written is written at once. */
  #storeBeside(batch: MetricBatch, latest: LatestBatches, signal: AbortSignal): Promise<void> {
    latest.put(batch, 0);
    this.#isOld = true;
    return this.#write(() => {
      if (!this.#isOld) return undefined;
      this.#isOld = false;
      return latest.merged();
    }, signal);
  }

  #write(batchOf: () => MetricBatch | undefined, signal: AbortSignal): Promise<void> {
    return this.#serial.run(async () => {
      if (signal.aborted) throw new WcaError('CANCELLED', { subject: this.describe(), message: 'stopped' });
      const batch = batchOf();
      if (batch !== undefined) await this.#sink.write(this.#formatter.format(batch, this.#trailer));
    });
  }

  stop(): Promise<void> {
    return this.#serial.run(() => this.#sink.close());
  }
}

function chooseSink({ outputFilename, overwrite, stream }: LogStorageOptions): ByteSink {
  if (outputFilename !== undefined) {
    return overwrite === true ? new ReplaceFile(outputFilename) : new AppendFile(outputFilename);
  }
  if (overwrite === true) {
    throw new WcaError('INVALID_CONFIG', {
      subject: 'LogStorage',
      message: 'overwrite: true without output_filename',
      remedy: 'set output_filename, or remove overwrite',
    });
  }
  return stream === 'stdout' ? new StreamSink('stdout', process.stdout) : new StreamSink('stderr', process.stderr);
}

/** `!LogStorage` (spec config §3.6). */
export const logStorage = defineComponent({
  tag: 'LogStorage',
  kind: 'storage',
  since: 'seed',
  doc: 'Writes metrics in the Prometheus text format to a file, stderr or stdout.',
  parameters: {
    output_filename: optional(path(), {
      doc: 'File to write; its folder must exist. It is opened anew after log rotation. Without it metrics go to `stream`.',
    }),
    overwrite: withDefault(bool(), false, {
      doc: 'The file always holds the last batch only and is replaced as a whole; for the textfile collector of node-exporter.',
    }),
    include_timestamp: optional(bool(), {
      doc: 'Whether lines end in the time of the measurement.',
      defaultDoc: 'the opposite of overwrite',
    }),
    filter_labels: optional(list(str()), {
      doc: 'Names of the labels to write; an empty list writes none. Of series that become equal the first is written.',
      defaultDoc: 'all',
    }),
    stream: withDefault(oneOf(['stderr', 'stdout']), 'stderr', { doc: 'Where metrics go without output_filename.' }),
  },
  example: '!LogStorage {output_filename: /var/lib/node-exporter/wca.prom, overwrite: true}',
  create: (args) =>
    new LogStorage({
      outputFilename: args.output_filename,
      overwrite: args.overwrite,
      includeTimestamp: args.include_timestamp,
      filterLabels: args.filter_labels,
      stream: args.stream,
    }),
});
