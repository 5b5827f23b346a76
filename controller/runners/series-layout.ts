import { compareLabelSets, LabelSet } from '../model/label-set.ts';
import type { Labels } from '../model/metric.ts';
import { labelNameProblem } from '../model/metric-rules.ts';

/** The series of a family in their order: series `i` is row `rows[i]` of the family's source number `slots[i]`. */
export interface SeriesLayout {
  readonly labels: readonly LabelSet[];
  readonly slots: Uint32Array;
  readonly rows: Uint32Array;
  /** Series left out because another has the same labels. */
  readonly repeated: number;
}

/** A row of a roster and the labels all its series share; rows without a task are left out beforehand. */
export interface LabelledRow {
  readonly row: number;
  readonly labels: RowLabels;
}

/**
 * The label sets of one row, made once for each combination of level labels. A level label wins over a label of the
 * task, so that a pod label `cpu` cannot make two series one (spec measurements §0.2, NEW).
 */
export class RowLabels {
  /** What the labels were made from, to see whether they are still right. */
  readonly source: Labels;
  /** Names among the task's labels that the exposition format does not allow. */
  readonly refusedNames: readonly string[];
  readonly #labels: Labels;
  readonly #sets = new Map<string, LabelSet>();

  /** A common label wins over a label of the task, as in the original. */
  constructor(source: Labels, commonLabels: Labels) {
    this.source = source;
    const names = Object.keys(source);
    this.refusedNames = names.filter((name) => labelNameProblem(name) !== undefined);
    const allowed = Object.entries(source).filter(([name]) => !this.refusedNames.includes(name));
    this.#labels = { ...Object.fromEntries(allowed), ...commonLabels };
  }

  /** The label set for some level labels, whose key saves time when they are asked for often; one object for equal ones. */
  with(levels: Labels, key = levelsKey(levels)): LabelSet {
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const made = new LabelSet({ ...this.#labels, ...levels });
    this.#sets.set(key, made);
    return made;
  }
}

/** Equal for equal level labels. */
export function levelsKey(levels: Labels): string {
  const entries = Object.entries(levels);
  if (entries.length === 0) return '';
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `rows` in the order of their series without level labels: what `planLayout` wants. */
export function sortRows(rows: readonly LabelledRow[]): readonly LabelledRow[] {
  return [...rows].sort((a, b) => compareLabelSets(a.labels.with({}), b.labels.with({})));
}

/**
 * The series of a family whose source number `slot` has the level labels `levels[slot]`. Rows come sorted, so that the
 * sort merges as many ordered runs as there are slots instead of starting from disorder.
 */
export function planLayout(levels: readonly Labels[], rows: readonly LabelledRow[]): SeriesLayout {
  const all = levels.flatMap((level, slot) => {
    const key = levelsKey(level);
    return rows.map(({ row, labels }) => ({ slot, row, labels: labels.with(level, key) }));
  });
  all.sort((a, b) => compareLabelSets(a.labels, b.labels));
  const series = all.filter(({ labels }, i) => i === 0 || labels.text !== all[i - 1]?.labels.text);
  return {
    labels: series.map(({ labels }) => labels),
    slots: Uint32Array.from(series, ({ slot }) => slot),
    rows: Uint32Array.from(series, ({ row }) => row),
    repeated: all.length - series.length,
  };
}
