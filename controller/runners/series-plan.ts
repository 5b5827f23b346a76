import { factsOf } from '../../shared/metrics/catalog.ts';
import type { MetricFacts } from '../../shared/metrics/metric-facts.ts';
import type { Column, Schema } from '../../shared/rpc/watch-messages.ts';
import type { Labels } from '../model/metric.ts';
import type { MetricFamily, SeriesValues } from '../model/metric-batch.ts';
import { labelsProblem, metricNameProblem, type RefusedMetric } from '../model/metric-rules.ts';
import type { FieldSelection } from './field-filter.ts';
import {
  type LabelledRow,
  levelsKey,
  planLayout,
  type RowLabels,
  type SeriesLayout,
  sortRows,
} from './series-layout.ts';

/** Metrics that the controller itself knows of each measured task, in the order of `SourceTable.task`. */
export const taskMetrics = [
  'task_up',
  'task_last_seen',
  'task_subcontainers',
  'task_requested_cpus',
  'task_requested_mem_bytes',
] as const;
export type TaskMetric = (typeof taskMetrics)[number];

/** Values by row of everything a plan names; source number = place in the concatenation, in the order of the fields. */
export interface SourceTable {
  /** One a column of Schema.platform; row 0 only. */
  readonly platform: readonly SeriesValues[];
  /** platform_last_seen. */
  readonly platformSeen: SeriesValues;
  /** One a column of Schema.target. */
  readonly target: readonly SeriesValues[];
  /** One of each of `taskMetrics`. */
  readonly task: readonly SeriesValues[];
  /** One a member of `PlanInput.derived`. */
  readonly derived: readonly SeriesValues[];
}

/** A family whose series are known, without values. */
export interface PlannedFamily {
  readonly name: string;
  readonly facts: MetricFacts | undefined;
  readonly layout: SeriesLayout;
  /** Slot of the layout → source number. */
  readonly sources: readonly number[];
  /** Rows are tasks; otherwise there is the one row of the platform. */
  readonly ofTasks: boolean;
}

/** Which series there are and in which order: valid as long as columns, rows and labels stay the same. */
export interface SeriesPlan {
  /** Ascending by name. */
  readonly families: readonly PlannedFamily[];
  readonly refused: readonly RefusedMetric[];
}

export interface PlanInput {
  readonly schema: Schema;
  /** Labels of the schema's columns; without any a column is left out. */
  readonly selection: FieldSelection;
  /** The rows that have a task, in any order. */
  readonly rows: readonly LabelledRow[];
  readonly platformLabels: RowLabels;
  /** Derived metrics of tasks. */
  readonly derived: readonly Pick<Column, 'metric' | 'labels'>[];
}

interface Candidate {
  readonly metric: string;
  readonly labels: Labels;
  readonly source: number;
  readonly ofTasks: boolean;
}

/** Decides the series of all following batches. Pure. */
export function planSeries(input: PlanInput): SeriesPlan {
  const refused: RefusedMetric[] = [];
  const byName = new Map<string, Candidate[]>();
  for (const candidate of candidatesOf(input)) {
    const others = byName.get(candidate.metric);
    const reason = candidateProblem(candidate, others?.[0]);
    if (reason !== undefined) refused.push({ name: candidate.metric, reason });
    else if (others === undefined) byName.set(candidate.metric, [candidate]);
    else others.push(candidate);
  }
  const layoutOf = layoutCache(sortRows(input.rows), [{ row: 0, labels: input.platformLabels }]);
  const families = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, candidates]) => planFamily(name, candidates, layoutOf));
  for (const { name, layout } of families) {
    if (layout.repeated > 0) refused.push({ name, reason: `${layout.repeated} series have the labels of another` });
  }
  return { families, refused: [...refused, ...input.selection.refused, ...refusedLabels(input.rows)] };
}

/** The values of a planned family in one batch. `live` has 1 for each row to export; undefined for the platform. */
export function bindFamily(
  family: PlannedFamily,
  sources: readonly SeriesValues[],
  live: Uint8Array | undefined,
): MetricFamily {
  const { name, facts, layout } = family;
  const bySlot = family.sources.map((source) => sources[source]);
  const values = new PlannedValues(layout, bySlot, live);
  return {
    name,
    type: facts?.type,
    help: facts?.help,
    unit: facts?.unit,
    granularity: facts?.granularity ?? (family.ofTasks ? 'task' : 'platform'),
    labels: layout.labels,
    values,
  };
}

class PlannedValues implements SeriesValues {
  readonly #layout: SeriesLayout;
  readonly #bySlot: readonly (SeriesValues | undefined)[];
  readonly #live: Uint8Array | undefined;

  constructor(layout: SeriesLayout, bySlot: readonly (SeriesValues | undefined)[], live: Uint8Array | undefined) {
    this.#layout = layout;
    this.#bySlot = bySlot;
    this.#live = live;
  }

  get length(): number {
    return this.#layout.labels.length;
  }

  has(i: number): boolean {
    const row = this.#layout.rows[i];
    if (row === undefined || (this.#live !== undefined && this.#live[row] !== 1)) return false;
    return this.#source(i)?.has(row) ?? false;
  }

  number(i: number): number {
    return this.#source(i)?.number(this.#layout.rows[i] ?? 0) ?? 0;
  }

  exact(i: number): number | bigint {
    return this.#source(i)?.exact(this.#layout.rows[i] ?? 0) ?? 0;
  }

  #source(i: number): SeriesValues | undefined {
    return this.#bySlot[this.#layout.slots[i] ?? 0];
  }
}

/** All sources in the order of their numbers. */
export function flattenSources(table: SourceTable): readonly SeriesValues[] {
  return [...table.platform, table.platformSeen, ...table.target, ...table.task, ...table.derived];
}

/** The counterpart of `flattenSources`. */
function candidatesOf({ schema, selection, derived }: PlanInput): readonly Candidate[] {
  const scalar = (metric: string): Pick<Column, 'metric' | 'labels'> => ({ metric, labels: {} });
  const chosen = (columns: readonly Column[], labels: FieldSelection['platform']) =>
    columns.map(({ metric }, i) => ({ metric, labels: labels[i] }));
  const ofPlatform = [...chosen(schema.platform, selection.platform), scalar('platform_last_seen')];
  const ofTasks = [...chosen(schema.target, selection.target), ...taskMetrics.map(scalar), ...derived];
  return [...ofPlatform, ...ofTasks].flatMap(({ metric, labels }, source) =>
    labels === undefined ? [] : [{ metric, labels, source, ofTasks: source >= ofPlatform.length }],
  );
}

function candidateProblem(candidate: Candidate, first: Candidate | undefined): string | undefined {
  const problem = metricNameProblem(candidate.metric) ?? labelsProblem(candidate.labels);
  if (problem !== undefined) return problem;
  return first !== undefined && first.ofTasks !== candidate.ofTasks ? 'both a task and a platform metric' : undefined;
}

type LayoutOf = (levels: readonly Labels[], ofTasks: boolean) => SeriesLayout;

/** Families with the same level labels share a layout: most have none. */
function layoutCache(taskRows: readonly LabelledRow[], platformRows: readonly LabelledRow[]): LayoutOf {
  const made = new Map<string, SeriesLayout>();
  return (levels, ofTasks) => {
    const key = `${ofTasks}${levels.map(levelsKey).join()}`;
    const layout = made.get(key) ?? planLayout(levels, ofTasks ? taskRows : platformRows);
    made.set(key, layout);
    return layout;
  };
}

function planFamily(name: string, candidates: readonly Candidate[], layoutOf: LayoutOf): PlannedFamily {
  const ofTasks = candidates[0]?.ofTasks ?? false;
  const levels = candidates.map(({ labels }) => labels);
  const sources = candidates.map(({ source }) => source);
  return { name, facts: factsOf(name, levels[0]), layout: layoutOf(levels, ofTasks), sources, ofTasks };
}

function refusedLabels(rows: readonly LabelledRow[]): readonly RefusedMetric[] {
  return rows.flatMap(({ labels }) =>
    labels.refusedNames.map((name) => ({
      name: 'task labels',
      reason: `label ${JSON.stringify(name.slice(0, 80))} is left out: its name is not allowed`,
    })),
  );
}
