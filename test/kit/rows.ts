import type { Row } from '../../collector/kernel/row.ts';
import { type ColumnValues, isAbsent } from '../../shared/rpc/watch-messages.ts';

/** Slot i of a row as an exact integer; undefined when absent. */
export function integerAt(row: Row, i: number): bigint | undefined {
  if (row.present[i] !== 1) return undefined;
  return (BigInt(row.words[2 * i + 1] ?? 0) << 32n) | BigInt(row.words[2 * i] ?? 0);
}

export function doubleAt(row: Row, i: number): number | undefined {
  return row.present[i] === 1 ? row.doubles[i] : undefined;
}

/** Row i of a `u64` column; undefined when absent. */
export function columnIntegerAt(values: ColumnValues | undefined, i: number): bigint | undefined {
  if (values === undefined || isAbsent(values, i)) return undefined;
  return (BigInt(values.words[2 * i + 1] ?? 0) << 32n) | BigInt(values.words[2 * i] ?? 0);
}
