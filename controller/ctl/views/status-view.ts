import type { CollectorSession__Output as CollectorSession } from '../../../shared/rpc/gen/wca/v1/CollectorSession.ts';
import type { Error__Output as ErrorMessage } from '../../../shared/rpc/gen/wca/v1/Error.ts';
import type { ErrorCount__Output as ErrorCount } from '../../../shared/rpc/gen/wca/v1/ErrorCount.ts';
import type { ProcessUsage__Output as ProcessUsage } from '../../../shared/rpc/gen/wca/v1/ProcessUsage.ts';
import type { Step__Output as Step } from '../../../shared/rpc/gen/wca/v1/Step.ts';
import { type Cell, renderPairs, renderTable, type TableColumn } from '../../terminal/render.ts';
import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { formatBytes, formatQuantity, formatSeconds } from '../format.ts';
import type { CollectorStatus, ControllerStatus, Platform } from '../peers.ts';
import { layoutText } from './platform-view.ts';

const mostTroubles = 20;

type Pair = readonly [label: string, value: Cell];

/** How the collector is doing. `platform` adds what this host lacks. */
export function renderCollectorStatus(
  { status, platform }: { readonly status: CollectorStatus; readonly platform: Platform | undefined },
  style: Style,
): readonly string[] {
  const pairs: Pair[] = [
    ...status.listening.map((address): Pair => ['listening', address]),
    ...usagePairs(status.usage),
    ...descriptorPairs(status),
    ...samplerPairs(status),
    ['subscribers', status.subscribers.length === 0 ? 'none' : formatQuantity(status.subscribers.length, 'subscriber')],
    ...status.subscribers.map((subscriber): Pair => {
      const { peer, targets, intervalMs, events, sent, lost } = subscriber;
      const perf = events.length === 0 ? 'no perf events' : `events ${events.join(', ')}`;
      const text = `${peer}: ${formatQuantity(targets, 'target')} every ${formatSeconds(intervalMs / 1000)}, ${perf}, ${sent} sent, ${lost} lost`;
      return ['', lost > 0 ? { text, paint: 'warn' } : text];
    }),
    ...allocationPairs(status),
    ...(platform === undefined ? [] : platformPairs(platform)),
    ...errorPairs(status.errorCounts),
    ...troublePairs('last errors', status.recentErrors),
  ];
  const state = status.draining ? ' (stopping)' : '';
  return [headLine('collector', status, style) + state, ...renderPairs(pairs, style)];
}

/** How the controller is doing. */
export function renderControllerStatus(status: ControllerStatus, style: Style): readonly string[] {
  const isFleet = status.collectors.some(({ node }) => node !== '');
  const pairs: Pair[] = [
    ...(status.configFile === '' ? [] : [['configuration', status.configFile] as const]),
    ...status.endpoints.map((address): Pair => ['endpoint', address]),
    ...usagePairs(status.usage),
    ...(isFleet ? [fleetPair(status.collectors)] : status.collectors.flatMap(sessionPairs)),
    ['tasks', isFleet ? String(status.tasks) : `${status.tasks}, discovery ${status.discovery || 'not yet done'}`],
    ['iterations', withSteps(String(status.iterations), status.steps)],
    ...status.storages.map(({ name, stored, dropped, failed, error }): Pair => {
      const text = `${name}: ${stored} stored, ${dropped} dropped, ${failed} failed${error ? `; ${errorText(error)}` : ''}`;
      return ['storage', error ? { text, paint: 'bad' } : text];
    }),
    ...errorPairs(status.errorCounts),
    ...manyTroubles('trouble now', status.openEpisodes),
    ...notePairs(status.notes),
  ];
  const nodes = isFleet ? ['', ...renderNodes(status.collectors, style)] : [];
  return [headLine('controller', status, style), ...renderPairs(pairs, style), ...nodes];
}

function sessionPairs({ address, state, snapshots, lost, attaches, error }: CollectorSession): readonly Pair[] {
  const text = `${address}: ${state}, ${snapshots} snapshots, ${lost} lost, attached ${attaches}×`;
  return [
    ['collector', { text, paint: state === 'attached' ? 'good' : 'warn' }],
    ...(error === null ? [] : troublePairs('', [error])),
  ];
}

function fleetPair(sessions: readonly CollectorSession[]): Pair {
  const attached = sessions.filter(({ state }) => state === 'attached').length;
  const text = `${attached} of ${sessions.length} attached`;
  return ['collectors', { text, paint: attached === sessions.length ? 'good' : 'warn' }];
}

const nodeColumns: readonly TableColumn[] = [
  { title: 'NODE', align: 'left', minWidth: 12 },
  { title: 'STATE', align: 'left' },
  { title: 'TASKS', align: 'right' },
  { title: 'ITERATIONS', align: 'right', dropOrder: 2 },
  { title: 'LOST', align: 'right', dropOrder: 3 },
  { title: 'HOST', align: 'left', dropOrder: 4 },
  { title: 'ADDRESS', align: 'left', minWidth: 16, dropOrder: 1 },
  { title: 'TROUBLE', align: 'left', minWidth: 16, dropOrder: 5 },
];

/** One line a node, those in trouble first. */
function renderNodes(sessions: readonly CollectorSession[], style: Style): readonly string[] {
  const rank = ({ state }: CollectorSession): number => (state === 'attached' ? 1 : 0);
  const rows = [...sessions]
    .sort((a, b) => rank(a) - rank(b) || (a.node < b.node ? -1 : 1))
    .map(({ node, state, tasks, iterations, lost, hostname, address, discovery, error }): readonly Cell[] => [
      node,
      { text: state, paint: state === 'attached' ? 'good' : 'bad' },
      String(tasks),
      String(iterations),
      lost > 0 ? { text: String(lost), paint: 'warn' } : '0',
      hostname === node ? '' : hostname,
      address,
      error !== null ? error.message : discovery === 'fresh' ? '' : discovery,
    ]);
  return renderTable(nodeColumns, rows, style);
}

/** One line that says that a process does not answer, and the remedy below it. */
export function renderDown(side: string, error: ErrorMessage, style: Style): readonly string[] {
  const head = `${paint(marksOf(style).no, 'bad', style)} ${paint(side, 'heading', style)}  ${paint(`${error.subject.replace(`${side} at `, '')}: ${error.message}`, 'bad', style)}`;
  return [head, ...(error.remedy === '' ? [] : renderPairs([['remedy', error.remedy]], style))];
}

function headLine(
  side: string,
  status: Pick<CollectorStatus, 'server' | 'pid' | 'uptimeSeconds'>,
  style: Style,
): string {
  const { server, pid, uptimeSeconds } = status;
  const version = server === null ? 'unknown version' : `${server.software} (contract ${server.major}.${server.minor})`;
  const facts = `${version}, pid ${pid}, up ${formatSeconds(uptimeSeconds)}`;
  return `${paint(marksOf(style).yes, 'good', style)} ${paint(side, 'heading', style)}  ${facts}`;
}

function usagePairs(usage: ProcessUsage | null): readonly Pair[] {
  if (usage === null) return [];
  const { rssBytes, cpuSeconds, eventLoopDelaySeconds } = usage;
  return [
    [
      'own usage',
      `${formatBytes(rssBytes)} of memory, ${formatSeconds(cpuSeconds)} of CPU, longest event-loop delay ${formatSeconds(eventLoopDelaySeconds)}`,
    ],
  ];
}

function descriptorPairs({ descriptors }: CollectorStatus): readonly Pair[] {
  if (descriptors === null) return [];
  const { open, limit, cgroups, perf, degradedFiles, degradedPerf, needed } = descriptors;
  const degraded = degradedFiles + degradedPerf;
  return [
    ['descriptors', `${open} of ${limit}: ${formatQuantity(cgroups, 'cgroup')}, ${formatQuantity(perf, 'perf event')}`],
    ...(degraded === 0
      ? []
      : [
          [
            '',
            {
              text: `short of descriptors: ${needed} are needed; files of ${formatQuantity(degradedFiles, 'cgroup')} are opened for each reading, ${formatQuantity(degradedPerf, 'cgroup')} measured with fewer events (raise LimitNOFILE)`,
              paint: 'warn',
            },
          ] as const,
        ]),
  ];
}

function samplerPairs({ sampler }: CollectorStatus): readonly Pair[] {
  if (sampler === null) return [];
  const { ticks, overruns, lastSteps, lastSeconds } = sampler;
  const last = lastSeconds > 0 ? `, last ${formatSeconds(lastSeconds)}` : '';
  const text = withSteps(`${ticks} ticks, ${overruns} overruns${last}`, lastSteps);
  return [['sampling', overruns > 0 ? { text, paint: 'warn' } : text]];
}

function allocationPairs({ allocations, leases, held }: CollectorStatus): readonly Pair[] {
  return [
    ['allocations', allocations === 0 ? 'none' : `${formatQuantity(allocations, 'value')}, with their originals`],
    ...leases.map(
      ({ peer, secondsLeft, allocations: count }): Pair => [
        '',
        `lease of ${peer}: ${formatQuantity(count, 'value')} for ${formatSeconds(secondsLeft)} more`,
      ],
    ),
    ...(held.length === 0 ? [] : [['held', { text: held.join(', '), paint: 'warn' }] as const]),
  ];
}

function platformPairs(platform: Platform): readonly Pair[] {
  const byReason = new Map<string, string[]>();
  for (const { name, available, reason } of platform.capabilities) {
    if (!available) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [
    ['cgroups', layoutText(platform)],
    ...[...byReason].map(
      ([reason, names], index): Pair => [index === 0 ? 'not available' : '', `${names.join(', ')}: ${reason}`],
    ),
  ];
}

function errorPairs(counts: readonly ErrorCount[]): readonly Pair[] {
  return counts.map(({ code, source, count }, index) => [
    index === 0 ? 'errors' : '',
    `${count} × ${code} in ${source}`,
  ]);
}

function troublePairs(label: string, errors: readonly ErrorMessage[]): readonly Pair[] {
  return errors.map((error, index) => [index === 0 ? label : '', { text: errorText(error), paint: 'warn' }]);
}

/** A fleet may have hundreds. */
function manyTroubles(label: string, errors: readonly ErrorMessage[]): readonly Pair[] {
  const left = errors.length - mostTroubles;
  const more: readonly Pair[] = left > 0 ? [['', `and ${left} more`]] : [];
  return [...troublePairs(label, errors.slice(0, mostTroubles)), ...more];
}

function notePairs(notes: readonly ErrorMessage[]): readonly Pair[] {
  return notes.map((note, index) => [index === 0 ? 'to know' : '', errorText(note)]);
}

function errorText({ subject, message, remedy }: ErrorMessage): string {
  return `${subject}: ${message}${remedy === '' ? '' : ` (${remedy})`}`;
}

function withSteps(text: string, steps: readonly Step[]): string {
  if (steps.length === 0) return text;
  return `${text} (${steps.map(({ name, seconds }) => `${name} ${formatSeconds(seconds)}`).join(', ')})`;
}
