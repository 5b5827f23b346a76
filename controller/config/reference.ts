import type { ErrorCodeFacts } from '../../shared/errors/codes.ts';
import type { MetricFacts, MetricGranularity } from '../../shared/metrics/metric-facts.ts';
import type { AnyDefinition } from './component.ts';
import { kindNames } from './kinds.ts';
import type { ParameterFacts } from './parameters.ts';

/** The generated pages of docs/. Pure: tables in, Markdown out. */

const granularityDocs: Readonly<Record<MetricGranularity, string>> = {
  task: 'Of each task',
  platform: 'Of the host',
  internal: 'Of WCA itself',
};

const mergeDocs: Readonly<Record<MetricFacts['merge'], string>> = {
  sum: 'sum',
  max: 'largest',
  mean: 'mean',
  peak: "the task's own cgroup, else sum",
  limit: "the task's own cgroup, else sum, unlimited wins",
  own: "the task's own cgroup",
};

const sinceDocs: Readonly<Record<MetricFacts['since'], string>> = {
  seed: 'original',
  head: 'original (latest)',
  wca: 'new',
};

/** docs/metrics.md */
export function formatMetricsPage(catalog: ReadonlyMap<string, MetricFacts>): string {
  const sections = (['task', 'platform', 'internal'] as const).flatMap((granularity) => {
    const rows = [...catalog].filter(([, facts]) => facts.granularity === granularity);
    return [`## ${granularityDocs[granularity]}`, formatMetrics(rows, granularity === 'task')];
  });
  return page([
    '# Metrics',
    'Generated from `shared/metrics/catalog.ts` by `npm run docs`.',
    'Every metric of a task has the labels of the task, all metrics have `host` and the `extra_labels` of the configuration; the column *labels* lists what comes on top. *Merged* says how the containers of one task become the value of the task.',
    'Raw events of the CPU (`event_names: [name__rEEUU]`) are exported as counters under the name that the configuration gives them.',
    ...sections,
  ]);
}

function formatMetrics(rows: readonly (readonly [string, MetricFacts])[], merged: boolean): string {
  const head = ['name', 'type', 'unit', 'labels', ...(merged ? ['merged'] : []), 'enabled by', 'since', 'help'];
  return table(
    head,
    rows.map(([name, { type, unit, levels, merge, enabledBy, since, help }]) => [
      code(name),
      type,
      unit,
      levels.map(code).join(', '),
      ...(merged ? [mergeDocs[merge]] : []),
      enabledBy,
      sinceDocs[since],
      help,
    ]),
  );
}

/** docs/errors.md */
export function formatErrorsPage(codes: Readonly<Record<string, ErrorCodeFacts>>): string {
  return page([
    '# Errors',
    'Generated from `shared/errors/codes.ts` by `npm run docs`.',
    'An error has a code, which programs match, and for people a subject, a message and a remedy. *Exit* is the exit status of `wca-ctl` when a command ends with it; *retry* says whether the same call can succeed later without anybody changing anything.',
    table(
      ['code', 'gRPC status', 'retry', 'exit', 'meaning'],
      Object.entries(codes).map(([name, { grpc, retriable, exit, doc }]) => [
        code(name),
        code(grpc),
        retriable ? 'yes' : 'no',
        String(exit),
        doc,
      ]),
    ),
  ]);
}

/** Sections of docs/api.md, in its order; within one the order of registration. */
const sectionTitles: readonly (readonly [kind: AnyDefinition['kind'], title: string])[] = [
  ['runner', 'Runners'],
  ['node', 'Nodes'],
  ['storage', 'Storages'],
  ['detector', 'Anomaly detectors'],
  ['allocator', 'Allocators'],
  ['labels', 'Task label generators'],
  ['config', 'Settings objects'],
];

/** docs/api.md */
export function formatComponentsPage(definitions: readonly AnyDefinition[]): string {
  const sections = sectionTitles.flatMap(([kind, title]) => {
    const found = definitions.filter((definition) => definition.kind === kind);
    return found.length === 0 ? [] : [`## ${title}`, ...found.map(formatComponent)];
  });
  return page([
    '# Components',
    'Generated from the declarations of the components by `npm run docs`. [configuration.md](configuration.md) explains the language of the file and the types.',
    ...sections,
  ]);
}

function formatComponent({ tag, kind, since, doc, parameters, aliases, example }: AnyDefinition): string {
  const facts = `Kind: ${kindNames[kind].replace(/^an? /, '')}. Since: ${sinceDocs[since]}.`;
  const rows = [...parameters].map(([name, parameter]) => formatParameter(name, parameter));
  const old = [...aliases].map(([name, current]) => `${code(name)} is an old name of ${code(current)}.`);
  return [
    `### !${tag}`,
    doc,
    facts,
    rows.length === 0 ? 'It has no parameters.' : table(['parameter', 'type', 'default', 'meaning'], rows),
    ...(old.length === 0 ? [] : [old.join(' ')]),
    ...(example === undefined ? [] : [`\`\`\`yaml\n${example.trimEnd()}\n\`\`\``]),
  ].join('\n\n');
}

function formatParameter(name: string, facts: ParameterFacts): readonly string[] {
  const { type, unit, required, defaultText, doc, notYet } = facts;
  return [
    code(name),
    unit === undefined ? type : `${type}, ${unit}`,
    required ? '**required**' : code(defaultText ?? 'null'),
    notYet === undefined ? doc : `${doc} *Not supported yet: ${notYet}*`,
  ];
}

function page(blocks: readonly string[]): string {
  return `${blocks.join('\n\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

function escapeCell(text: string): string {
  const escaped = text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return escaped.startsWith('`') ? escaped : escaped.replaceAll('<', '\\<');
}

function code(text: string): string {
  return `\`${text}\``;
}
