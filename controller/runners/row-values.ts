import {
  type Column,
  type ColumnValues,
  isAbsent,
  type Snapshot,
  targetState,
} from '../../shared/rpc/watch-messages.ts';
import type { SeriesValues } from '../model/metric-batch.ts';

/** Values of a column of a snapshot by row: raw value / divisor, read where they lie. */
export class ColumnRows implements SeriesValues {
  readonly #column: Column;
  readonly #values: ColumnValues;

  constructor(column: Column, values: ColumnValues) {
    this.#column = column;
    this.#values = values;
  }

  get length(): number {
    return this.#values.words.length >> 1;
  }

  has(row: number): boolean {
    return 2 * row + 1 < this.#values.words.length && !isAbsent(this.#values, row);
  }

  number(row: number): number {
    return Number(this.exact(row));
  }

  exact(row: number): number | bigint {
    const { divisor } = this.#column;
    if (this.#values.kind === 'f64') return (this.#values.doubles[row] ?? 0) / divisor;
    const low = this.#values.words[2 * row] ?? 0;
    const high = this.#values.words[2 * row + 1] ?? 0;
    // Below 2^53 the sum is exact.
    if (high < 0x20_0000) return (high * 0x1_0000_0000 + low) / divisor;
    const raw = (BigInt(high) << 32n) | BigInt(low);
    return divisor === 1 ? raw : Number(raw) / divisor;
  }
}

/** Values that are computed for a row when asked for; undefined where there is none. */
export function computedRows(length: number, numberOf: (row: number) => number | undefined): SeriesValues {
  return {
    length,
    has: (row) => numberOf(row) !== undefined,
    number: (row) => numberOf(row) ?? 0,
    exact: (row) => numberOf(row) ?? 0,
  };
}

/** No value in any row: a column that a snapshot lacks. */
export const noRows: SeriesValues = { length: 0, has: () => false, number: () => 0, exact: () => 0 };

/** 1 for each row whose target was measured in this snapshot, for the last time or not; 0 for the others. */
export function measuredRows(snapshot: Snapshot): Uint8Array {
  return snapshot.states.map((state) => (state === targetState.measured || state === targetState.ended ? 1 : 0));
}
