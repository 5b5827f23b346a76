import type { Schema } from '../../shared/rpc/watch-messages.ts';
import type { Labels } from '../model/metric.ts';
import type { SeriesValues } from '../model/metric-batch.ts';
import type { Deltas } from './deltas.ts';

/** What the inputs of a formula grew by; undefined where that cannot be known. */
interface Growth {
  readonly instructions: number | undefined;
  readonly cycles: number | undefined;
  readonly misses: number | undefined;
  readonly references: number | undefined;
  readonly seconds: number | undefined;
}

/** The original's formulas (spec measurements §3.10). A zero denominator omits. */
const formulas: Readonly<Record<string, (growth: Growth) => number | undefined>> = {
  task_ipc: ({ instructions, cycles }) => ratio(instructions, cycles),
  task_ips: ({ instructions, seconds }) => ratio(instructions, seconds),
  task_cache_misses_per_kilo_instructions: ({ misses, instructions }) => ratio(misses, instructions, 1000),
  task_cache_hit_ratio: ({ references, misses }) =>
    references === undefined || misses === undefined ? undefined : ratio(references - misses, references),
};

/** A derived metric of all rows. */
interface DerivedRows {
  readonly metric: string;
  readonly labels: Labels;
  readonly values: SeriesValues;
}

const noLabels: Labels = {};
const inputs = new Set(['task_instructions', 'task_cycles', 'task_cache_misses', 'task_cache_references']);

/** Where the events of a schema are counted: on all CPUs together, or on each one. The same objects for a schema. */
export class EventPlaces {
  #schema: Schema | undefined;
  #places: readonly Labels[] = [];

  of(schema: Schema): readonly Labels[] {
    if (schema === this.#schema) return this.#places;
    const cpus = schema.target.flatMap(({ metric, labels: { cpu } }) =>
      inputs.has(metric) && cpu !== undefined ? [cpu] : [],
    );
    this.#schema = schema;
    this.#places = cpus.length === 0 ? [noLabels] : [...new Set(cpus)].map((cpu) => ({ cpu }));
    return this.#places;
  }
}

/** All derived task metrics of two snapshots, for each of `places`. Without a value where an event is not counted. */
export function deriveTaskMetrics(deltas: Deltas, places: readonly Labels[] = [noLabels]): readonly DerivedRows[] {
  return places.flatMap((labels) => derivePlace(deltas, labels));
}

function derivePlace(deltas: Deltas, labels: Labels): readonly DerivedRows[] {
  const instructions = deltas.counter('task_instructions', labels);
  const cycles = deltas.counter('task_cycles', labels);
  const misses = deltas.counter('task_cache_misses', labels);
  const references = deltas.counter('task_cache_references', labels);
  const derived = Object.entries(formulas).map(([metric, formula]) => ({
    metric,
    labels,
    formula,
    values: new ComputedRows(deltas.rows),
  }));
  for (let row = 0; row < deltas.rows; row += 1) {
    const growth = {
      instructions: instructions(row),
      cycles: cycles(row),
      misses: misses(row),
      references: references(row),
      seconds: deltas.seconds,
    };
    for (const { formula, values } of derived) values.set(row, formula(growth));
  }
  return derived;
}

/** Computed once, when the batch is made: the snapshots are not kept for it. */
class ComputedRows implements SeriesValues {
  /** NaN where there is no value; it never leaves this class. */
  readonly #values: Float64Array;

  constructor(rows: number) {
    this.#values = new Float64Array(rows);
  }

  set(row: number, value: number | undefined): void {
    this.#values[row] = value ?? Number.NaN;
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
