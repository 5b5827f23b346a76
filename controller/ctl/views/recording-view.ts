import type { RecordingInfo, TakeInfo } from '../../replay/recording-info.ts';
import { type Cell, renderPairs } from '../../terminal/render.ts';
import type { Style } from '../../terminal/style.ts';

/** What `wca-ctl replay-info` prints. */
export function renderRecording(info: RecordingInfo, style: Style): readonly string[] {
  const pairs: [string, Cell][] = [['file', `${info.file}, ${describeBytes(info.bytes)}`]];
  for (const take of info.takes) pairs.push(...pairsOfTake(take));
  const names = [...new Set(info.tasks.values())].sort();
  pairs.push(
    ['tasks', `${info.tasks.size}${info.tasks.size > info.mostTasks ? `, at most ${info.mostTasks} at a time` : ''}`],
    ['', someOf(names)],
    ['task metrics', someOf(info.taskMetrics)],
    ['platform metrics', someOf(info.platformMetrics)],
    ['allocations', info.hasAllocations ? 'what was in force is recorded' : 'not recorded'],
  );
  if (info.cut !== undefined) {
    const text = `the file is cut at byte ${info.cut.at}: its last ${info.cut.bytes} bytes are left out`;
    pairs.push(['note', { text, paint: 'warn' }]);
  }
  return renderPairs(pairs, style);
}

/** The same for programs. */
export function recordingDocument(info: RecordingInfo): unknown {
  return {
    ...info,
    tasks: [...info.tasks].map(([id, name]) => ({ id, name })),
    takes: info.takes.map(({ take, ...rest }) => ({ ...take, ...rest })),
  };
}

/** `84 KiB` */
export function describeBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 10 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

function pairsOfTake(info: TakeInfo): [string, Cell][] {
  const { take, hostname, kernel, cpus, snapshots, firstUnixMs, lastUnixMs, lost, isComplete } = info;
  const events = take.events.length === 0 ? 'no perf events' : `events ${take.events.join(', ')}`;
  const extra = take.extra.length === 0 ? '' : `, also ${take.extra.join(', ')}`;
  const source = take.tasks === 'controller' ? 'tasks of the controller' : 'cgroups';
  const missing = lost === 0 ? '' : `, ${lost} lost`;
  const seconds = ((lastUnixMs ?? 0) - (firstUnixMs ?? 0)) / 1000;
  const span =
    firstUnixMs === undefined || lastUnixMs === undefined
      ? 'nothing was measured'
      : `${isoTime(firstUnixMs)} to ${isoTime(lastUnixMs)}, ${seconds.toFixed(1)} s, ${snapshots} snapshots${missing}`;
  return [
    ['host', `${hostname}, Linux ${kernel}, ${cpus} CPUs`],
    ['time', span],
    ['recorded', `every ${take.intervalMs / 1000} s, ${source}, ${events}${extra}, by wca-ctl ${take.software}`],
    ...(isComplete
      ? []
      : [['', { text: 'the recorder was ended before it had finished', paint: 'warn' }] satisfies [string, Cell]]),
  ];
}

function isoTime(unixMs: number): string {
  const time = new Date(unixMs);
  return Number.isNaN(time.getTime()) ? `${unixMs} ms` : time.toISOString().replace(/\.\d+Z$/, 'Z');
}

const mostNamed = 40;

function someOf(names: readonly string[]): string {
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  return names.slice(0, mostNamed).join(', ') + more;
}
