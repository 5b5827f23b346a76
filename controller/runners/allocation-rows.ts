import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { CurrentValue } from '../../shared/allocation/values.ts';
import { allocationMetrics } from '../allocators/allocation-metrics.ts';
import type { Metric } from '../model/metric.ts';
import type { AllocatedTask } from './task-views.ts';

interface Row {
  readonly shown: AllocatedTask;
  readonly applied: readonly CurrentValue[] | undefined;
  readonly metrics: readonly Metric[];
}

/**
 * Metrics of what is in force of all tasks. The metrics of a task, and the list of all, are made again only when something
 * changes.
 */
export class AllocationRows {
  #rows: ReadonlyMap<string, Row> = new Map();
  #units: Pick<AllocationUnits, 'cpus' | 'sharesUnit'> | undefined;
  #list: readonly Metric[] = [];

  /**
   * By target id; what is shown of a task is the same object as long as it is as before. `applied` is what was just
   * applied: it stands in for what was read before.
   */
  metricsOf(
    tasks: ReadonlyMap<string, AllocatedTask>,
    applied: ReadonlyMap<string, readonly CurrentValue[]>,
    units: Pick<AllocationUnits, 'cpus' | 'sharesUnit'>,
  ): readonly Metric[] {
    const sameUnits = units.cpus === this.#units?.cpus && units.sharesUnit === this.#units.sharesUnit;
    this.#units = units;
    if (sameUnits && applied.size === 0 && this.#isAsBefore(tasks)) return this.#list;
    const rows = new Map<string, Row>();
    for (const [id, shown] of tasks) {
      const before = this.#rows.get(id);
      const now = applied.get(id);
      const stands = sameUnits && before?.shown === shown && before.applied === now;
      const values = overlay(shown.current?.values ?? [], now ?? []);
      rows.set(id, stands ? before : { shown, applied: now, metrics: allocationMetrics(shown.task, values, units) });
    }
    this.#rows = rows;
    this.#list = [...rows.values()].flatMap(({ metrics }) => metrics);
    return this.#list;
  }

  #isAsBefore(tasks: ReadonlyMap<string, AllocatedTask>): boolean {
    if (tasks.size !== this.#rows.size) return false;
    for (const [id, shown] of tasks) {
      const before = this.#rows.get(id);
      if (before?.shown !== shown || before.applied !== undefined) return false;
    }
    return true;
  }
}

function overlay(current: readonly CurrentValue[], applied: readonly CurrentValue[]): readonly CurrentValue[] {
  if (applied.length === 0) return current;
  const types = new Set(applied.map(({ value }) => value.type));
  return [...current.filter(({ value }) => !types.has(value.type)), ...applied];
}
