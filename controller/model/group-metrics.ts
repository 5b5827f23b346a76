import { catalog } from '../../shared/metrics/catalog.ts';
import { compareLabelSets, LabelSet } from './label-set.ts';
import type { Labels, Metric } from './metric.ts';
import { arrayValues, type MetricBatch, type MetricFamily, type SeriesValues } from './metric-batch.ts';
import { metricProblem, type RefusedMetric } from './metric-rules.ts';

interface Sample {
  readonly labels: LabelSet;
  readonly value: number | bigint;
}

interface Group {
  readonly facts: Pick<Metric, 'type' | 'help' | 'unit' | 'granularity'>;
  readonly samples: Sample[];
}

export interface GroupedMetrics {
  /** Ascending by name. */
  readonly families: readonly MetricFamily[];
  readonly refused: readonly RefusedMetric[];
}

/**
 * Plain metrics as families. `commonLabels` go to each; a label of the metric itself wins over a common one. Type and
 * help come from the catalogue, for a name it does not know from the first metric of that name. What breaks a rule of
 * the format, contradicts the first of its name or repeats a series is refused, alone.
 */
export function groupMetrics(metrics: readonly Metric[], commonLabels: Labels = {}): GroupedMetrics {
  const groups = new Map<string, Group>();
  const refused: RefusedMetric[] = [];
  for (const metric of metrics) {
    const known = groups.get(metric.name);
    const reason = metricProblem(metric) ?? contradiction(metric, known);
    if (reason !== undefined) {
      refused.push({ name: String(metric.name), reason });
      continue;
    }
    const group = known ?? { facts: catalog.get(metric.name) ?? metric, samples: [] };
    if (known === undefined) groups.set(metric.name, group);
    group.samples.push({ labels: new LabelSet({ ...commonLabels, ...metric.labels }), value: metric.value });
  }
  const families = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map((entry) => familyOf(entry, refused));
  return { families, refused };
}

/** A batch of plain metrics alone: anomalies, or what the controller knows without a collector. */
export function batchOf(metrics: readonly Metric[], timestampMs: number, commonLabels: Labels = {}): MetricBatch {
  return { timestampMs, ...groupMetrics(metrics, commonLabels) };
}

/** One family of two with the same name; of a series both have, the first's is kept. */
export function mergeFamilies(first: MetricFamily, second: MetricFamily): GroupedMetrics {
  const known = new Set(first.labels.map(({ text }) => text));
  const refused: RefusedMetric[] = [];
  const places = first.labels.map((labels, i) => ({ labels, values: first.values, i }));
  second.labels.forEach((labels, i) => {
    if (known.has(labels.text)) refused.push({ name: first.name, reason: 'the series exists already' });
    else places.push({ labels, values: second.values, i });
  });
  places.sort((a, b) => compareLabelSets(a.labels, b.labels));
  const labels = places.map((place) => place.labels);
  return { families: [{ ...first, labels, values: placedValues(places) }], refused };
}

function placedValues(places: readonly { readonly values: SeriesValues; readonly i: number }[]): SeriesValues {
  return {
    length: places.length,
    has: (at) => places[at]?.values.has(places[at].i) ?? false,
    number: (at) => places[at]?.values.number(places[at].i) ?? 0,
    exact: (at) => places[at]?.values.exact(places[at].i) ?? 0,
  };
}

function contradiction(metric: Metric, group: Group | undefined): string | undefined {
  if (group === undefined || catalog.get(metric.name) !== undefined) return undefined;
  const { type, help } = group.facts;
  if (metric.type !== type) return `type ${metric.type ?? 'none'} contradicts ${type ?? 'none'} of the same name`;
  return metric.help === help ? undefined : 'another help text than the first of the same name';
}

function familyOf([name, group]: readonly [string, Group], refused: RefusedMetric[]): MetricFamily {
  const sorted = group.samples.sort((a, b) => compareLabelSets(a.labels, b.labels));
  const samples = sorted.filter(({ labels }, i) => {
    const repeated = labels.text === sorted[i - 1]?.labels.text;
    if (repeated) refused.push({ name, reason: 'the series exists already' });
    return !repeated;
  });
  const { type, help, unit, granularity } = group.facts;
  const labels = samples.map((sample) => sample.labels);
  return { name, type, help, unit, granularity, labels, values: arrayValues(samples.map(({ value }) => value)) };
}
