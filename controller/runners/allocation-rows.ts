import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { CurrentAllocations, CurrentValue } from '../../shared/allocation/values.ts';
import { allocationMetrics } from '../allocators/allocation-metrics.ts';
import type { Metric } from '../model/metric.ts';
import type { Task } from '../model/task.ts';

/** A task with what is in force of it, as the collector told. */
export interface AllocatedTask {
  readonly task: Task;
  readonly current: CurrentAllocations | undefined;
}

interface Row extends AllocatedTask {
  readonly applied: readonly CurrentValue[] | undefined;
  readonly metrics: readonly Metric[];
}

/**
 * Metrics of what is in force of all tasks. What the collector tells of a task is the same object until something in it
 * changes: the metrics of a task, and the list of all, are made again only then.
 */
export class AllocationRows {
  #rows: ReadonlyMap<string, Row> = new Map();
  #units: Pick<AllocationUnits, 'cpus' | 'sharesUnit'> | undefined;
  #list: readonly Metric[] = [];

  /** By target id. `applied` is what was just applied: it stands in for what was read before. */
  metricsOf(
    tasks: ReadonlyMap<string, AllocatedTask>,
    applied: ReadonlyMap<string, readonly CurrentValue[]>,
    units: Pick<AllocationUnits, 'cpus' | 'sharesUnit'>,
  ): readonly Metric[] {
    const sameUnits = units.cpus === this.#units?.cpus && units.sharesUnit === this.#units.sharesUnit;
    this.#units = units;
    let isSame = sameUnits && tasks.size === this.#rows.size;
    const rows = new Map<string, Row>();
    for (const [id, { task, current }] of tasks) {
      const before = this.#rows.get(id);
      const now = applied.get(id);
      const stands =
        sameUnits &&
        before !== undefined &&
        before.current === current &&
        before.applied === now &&
        isSameTask(before.task, task);
      const metrics = stands
        ? before.metrics
        : allocationMetrics(task, overlay(current?.values ?? [], now ?? []), units);
      isSame &&= stands;
      rows.set(id, { task, current, applied: now, metrics });
    }
    this.#rows = rows;
    if (!isSame) this.#list = [...rows.values()].flatMap(({ metrics }) => metrics);
    return this.#list;
  }
}

function overlay(current: readonly CurrentValue[], applied: readonly CurrentValue[]): readonly CurrentValue[] {
  if (applied.length === 0) return current;
  const types = new Set(applied.map(({ value }) => value.type));
  return [...current.filter(({ value }) => !types.has(value.type)), ...applied];
}

function isSameTask(a: Task, b: Task): boolean {
  if (a === b) return true;
  if (a.id !== b.id || a.cgroupPath !== b.cgroupPath) return false;
  if (a.labels === b.labels) return true;
  const names = Object.keys(a.labels);
  return names.length === Object.keys(b.labels).length && names.every((name) => a.labels[name] === b.labels[name]);
}
