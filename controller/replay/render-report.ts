import { renderPairs, renderTable, type TableColumn } from '../terminal/render.ts';
import { paint, type Style } from '../terminal/style.ts';
import { cleanText } from '../terminal/text-width.ts';
import type { Findings, FoundAllocation, FoundAnomaly } from './findings.ts';
import type { ReplayReport } from './run-replay.ts';

/** Of each list. */
const mostLines = 100;
const mostNames = 20;

/** The summary of a replay, for people. */
export function renderReport(
  { findings, failure, tookSeconds }: ReplayReport,
  file: string,
  style: Style,
): readonly string[] {
  return [
    ...renderPairs(
      [
        ['replayed', file],
        ['time', describeTime(findings, tookSeconds)],
        ['iterations', String(findings.iterations)],
        ['tasks', describeTasks(findings)],
      ],
      style,
    ),
    ...section('Anomalies', anomalyLines(findings.anomalies, style), style),
    ...section('Allocations that would have been made', allocationLines(findings.allocations, style), style),
    ...section('Errors', errorLines(findings, failure?.toText()), style),
    ...(findings.notes.size === 0
      ? []
      : section(
          'Notes',
          [...findings.notes].map((text) => `  ${cleanText(text)}`),
          style,
        )),
  ];
}

function section(title: string, lines: readonly string[], style: Style): readonly string[] {
  const none = lines.length === 0;
  return ['', paint(none ? `${title}: none` : title, 'heading', style), ...lines];
}

function describeTime({ firstUnixMs, lastUnixMs }: Findings, tookSeconds: number): string {
  if (firstUnixMs === undefined || lastUnixMs === undefined) return 'nothing was measured';
  const seconds = (lastUnixMs - firstUnixMs) / 1000;
  const span = `${isoTime(firstUnixMs)} to ${isoTime(lastUnixMs)}`;
  return `${span}: ${seconds.toFixed(1)} s, replayed in ${tookSeconds.toFixed(1)} s`;
}

function describeTasks({ tasks, mostTasks }: Findings): string {
  const names = [...new Set(tasks.values())].sort();
  const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : '';
  const atATime = tasks.size > mostTasks ? `, at most ${mostTasks} at a time` : '';
  return `${tasks.size}${atATime}${names.length === 0 ? '' : `: ${names.slice(0, mostNames).join(', ')}${more}`}`;
}

const anomalyColumns: readonly TableColumn[] = [
  { title: '  FROM', align: 'left' },
  { title: 'TO', align: 'left' },
  { title: 'ITERATIONS', align: 'right' },
  { title: 'RESOURCE', align: 'left' },
  { title: 'TASK', align: 'left', minWidth: 12 },
  { title: 'DISTURBED BY', align: 'left', minWidth: 12 },
  { title: 'FOUND BY', align: 'left', minWidth: 8 },
];

function anomalyLines(anomalies: readonly FoundAnomaly[], style: Style): readonly string[] {
  if (anomalies.length === 0) return [];
  const rows = anomalies
    .slice(0, mostLines)
    .map(({ firstUnixMs, lastUnixMs, iterations, resource, contended, contending, by }) => [
      `  ${isoTime(firstUnixMs)}`,
      clockTime(lastUnixMs),
      String(iterations),
      resource,
      contended,
      contending.length === 0 ? 'nobody known' : contending.join(', '),
      by,
    ]);
  return [...renderTable(anomalyColumns, rows, style), ...moreLine(anomalies.length)];
}

const allocationColumns: readonly TableColumn[] = [
  { title: '  FROM', align: 'left' },
  { title: 'TASK', align: 'left', minWidth: 12 },
  { title: 'ALLOCATION', align: 'left' },
  { title: 'VALUE', align: 'left', minWidth: 12 },
  { title: 'RECORDED', align: 'left', minWidth: 12 },
  { title: 'TIMES', align: 'right' },
];

function allocationLines(allocations: readonly FoundAllocation[], style: Style): readonly string[] {
  if (allocations.length === 0) return [];
  const rows = allocations
    .slice(0, mostLines)
    .map(({ firstUnixMs, task, type, value, before, times }) => [
      `  ${isoTime(firstUnixMs)}`,
      task,
      type,
      value,
      before === '' ? 'unknown' : before,
      String(times),
    ]);
  return [...renderTable(allocationColumns, rows, style), ...moreLine(allocations.length)];
}

function errorLines({ errors, leftOut }: Findings, failure: string | undefined): readonly string[] {
  const lines = [...errors.values()]
    .slice(0, mostLines)
    .map(({ subject, first, times }) => `  ${cleanText(`${subject}, ${times} times: ${first.toText()}`)}`);
  return [
    ...lines,
    ...moreLine(errors.size),
    ...(leftOut === 0 ? [] : [`  ${leftOut} findings more are not kept`]),
    ...(failure === undefined ? [] : [`  ended early: ${cleanText(failure)}`]),
  ];
}

function moreLine(count: number): readonly string[] {
  return count > mostLines ? [`  and ${count - mostLines} more`] : [];
}

/** `2026-11-23T17:22:33Z` */
function isoTime(unixMs: number): string {
  const time = new Date(unixMs);
  return Number.isNaN(time.getTime()) ? `${unixMs} ms` : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `17:22:33` */
function clockTime(unixMs: number): string {
  return isoTime(unixMs).slice(11, 19);
}
