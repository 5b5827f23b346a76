import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import { KernelFile } from '../kernel-file.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import { FieldTable, type FieldTableOptions } from './field-table.ts';

interface FieldFileOptions {
  readonly path: string;
  /** See KernelFileOptions. */
  readonly pieces: boolean;
  readonly table: FieldTableOptions<Column>;
}

/** A file of named numbers, kept open, with columns for what it holds. */
export class FieldFile {
  readonly #options: FieldFileOptions;
  readonly #file: KernelFile;
  /** Undefined: to be planned. */
  #table: FieldTable<Column> | undefined;
  #columns: readonly Column[] = [];
  #problem: WcaError | undefined;

  constructor(options: FieldFileOptions) {
    this.#options = options;
    this.#file = new KernelFile({
      path: options.path,
      subject: options.path,
      keepOpen: true,
      pieces: options.pieces,
    });
  }

  /** Another array after a `plan` that answered true. */
  get columns(): readonly Column[] {
    return this.#columns;
  }

  /** Why columns are absent; the same object as long as it lasts. */
  get problem(): WcaError | undefined {
    return this.#problem;
  }

  /** Plans the columns if other lines were seen, or none yet. True when the columns changed. */
  plan(scratch: Scratch): boolean {
    if (this.#table !== undefined || !this.#read(scratch)) return false;
    this.#table = new FieldTable(scratch, this.#options.table);
    this.#columns = this.#table.columns;
    if (this.#columns.length === 0) this.#problem = formatError(this.#options.path, scratch);
    else if (this.#table.isCut) this.#problem = cutError(this.#options.path, this.#columns.length);
    else this.#problem = undefined;
    return true;
  }

  /** Fills one slot a column. When the file has other lines than planned all are absent until the next `plan`. */
  readInto(scratch: Scratch, row: Row, at: number): void {
    const table = this.#table;
    if (table === undefined || !this.#read(scratch)) {
      row.clear(at, this.#columns.length);
      return;
    }
    const decoded = table.decode(scratch, row, at);
    if (decoded === 'broken') this.#problem ??= formatError(this.#options.path, scratch);
    else if (decoded === 'read' && this.#columns.length > 0 && !table.isCut) this.#problem = undefined;
    if (decoded !== 'changed') return;
    row.clear(at, this.#columns.length);
    this.#table = undefined;
  }

  #read(scratch: Scratch): boolean {
    const state = this.#file.read(scratch);
    if (state === 'read') return true;
    // One object for as long as it lasts; what a planned file was told of before is over.
    if (this.#problem?.errno === undefined) this.#problem = this.#failure(state === 'missing');
    this.#table = undefined;
    return false;
  }

  #failure(isMissing: boolean): WcaError {
    const { path } = this.#options;
    if (!isMissing) return this.#file.error();
    return new WcaError('FEATURE_ABSENT', { subject: path, errno: 'ENOENT', message: 'this kernel has no such file' });
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }
}

function formatError(path: string, scratch: Scratch): WcaError {
  const message = `not in the format WCA knows; it begins ${JSON.stringify(scratch.text().slice(0, 120))}`;
  return new WcaError('KERNEL_FORMAT', { subject: path, message });
}

function cutError(path: string, count: number): WcaError {
  return new WcaError('LIMIT_REACHED', { subject: path, message: `only its first ${count} fields are read` });
}
