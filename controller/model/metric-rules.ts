import type { Labels, Metric } from './metric.ts';

/** A metric that could not be exported and why; the reason is for people. */
export interface RefusedMetric {
  readonly name: string;
  readonly reason: string;
}

/** What is wrong with the name of a metric; undefined when nothing is (spec config §5.2, rule 1). */
export function metricNameProblem(name: string): string | undefined {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? undefined : `${quote(name)} is no metric name`;
}

/** What is wrong with the name of a label; undefined when nothing is (rules 3 and 4). */
export function labelNameProblem(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return `${quote(name)} is no label name`;
  return name.startsWith('__') ? `label names that begin with two underscores are reserved: ${quote(name)}` : undefined;
}

/** What is wrong with a set of labels (rules 2 to 4). Values are checked because plugins are not always typed. */
export function labelsProblem(labels: Labels): string | undefined {
  for (const [name, value] of Object.entries<unknown>(labels)) {
    const problem = labelNameProblem(name);
    if (problem !== undefined) return problem;
    if (typeof value !== 'string') return `the value of label ${quote(name)} is no text`;
  }
  return undefined;
}

/** What is wrong with a metric; undefined when it can be exported (spec config §5.2, rules 1 to 6). */
export function metricProblem(metric: Metric): string | undefined {
  const type: unknown = metric.type;
  const value: unknown = metric.value;
  if (type !== undefined && type !== 'gauge' && type !== 'counter')
    return `type ${quote(type)} is not gauge or counter`;
  if (typeof value !== 'number' && typeof value !== 'bigint') return `the value ${quote(value)} is no number`;
  return metricNameProblem(metric.name) ?? labelsProblem(metric.labels);
}

/** A foreign value for a message: at most 80 characters. */
function quote(value: unknown): string {
  const text = String(value);
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}
