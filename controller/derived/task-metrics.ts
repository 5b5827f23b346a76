import type { SeriesValues } from '../model/metric-batch.ts';
import type { Deltas } from './deltas.ts';

/** Computes one derived metric of a row; undefined where it cannot be known. */
type Formula = (deltas: Deltas, row: number) => number | undefined;

/** The original's formulas (spec measurements §3.10), over the summed counters of a task. A zero denominator omits. */
const formulas: Readonly<Record<string, Formula>> = {
  task_ipc: (deltas, row) => ratio(deltas.delta('task_instructions', row), deltas.delta('task_cycles', row)),
  task_ips: (deltas, row) => ratio(deltas.delta('task_instructions', row), deltas.seconds),
  task_cache_misses_per_kilo_instructions: (deltas, row) =>
    ratio(deltas.delta('task_cache_misses', row), deltas.delta('task_instructions', row), 1000),
  task_cache_hit_ratio: (deltas, row) => {
    const references = deltas.delta('task_cache_references', row);
    const misses = deltas.delta('task_cache_misses', row);
    if (references === undefined || misses === undefined) return undefined;
    return ratio(references - misses, references);
  },
};

/** All derived task metrics of two snapshots, by name and row. Empty where no perf event they need is counted. */
export function deriveTaskMetrics(deltas: Deltas): ReadonlyMap<string, SeriesValues> {
  return new Map(Object.entries(formulas).map(([name, formula]) => [name, new DerivedRows(deltas, formula)]));
}

/** Computed once, when the batch is made: the snapshots are not kept for it. */
class DerivedRows implements SeriesValues {
  /** NaN where there is no value; it never leaves this class. */
  readonly #values: Float64Array;

  constructor(deltas: Deltas, formula: Formula) {
    this.#values = new Float64Array(deltas.rows);
    for (let row = 0; row < deltas.rows; row += 1) this.#values[row] = formula(deltas, row) ?? Number.NaN;
  }

  get length(): number {
    return this.#values.length;
  }

  has(row: number): boolean {
    return !Number.isNaN(this.#values[row] ?? Number.NaN);
  }

  number(row: number): number {
    return this.#values[row] ?? 0;
  }

  exact(row: number): number {
    return this.number(row);
  }
}

function ratio(numerator: number | undefined, denominator: number | undefined, factor = 1): number | undefined {
  if (numerator === undefined || denominator === undefined || denominator <= 0) return undefined;
  return (numerator / denominator) * factor;
}
