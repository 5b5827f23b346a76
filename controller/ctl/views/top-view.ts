import type { TaskUsage__Output as TaskUsage } from '../../../shared/rpc/gen/wca/v1/TaskUsage.ts';
import type { Usage__Output as Usage } from '../../../shared/rpc/gen/wca/v1/Usage.ts';
import { type Cell, renderTable, type TableColumn } from '../../terminal/render.ts';
import { marksOf, type Paint, paint, type Style } from '../../terminal/style.ts';
import { cleanText, cutToWidth, displayWidth } from '../../terminal/text-width.ts';
import {
  formatBytes,
  formatCores,
  formatCount,
  formatPercent,
  formatQuantity,
  formatSeconds,
  formatWholePercent,
} from '../format.ts';

/** What the tasks can be sorted by; the largest first. */
export type SortKey = 'cpu' | 'memory' | 'ipc' | 'faults';

export interface TopState {
  readonly sort: SortKey;
  /** Tasks scrolled out at the top. */
  readonly offset: number;
}

interface TopColumn extends TableColumn {
  readonly key?: SortKey;
  /** Undefined when it could not be measured. */
  value(task: TaskUsage): number | undefined;
  format(value: number): string;
  paint?(value: number, task: TaskUsage): Paint | undefined;
  /** Shown also when no task has a value. */
  readonly always?: boolean;
}

const right = 'right' as const;

/** The table of the tasks, sorted; columns that no task has a value for are left out. */
export function renderTopTable(usage: Usage, state: TopState, style: Style): readonly string[] {
  const columns = shownColumns(usage);
  const heads: TableColumn[] = [
    { title: 'TASK', align: 'left', minWidth: 18 },
    ...columns.map((column) => ({ ...column, marked: column.key === state.sort })),
  ];
  const rows = sortTasks(usage.tasks, state.sort).map((task): readonly Cell[] => [
    task.name || task.id,
    ...columns.map((column) => cellOf(column, task)),
  ]);
  return renderTable(heads, rows, style);
}

/** Tasks with the largest value first; tasks without one last; equals by name, so that rows do not jump. */
export function sortTasks(tasks: readonly TaskUsage[], sort: SortKey): readonly TaskUsage[] {
  const value = (task: TaskUsage): number => sortValue(task, sort) ?? Number.NEGATIVE_INFINITY;
  return [...tasks].sort((a, b) => {
    const [first, second] = [value(a), value(b)];
    if (first !== second) return second > first ? 1 : -1;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  });
}

/** Head lines, the table cut to what fits, and a foot: exactly `height` lines of at most `style.width` columns. */
export function renderTopScreen({ usage, state, height, head, foot }: TopScreen, style: Style): readonly string[] {
  const above = [...head, '', ...(usage === undefined ? [] : [renderSummary(usage, style)])];
  const [titles = '', ...rows] =
    usage === undefined
      ? [paint('waiting for the first measurement', 'faint', style)]
      : renderTopTable(usage, state, style);
  const room = Math.max(1, height - above.length - 1 - foot.length);
  const offset = clampOffset(state.offset, rows.length, room);
  const visible = rows.slice(offset, offset + room);
  const body = [...above, titles, ...visible].slice(0, Math.max(0, height - foot.length));
  const blanks = Array.from({ length: Math.max(0, height - body.length - foot.length) }, () => '');
  return [...body, ...blanks, ...foot].slice(0, height);
}

export interface TopScreen {
  readonly usage: Usage | undefined;
  readonly state: TopState;
  /** Lines of the terminal. */
  readonly height: number;
  readonly head: readonly string[];
  readonly foot: readonly string[];
}

/** `3 tasks · CPU 1.23 of 2 (61.5 %) · memory 3.10 GiB of 7.80 GiB · every 1 s` */
export function renderSummary({ host, tasks, intervalSeconds }: Usage, style: Style): string {
  const parts = [formatQuantity(tasks.length, 'task')];
  if (host?.cpuCores !== undefined && host.cpus > 0) {
    parts.push(`CPU ${formatCores(host.cpuCores)} of ${host.cpus} (${formatPercent(host.cpuCores / host.cpus)} %)`);
  }
  if (host?.memoryBytes !== undefined && host.memoryTotalBytes > 0) {
    parts.push(`memory ${formatBytes(host.memoryBytes)} of ${formatBytes(host.memoryTotalBytes)}`);
  }
  if (intervalSeconds > 0) parts.push(`every ${formatSeconds(Number(intervalSeconds.toFixed(1)))}`);
  return fitLine(parts.join(` ${marksOf(style).dot} `), style);
}

/** The keys, as the last line of the screen. */
export function renderKeys(state: TopState, style: Style): string {
  const keys = [
    ['q', 'quit', undefined],
    ['c', 'CPU', 'cpu'],
    ['m', 'memory', 'memory'],
    ['i', 'IPC or switches', 'ipc'],
    ['f', 'faults', 'faults'],
  ] as const;
  const text = keys
    .map(
      ([key, what, sort]) =>
        `${paint(key, 'heading', style)} ${paint(what, sort === state.sort ? 'reverse' : 'faint', style)}`,
    )
    .join('  ');
  const plain = keys.map(([key, what]) => `${key} ${what}`).join('  ');
  return displayWidth(plain) <= (style.width ?? Number.POSITIVE_INFINITY) ? text : paint('q', 'heading', style);
}

/** One line cut to the width; control characters made harmless. */
export function fitLine(text: string, style: Style): string {
  const clean = cleanText(text);
  return style.width === undefined ? clean : cutToWidth(clean, style.width, marksOf(style).ellipsis);
}

/** The nearest offset that leaves no empty lines at the end. */
export function clampOffset(offset: number, rows: number, room: number): number {
  return Math.max(0, Math.min(offset, rows - room));
}

function cellOf(column: TopColumn, task: TaskUsage): Cell {
  const value = column.value(task);
  if (value === undefined || !Number.isFinite(value)) return { text: '-', paint: 'faint' };
  const text = column.format(value);
  const meaning = column.paint?.(value, task);
  return meaning === undefined ? text : { text, paint: meaning };
}

function sortValue(task: TaskUsage, sort: SortKey): number | undefined {
  if (sort === 'cpu') return task.cpuCores;
  if (sort === 'memory') return task.memoryBytes;
  if (sort === 'ipc') return task.ipc ?? task.contextSwitchesPerSecond;
  return task.pageFaultsPerSecond;
}

/** Waiting up to a tenth of the time is ordinary; half of the time hurts. */
function paintShare(ratio: number): Paint | undefined {
  if (ratio >= 0.5) return 'bad';
  return ratio >= 0.1 ? 'warn' : undefined;
}

function shownColumns(usage: Usage): readonly TopColumn[] {
  const all = topColumns(usage);
  return all.filter(({ always, value }) => always === true || usage.tasks.some((task) => value(task) !== undefined));
}

/** The columns in order; the order of leaving on a narrow terminal is the reverse of importance. */
function topColumns({ host, tasks }: Usage): readonly TopColumn[] {
  const cpus = Math.max(1, host?.cpus ?? 1);
  const hasIpc = tasks.some(({ ipc }) => ipc !== undefined);
  const pressure = (title: string, dropOrder: number, value: (task: TaskUsage) => number | undefined): TopColumn => ({
    title,
    align: right,
    dropOrder,
    value,
    format: formatWholePercent,
    paint: paintShare,
  });
  const perf: TopColumn = hasIpc
    ? { title: 'IPC', align: right, dropOrder: 2, key: 'ipc', value: ({ ipc }) => ipc, format: (ipc) => ipc.toFixed(2) }
    : {
        title: 'SWITCH/s',
        align: right,
        dropOrder: 2,
        key: 'ipc',
        value: (task) => task.contextSwitchesPerSecond,
        format: formatCount,
      };
  return [
    { title: 'CPU', align: right, key: 'cpu', always: true, value: ({ cpuCores }) => cpuCores, format: formatCores },
    {
      title: '%',
      align: right,
      dropOrder: 10,
      always: true,
      value: ({ cpuCores }) => (cpuCores === undefined ? undefined : cpuCores / cpus),
      format: formatPercent,
    },
    {
      title: 'MEMORY',
      align: right,
      key: 'memory',
      always: true,
      value: ({ memoryBytes }) => memoryBytes,
      format: formatBytes,
      paint: paintMemory,
    },
    { title: 'LIMIT', align: right, dropOrder: 8, value: (task) => task.memoryLimitBytes, format: formatBytes },
    perf,
    { title: 'LLC', align: right, dropOrder: 6, value: (task) => task.llcOccupancyBytes, format: formatBytes },
    {
      title: 'MEM/s',
      align: right,
      dropOrder: 4,
      value: (task) => task.memoryBandwidthBytesPerSecond,
      format: formatBytes,
    },
    {
      title: 'FAULT/s',
      align: right,
      dropOrder: 9,
      key: 'faults',
      value: (task) => task.pageFaultsPerSecond,
      format: formatCount,
    },
    pressure('P-CPU', 3, (task) => task.cpuPressureRatio),
    pressure('P-MEM', 5, (task) => task.memoryPressureRatio),
    pressure('P-IO', 7, (task) => task.ioPressureRatio),
    pressure('THR%', 1, (task) => task.throttledRatio),
  ];
}

function paintMemory(memoryBytes: number, { memoryLimitBytes }: TaskUsage): Paint | undefined {
  if (memoryLimitBytes === undefined || memoryLimitBytes <= 0) return undefined;
  const share = memoryBytes / memoryLimitBytes;
  if (share >= 0.95) return 'bad';
  return share >= 0.8 ? 'warn' : undefined;
}
