import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Column, ColumnValues, Roster, Schema, Snapshot } from '../../shared/rpc/watch-messages.ts';
import { mergeFamilies } from '../model/group-metrics.ts';
import type { Labels, Metric } from '../model/metric.ts';
import type { MetricBatch, MetricFamily, SeriesValues } from '../model/metric-batch.ts';
import { type MetricParts, PartGrouper } from '../model/metric-parts.ts';
import { labelsProblem, type RefusedMetric } from '../model/metric-rules.ts';
import type { Task } from '../model/task.ts';
import type { FieldFilter, FieldSelection } from './field-filter.ts';
import { ColumnRows, computedRows, measuredRows, noRows } from './row-values.ts';
import { type LabelledRow, RowLabels } from './series-layout.ts';
import {
  bindFamily,
  flattenSources,
  planSeries,
  type SeriesPlan,
  type SourceTable,
  type TaskMetric,
  taskMetrics,
} from './series-plan.ts';

/** A derived metric (`task_ipc`) by row of the roster. */
export interface DerivedColumn {
  readonly metric: string;
  readonly labels: Labels;
  readonly values: SeriesValues;
}

export interface ExportInput {
  readonly schema: Schema;
  /** The roster of the snapshot. */
  readonly roster: Roster;
  readonly snapshot: Snapshot;
  /** By target id, with all their labels. A row without a task gives no series. */
  readonly tasks: ReadonlyMap<string, Task>;
  /** In the same order in each batch of a schema. */
  readonly derived: readonly DerivedColumn[];
  /** What the controller knows of itself and what components add. */
  readonly internal: readonly Metric[];
  /** What comes with it because it goes to the same storage. */
  readonly beside?: MetricParts;
  readonly timestampMs: number;
}

interface Planned {
  readonly schema: Schema;
  readonly roster: Roster;
  readonly derived: readonly DerivedColumn[];
  readonly plan: SeriesPlan;
}

/**
 * Makes the batch of each iteration of one collector's snapshots (spec measurements §0.2, config §5.7). Series, labels
 * and order are decided once and kept until columns, rows or labels change; a batch adds only views of the snapshot.
 */
export class MetricExporter {
  readonly #commonLabels: Labels;
  readonly #platformLabels: RowLabels;
  readonly #fields: FieldFilter;
  readonly #grouper = new PartGrouper();
  #rowLabels: ReadonlyMap<string, RowLabels> = new Map();
  #planned: Planned | undefined;
  #selected: { readonly schema: Schema; readonly selection: FieldSelection } | undefined;
  /** The list of tasks whose labels were last compared. */
  #tasks: ReadonlyMap<string, Task> | undefined;

  /** `commonLabels` go to every series: `host`, overlaid with the user's `extra_labels`. Throws INVALID_CONFIG. */
  constructor(options: { readonly commonLabels: Labels; readonly fields: FieldFilter }) {
    const problem = labelsProblem(options.commonLabels);
    if (problem !== undefined) {
      throw new WcaError('INVALID_CONFIG', { subject: 'extra_labels', message: problem, remedy: 'rename the label' });
    }
    this.#commonLabels = options.commonLabels;
    this.#fields = options.fields;
    this.#platformLabels = new RowLabels({}, options.commonLabels);
  }

  export(input: ExportInput): MetricBatch {
    const { families, refused } = this.#planFor(input);
    const sources = flattenSources(sourcesOf(input));
    const live = measuredRows(input.snapshot);
    const measured = families.map((family) => bindFamily(family, sources, family.ofTasks ? live : undefined));
    const internal = this.#grouper.group([input.internal, ...(input.beside ?? [])], this.#commonLabels);
    const merged = mergeSorted(measured, internal.families);
    return {
      timestampMs: input.timestampMs,
      families: merged.families,
      refused: [...refused, ...internal.refused, ...merged.refused],
    };
  }

  #planFor(input: ExportInput): SeriesPlan {
    const { schema, roster, tasks, derived } = input;
    const planned = this.#planned;
    const same =
      planned?.schema === schema &&
      planned.roster === roster &&
      sameColumns(planned.derived, derived) &&
      (this.#tasks === tasks || this.#labelsStand(roster, tasks));
    this.#tasks = tasks;
    if (planned !== undefined && same) return planned.plan;
    const rows = this.#labelRows(roster, tasks);
    const selection = this.#selectionOf(schema);
    const plan = planSeries({ schema, selection, rows, platformLabels: this.#platformLabels, derived });
    this.#planned = { schema, roster, derived, plan };
    return plan;
  }

  #selectionOf(schema: Schema): FieldSelection {
    if (this.#selected?.schema === schema) return this.#selected.selection;
    const selection = this.#fields.select(schema);
    this.#selected = { schema, selection };
    return selection;
  }

  /** Whether each row still has a task with the labels the plan was made for. */
  #labelsStand(roster: Roster, tasks: ReadonlyMap<string, Task>): boolean {
    return roster.targetIds.every((id) => {
      const planned = this.#rowLabels.get(id)?.source;
      const labels = tasks.get(id)?.labels;
      return planned === labels || (planned !== undefined && labels !== undefined && sameLabels(planned, labels));
    });
  }

  /** The rows that have a task. Label sets of tasks that were there before are kept. */
  #labelRows(roster: Roster, tasks: ReadonlyMap<string, Task>): readonly LabelledRow[] {
    const rowLabels = new Map<string, RowLabels>();
    const rows = roster.targetIds.flatMap((id, row) => {
      const task = tasks.get(id);
      if (task === undefined) return [];
      const before = this.#rowLabels.get(id);
      const keep = before !== undefined && sameLabels(before.source, task.labels);
      const labels = keep ? before : new RowLabels(task.labels, this.#commonLabels);
      rowLabels.set(id, labels);
      return [{ row, labels }];
    });
    this.#rowLabels = rowLabels;
    return rows;
  }
}

/** The labels of a derived column come with the schema: the same object as long as it lasts. */
function sameColumns(a: readonly DerivedColumn[], b: readonly DerivedColumn[]): boolean {
  return a.length === b.length && a.every(({ metric, labels }, i) => b[i]?.metric === metric && b[i].labels === labels);
}

function sameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function sourcesOf({ schema, roster, snapshot, tasks, derived }: ExportInput): SourceTable {
  const rows = roster.targetIds.length;
  const seconds = Number(snapshot.realtimeNs / 1000n) / 1e6;
  const taskOf = (row: number): Task | undefined => tasks.get(roster.targetIds[row] ?? '');
  const numberOf: Readonly<Record<TaskMetric, (row: number) => number | undefined>> = {
    task_up: () => 1,
    task_last_seen: () => seconds,
    task_subcontainers: (row) => taskOf(row)?.subcgroupPaths.length,
    task_requested_cpus: (row) => amount(taskOf(row)?.resources['cpus']),
    task_requested_mem_bytes: (row) => amount(taskOf(row)?.resources['mem']),
  };
  return {
    platform: columnRows(schema.platform, snapshot.platform),
    platformSeen: computedRows(1, () => seconds),
    target: columnRows(schema.target, snapshot.targets),
    task: taskMetrics.map((metric) => computedRows(rows, numberOf[metric])),
    derived: derived.map(({ values }) => values),
  };
}

function columnRows(columns: readonly Column[], values: readonly ColumnValues[]): readonly SeriesValues[] {
  return columns.map((column, i) => {
    const of = values[i];
    return of === undefined ? noRows : new ColumnRows(column, of);
  });
}

/** An amount of a resource; orchestrators and configurations also give numbers as text. */
function amount(value: number | string | undefined): number | undefined {
  if (typeof value !== 'string') return value;
  return /^[0-9]+(\.[0-9]+)?$/.test(value) ? Number(value) : undefined;
}

/** Both lists are ascending by name; a family of both becomes one. */
function mergeSorted(
  measured: readonly MetricFamily[],
  internal: readonly MetricFamily[],
): { readonly families: readonly MetricFamily[]; readonly refused: readonly RefusedMetric[] } {
  const refused: RefusedMetric[] = [];
  const families = new Map(measured.map((family) => [family.name, family]));
  for (const family of internal) {
    const first = families.get(family.name);
    const merged = first === undefined ? undefined : mergeFamilies(first, family);
    families.set(family.name, merged?.families[0] ?? family);
    refused.push(...(merged?.refused ?? []));
  }
  return { families: [...families.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), refused };
}
