import type { Column } from '../../shared/rpc/watch-messages.ts';
import type { LevelValue, Measurements } from '../model/measurements.ts';
import type { SeriesValues } from '../model/metric-batch.ts';

/** A metric of which each row has a value: a column, or what is derived of some. */
export interface NamedValues {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: SeriesValues;
}

/** The columns of a snapshot by metric, for as long as the snapshot lives. */
export class MeasurementTable {
  readonly #byMetric = new Map<string, NamedValues[]>();

  constructor(columns: readonly NamedValues[]) {
    for (const column of columns) {
      const list = this.#byMetric.get(column.metric);
      if (list === undefined) this.#byMetric.set(column.metric, [column]);
      else list.push(column);
    }
  }

  /** What was measured in a row: a view, nothing is copied. */
  row(row: number): Measurements {
    return Object.freeze(new RowMeasurements(this.#byMetric, row));
  }
}

class RowMeasurements implements Measurements {
  readonly #columns: ReadonlyMap<string, readonly NamedValues[]>;
  readonly #row: number;

  constructor(columns: ReadonlyMap<string, readonly NamedValues[]>, row: number) {
    this.#columns = columns;
    this.#row = row;
  }

  number(metric: string): number | undefined {
    const values = this.#scalar(metric);
    return values?.has(this.#row) === true ? values.number(this.#row) : undefined;
  }

  exact(metric: string): number | bigint | undefined {
    const values = this.#scalar(metric);
    return values?.has(this.#row) === true ? values.exact(this.#row) : undefined;
  }

  levels(metric: string): readonly LevelValue[] {
    return (this.#columns.get(metric) ?? [])
      .filter(({ labels, values }) => Object.keys(labels).length > 0 && values.has(this.#row))
      .map(({ labels, values }) => ({ labels, value: values.number(this.#row) }));
  }

  byLevel(metric: string, level: string): ReadonlyMap<number, number> {
    return new Map(this.levels(metric).map(({ labels, value }) => [Number(labels[level]), value]));
  }

  names(): readonly string[] {
    return [...this.#columns]
      .filter(([, list]) => list.some(({ values }) => values.has(this.#row)))
      .map(([name]) => name);
  }

  #scalar(metric: string): SeriesValues | undefined {
    const [first] = this.#columns.get(metric) ?? [];
    return first === undefined || Object.keys(first.labels).length > 0 ? undefined : first.values;
  }
}

/** Columns of a schema with the values that a snapshot has of them. */
export function nameColumns(columns: readonly Column[], values: readonly SeriesValues[]): readonly NamedValues[] {
  return columns.flatMap(({ metric, labels }, i) => {
    const of = values[i];
    return of === undefined ? [] : [{ metric, labels, values: of }];
  });
}
