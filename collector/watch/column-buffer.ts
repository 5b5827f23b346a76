import type { Column, ColumnValues, ValueKind } from '../../shared/rpc/watch-messages.ts';
import type { Row } from '../kernel/row.ts';

/**
 * The values of several columns over several rows, in memory that is reused from tick to tick. What `values` returns is
 * valid until the next `resize` or `fill`.
 */
export class ColumnBuffer {
  #kinds: readonly ValueKind[] = [];
  #rows = 0;
  #words: Uint32Array[] = [];
  #doubles: Float64Array[] = [];
  #absent: Uint8Array[] = [];
  #hasAbsent = new Uint8Array(0);

  /** Makes room; cheap when nothing changed. */
  resize(columns: readonly Column[], rows: number): void {
    this.#kinds = columns.map(({ kind }) => kind);
    if (rows === this.#rows && columns.length === this.#words.length) return;
    this.#rows = rows;
    const memory = columns.map(() => new ArrayBuffer(rows * 8));
    this.#words = memory.map((bytes) => new Uint32Array(bytes));
    this.#doubles = memory.map((bytes) => new Float64Array(bytes));
    this.#absent = memory.map(() => new Uint8Array((rows + 7) >> 3));
    this.#hasAbsent = new Uint8Array(columns.length);
  }

  /** Forgets what is absent; before the rows of a tick are filled in. */
  clear(): void {
    for (let c = 0; c < this.#absent.length; c += 1) {
      if (this.#hasAbsent[c] === 1) this.#absent[c]?.fill(0);
    }
    this.#hasAbsent.fill(0);
  }

  /** Copies all slots of `source` into row `row`, its first slot into column `from`. */
  fill(row: number, from: number, source: Row): void {
    const { words, present, width } = source;
    for (let i = 0; i < width; i += 1) {
      const into = this.#words[from + i];
      if (into === undefined) return;
      if (present[i] === 1) {
        into[2 * row] = words[2 * i] ?? 0;
        into[2 * row + 1] = words[2 * i + 1] ?? 0;
      } else this.#markAbsent(row, from + i);
    }
  }

  #markAbsent(row: number, column: number): void {
    const words = this.#words[column];
    const absent = this.#absent[column];
    if (words === undefined || absent === undefined) return;
    words[2 * row] = 0;
    words[2 * row + 1] = 0;
    absent[row >> 3] = (absent[row >> 3] ?? 0) | (1 << (row & 7));
    this.#hasAbsent[column] = 1;
  }

  values(): ColumnValues[] {
    const none = new Uint8Array(0);
    return this.#words.map((words, c) => ({
      kind: this.#kinds[c] ?? 'u64',
      words,
      doubles: this.#doubles[c] ?? new Float64Array(0),
      absent: this.#hasAbsent[c] === 1 ? (this.#absent[c] ?? none) : none,
    }));
  }
}
