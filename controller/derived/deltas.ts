import { type Column, type ColumnValues, isAbsent, type Schema } from '../../shared/rpc/watch-messages.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Labels } from '../model/metric.ts';

const two32 = 4_294_967_296;

/** A column in two snapshots. */
interface ColumnPair {
  readonly now: ColumnValues;
  readonly then: ColumnValues;
  readonly divisor: number;
}

/** What a column of the platform grew by. */
interface Growth {
  readonly labels: Labels;
  readonly value: number;
}

/**
 * What changed between two snapshots of one collector. Rows are matched by target and by the generation of its cgroup,
 * so that neither a new order of rows nor a restarted container gives a difference that never was.
 */
export class Deltas {
  readonly current: Delivery;
  /** Monotonic time between the two; undefined without an earlier one. */
  readonly seconds: number | undefined;
  readonly #previous: Delivery | undefined;
  /** Row of the earlier snapshot by row of the current one; -1: none. */
  readonly #rowBefore: Int32Array;
  readonly #columns = new Map<string, readonly number[]>();
  readonly #columnsBefore = new Map<string, readonly number[]>();

  constructor(previous: Delivery | undefined, current: Delivery) {
    this.current = current;
    const before = previous?.attachment === current.attachment ? previous : undefined;
    const elapsedNs = before === undefined ? 0n : current.snapshot.monotonicNs - before.snapshot.monotonicNs;
    this.#previous = elapsedNs > 0n ? before : undefined;
    this.seconds = elapsedNs > 0n ? Number(elapsedNs) / 1e9 : undefined;
    this.#rowBefore = matchRows(this.#previous, current);
  }

  /** The earlier snapshot, where one of the same attachment was given. */
  get previous(): Delivery | undefined {
    return this.#previous;
  }

  get rows(): number {
    return this.current.roster.targetIds.length;
  }

  /** The value of a gauge or counter of a row in the metric's unit, its columns added; undefined when one is absent. */
  value(metric: string, row: number, labels: Labels = {}): number | undefined {
    const { schema, snapshot } = this.current;
    let sum: number | undefined;
    for (const i of this.#columnsOf(metric)) {
      const column = schema.target[i];
      const values = snapshot.targets[i];
      if (column === undefined || values === undefined || !hasLabels(column.labels, labels)) continue;
      if (isAbsent(values, row)) return undefined;
      const raw =
        column.kind === 'f64'
          ? (values.doubles[row] ?? 0)
          : (values.words[2 * row + 1] ?? 0) * two32 + (values.words[2 * row] ?? 0);
      sum = (sum ?? 0) + raw / column.divisor;
    }
    return sum;
  }

  /**
   * How much a counter of a row grew, in the metric's unit, its columns added. Undefined for a row without a past, a
   * restarted cgroup, a counter that fell, a reading that is absent now or then.
   */
  delta(metric: string, row: number, labels: Labels = {}): number | undefined {
    return this.counter(metric, labels)(row);
  }

  /** `delta` by row. The columns are looked for once: for what is computed of every row. */
  counter(metric: string, labels: Labels = {}): (row: number) => number | undefined {
    const pairs = this.#pairsOf(metric, labels);
    return (row) => {
      const before = this.#rowBefore[row] ?? -1;
      return pairs === undefined || before < 0 ? undefined : growthOf(pairs, row, before);
    };
  }

  /**
   * How much each column of a counter of the platform grew, in the metric's unit. Without the columns that are new, fell
   * or have no value now or then. The labels are the schema's own objects.
   */
  platformGrowth(metric: string): readonly Growth[] {
    const previous = this.#previous;
    if (previous === undefined) return [];
    const { schema, snapshot } = this.current;
    return schema.platform.flatMap((column, i): Growth[] => {
      if (column.metric !== metric) return [];
      const before = schema === previous.schema ? i : findColumn(previous.schema.platform, column);
      const now = snapshot.platform[i];
      const then = previous.snapshot.platform[before];
      if (now === undefined || then === undefined) return [];
      const value = growthOf([{ now, then, divisor: column.divisor }], 0, 0);
      return value === undefined ? [] : [{ labels: column.labels, value }];
    });
  }

  /** Undefined when the two snapshots do not have the same columns of the metric. */
  #pairsOf(metric: string, labels: Labels): readonly ColumnPair[] | undefined {
    const previous = this.#previous;
    if (previous === undefined) return undefined;
    const columns = this.#columnsOf(metric);
    const columnsBefore = this.#columnsBeforeOf(metric, previous.schema);
    if (columns.length !== columnsBefore.length) return undefined;
    const pairs: ColumnPair[] = [];
    for (const [k, i] of columns.entries()) {
      const column = this.current.schema.target[i];
      const now = this.current.snapshot.targets[i];
      const then = previous.snapshot.targets[columnsBefore[k] ?? -1];
      const columnBefore = previous.schema.target[columnsBefore[k] ?? -1];
      if (column === undefined || now === undefined || then === undefined || columnBefore === undefined)
        return undefined;
      if (!hasLabels(column.labels, labels)) continue;
      // A CPU that came or went shifts the columns: not the same counter.
      if (column !== columnBefore && !hasLabels(columnBefore.labels, column.labels)) return undefined;
      pairs.push({ now, then, divisor: column.divisor });
    }
    return pairs;
  }

  #columnsOf(metric: string): readonly number[] {
    return columnsOf(this.#columns, this.current.schema, metric);
  }

  #columnsBeforeOf(metric: string, schema: Schema): readonly number[] {
    return columnsOf(this.#columnsBefore, schema, metric);
  }
}

/** In 32-bit halves: exact for any counter as long as the difference is below 2^53. */
function growthOf(pairs: readonly ColumnPair[], row: number, before: number): number | undefined {
  let sum: number | undefined;
  for (const { now, then, divisor } of pairs) {
    if (isAbsent(now, row) || isAbsent(then, before)) return undefined;
    const high = (now.words[2 * row + 1] ?? 0) - (then.words[2 * before + 1] ?? 0);
    const grown = high * two32 + ((now.words[2 * row] ?? 0) - (then.words[2 * before] ?? 0));
    if (grown < 0) return undefined;
    sum = (sum ?? 0) + grown / divisor;
  }
  return sum;
}

function columnsOf(known: Map<string, readonly number[]>, schema: Schema, metric: string): readonly number[] {
  const found = known.get(metric);
  if (found !== undefined) return found;
  const columns = schema.target.flatMap((column, i) => (column.metric === metric ? [i] : []));
  known.set(metric, columns);
  return columns;
}

/** -1: there is none. */
function findColumn(columns: readonly Column[], { metric, labels }: Column): number {
  return columns.findIndex(
    (other) => other.metric === metric && hasLabels(other.labels, labels) && hasLabels(labels, other.labels),
  );
}

function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function matchRows(previous: Delivery | undefined, current: Delivery): Int32Array {
  const ids = current.roster.targetIds;
  const rows = new Int32Array(ids.length).fill(-1);
  if (previous === undefined) return rows;
  const sameRoster = previous.roster === current.roster;
  const before = sameRoster ? undefined : new Map(previous.roster.targetIds.map((id, row) => [id, row]));
  const [now, then] = [current.snapshot.generations, previous.snapshot.generations];
  for (let row = 0; row < ids.length; row += 1) {
    const at = before === undefined ? row : (before.get(ids[row] ?? '') ?? -1);
    if (at >= 0 && now[2 * row] === then[2 * at] && now[2 * row + 1] === then[2 * at + 1]) rows[row] = at;
  }
  return rows;
}
