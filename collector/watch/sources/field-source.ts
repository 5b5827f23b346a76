import type { WcaError } from '../../../shared/errors/wca-error.ts';
import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { FieldFile } from '../../kernel/proc/field-file.ts';
import type { Row } from '../../kernel/row.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource, PlatformPart } from '../ports.ts';

/** The files of a source, as long as `hasChanged` answers false. */
interface FieldFiles {
  list(): readonly FieldFile[];
  /** Whether there are other files than at the last `list`. A small read, in every tick. */
  hasChanged(): boolean;
  close(): void;
}

/** Every field of some tables of the kernel as a column of the platform row. Columns follow the lines of the files. */
export class FieldSource implements OptionalSource {
  readonly name: string;
  readonly platform: PlatformPart;
  readonly targets = undefined;
  readonly notes: readonly WcaError[] = [];
  readonly #scratch: Scratch;
  readonly #sources: FieldFiles;
  #files: readonly FieldFile[] = [];
  #columns: readonly Column[] = [];
  #unavailable: readonly WcaError[] = [];

  constructor(name: string, sources: FieldFiles, scratch: Scratch) {
    this.name = name;
    this.#sources = sources;
    this.#scratch = scratch;
    const source = this;
    this.platform = {
      get columns() {
        return source.#columns;
      },
      refresh: () => this.#refresh(false),
      readInto: (row, at) => this.#readInto(row, at),
    };
    this.#refresh(true);
    this.#tellProblems();
  }

  get unavailable(): readonly WcaError[] {
    return this.#unavailable;
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#sources.close();
  }

  #refresh(isFirst: boolean): boolean {
    let changed = this.#sources.hasChanged() || isFirst;
    if (changed) {
      for (const file of this.#files) file.close();
      this.#files = this.#sources.list();
    }
    for (const file of this.#files) if (file.plan(this.#scratch)) changed = true;
    if (changed) this.#columns = this.#files.flatMap(({ columns }) => columns);
    return changed;
  }

  #readInto(row: Row, from: number): void {
    let at = from;
    for (const file of this.#files) {
      file.readInto(this.#scratch, row, at);
      at += file.columns.length;
    }
    this.#tellProblems();
  }

  /** Makes the list anew when a problem came or went. */
  #tellProblems(): void {
    let told = 0;
    let isSame = true;
    for (const { problem } of this.#files) {
      if (problem === undefined) continue;
      if (problem !== this.#unavailable[told]) isSame = false;
      told += 1;
    }
    if (isSame && told === this.#unavailable.length) return;
    this.#unavailable = this.#files.flatMap(({ problem }) => problem ?? []);
  }
}
