import type { Allocations, Column, ColumnValues, Roster, Schema, Snapshot } from '../../shared/rpc/watch-messages.ts';

/**
 * What is wrong with a snapshot of these columns and rows; undefined: nothing. A recording is no peer that could be
 * asked again: a column that is too short would become wrong numbers. Pure.
 */
export function findSnapshotFault(snapshot: Snapshot, schema: Schema, roster: Roster): string | undefined {
  const rows = roster.targetIds.length;
  if (snapshot.platform.length !== schema.platform.length)
    return count('platform columns', snapshot.platform, schema.platform);
  if (snapshot.targets.length !== schema.target.length) return count('target columns', snapshot.targets, schema.target);
  if (snapshot.states.length !== rows) return `it has ${snapshot.states.length} states of ${rows} rows`;
  if (snapshot.generations.length !== 2 * rows) return `it has no generation for each of its ${rows} rows`;
  const stray = snapshot.errors.find(({ row }) => row >= rows);
  if (stray !== undefined) return `an error belongs to row ${stray.row} of ${rows}`;
  return (
    findColumnFault(schema.platform, snapshot.platform, 1) ?? findColumnFault(schema.target, snapshot.targets, rows)
  );
}

/** What is wrong with allocations of these rows; undefined: nothing. Pure. */
export function findAllocationsFault(allocations: Allocations, roster: Roster | undefined): string | undefined {
  if (roster === undefined || roster.id !== allocations.rosterId) return undefined; // those of a roster to come
  const { targets } = allocations;
  const rows = roster.targetIds.length;
  return targets.length === rows ? undefined : `there are allocations of ${targets.length} of ${rows} rows`;
}

function findColumnFault(
  columns: readonly Column[],
  values: readonly ColumnValues[],
  rows: number,
): string | undefined {
  for (const [i, { metric, kind }] of columns.entries()) {
    const found = values[i];
    const length = found === undefined ? 0 : found.doubles.length;
    if (length !== rows) return `column ${metric} has ${length} values of ${rows} rows`;
    // A column of no rows has no bytes that could tell its kind.
    if (rows > 0 && found?.kind !== kind) return `the values of column ${metric} are not of its kind`;
    if (found !== undefined && found.absent.length > Math.ceil(rows / 8)) {
      return `column ${metric} has absent values beyond its ${rows} rows`;
    }
  }
  return undefined;
}

function count(what: string, found: readonly unknown[], wanted: readonly unknown[]): string {
  return `it has ${found.length} ${what}, its schema ${wanted.length}`;
}
