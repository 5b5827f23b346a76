import type { TargetResult, ValueResult } from '../../../shared/allocation/results.ts';
import type { WcaError } from '../../../shared/errors/wca-error.ts';
import { type Cell, renderTable } from '../../terminal/render.ts';
import { marksOf, paint, type Style } from '../../terminal/style.ts';
import { cleanText } from '../../terminal/text-width.ts';
import { formatSeconds } from '../format.ts';
import type { Allocations, AuditRecord } from '../peers.ts';

type Record = Allocations['allocations'][number];

/** What is allocated: what the kernel has, what WCA wrote and what was there before, side by side. */
export function renderAllocations({ allocations, held }: Allocations, style: Style): readonly string[] {
  const columns = [
    { title: 'CGROUP', align: 'left', minWidth: 16 },
    { title: 'FILE', align: 'left', minWidth: 10 },
    { title: 'CURRENT', align: 'left', minWidth: 8 },
    { title: 'TARGET', align: 'left', minWidth: 8 },
    { title: 'ORIGINAL', align: 'left', minWidth: 8 },
    { title: 'LEASE', align: 'right', dropOrder: 1 },
    { title: 'SINCE', align: 'right', dropOrder: 3 },
    { title: 'OWNER', align: 'left', minWidth: 8, dropOrder: 2 },
  ] as const;
  const rows = allocations.map((record): readonly Cell[] => [
    record.cgroupPath,
    fileOf(record.file, record.cgroupPath),
    currentCell(record),
    shown(record.target),
    shown(record.original),
    record.leaseId === '' ? '-' : formatSeconds(record.leaseSecondsLeft),
    formatSeconds(record.sinceSeconds),
    record.owner,
  ]);
  const problems = allocations.flatMap(({ cgroupPath, file, problem }) =>
    problem === null ? [] : [problemLine(fileOf(file, cgroupPath, cgroupPath), problem, style)],
  );
  return [...(rows.length === 0 ? [] : renderTable(columns, rows, style)), ...problems, ...renderHeld(held, style)];
}

/** What must not be touched; nothing when that is nothing. */
export function renderHeld(held: readonly string[], style: Style): readonly string[] {
  if (held.length === 0) return [];
  const what = held.includes('/') ? 'everything' : held.map(cleanText).join(', ');
  return [`${paint('held', 'warn', style)} ${what}: nothing is allocated there until it is released`];
}

/** Outcomes of an allocation or a restoration: a line a write, then what went wrong. */
export function renderResults(results: readonly TargetResult[], style: Style): readonly string[] {
  const columns = [
    { title: 'CGROUP', align: 'left', minWidth: 16 },
    { title: 'TYPE', align: 'left' },
    { title: 'OUTCOME', align: 'left' },
    { title: 'FILE', align: 'left', minWidth: 10 },
    { title: 'BEFORE', align: 'left', minWidth: 8 },
    { title: 'AFTER', align: 'left', minWidth: 8 },
  ] as const;
  const rows = results.flatMap(({ targetId, values }) =>
    values.flatMap((value): readonly (readonly Cell[])[] => {
      const head = [targetId, value.type, outcomeCell(value)];
      if (value.writes.length === 0) return [[...head, '-', '', '']];
      return value.writes.map(({ file, before, after }, index) => [
        ...(index === 0 ? head : [targetId, value.type, '']),
        fileOf(file, targetId),
        shown(before),
        shown(after),
      ]);
    }),
  );
  const problems = results.flatMap(({ targetId, error, values }) => [
    ...(error === undefined ? [] : [problemLine(targetId, error, style)]),
    ...values.flatMap((value) => problemOf(value, style)),
  ]);
  return [...(rows.length === 0 ? [] : renderTable(columns, rows, style)), ...problems];
}

/** One write: `12:00:01.123  allocate  uid 0, pid 17  /batch/a cpu.cfs_quota_us  -1 → 50000`. */
export function renderAuditRecord(record: AuditRecord, style: Style): string {
  const { realtimeNs, cause, peer, file, before, after, error } = record;
  const when = new Date(realtimeNs / 1e6).toISOString().replace('T', ' ');
  // Of a hold or a release there is nothing to show.
  const change = before === '' && after === '' ? '' : `${shown(before)} ${marksOf(style).arrow} ${shown(after)}`;
  const start = `${paint(when, 'faint', style)}  ${cause.padEnd(8)}  ${cleanText(peer) || 'collector'}`;
  const line = `${start}  ${cleanText(file)}  ${cleanText(change)}`.trimEnd();
  return error === null ? line : `${line}  ${paint(cleanText(`refused: ${error.message}`), 'bad', style)}`;
}

/** Without what the line says already. */
function fileOf(file: string, cgroupPath: string, otherwise = ''): string {
  if (otherwise !== '') return file.startsWith(`${cgroupPath} `) ? file : `${otherwise} ${file}`;
  return file.startsWith(`${cgroupPath} `) ? file.slice(cgroupPath.length + 1) : file;
}

function currentCell({ current, target, problem }: Record): Cell {
  const text = shown(current);
  if (problem !== null) return { text, paint: 'warn' };
  return current === target ? { text, paint: 'good' } : text;
}

/** An empty cpuset is a value too. */
function shown(text: string): string {
  return text === '' ? '""' : text;
}

function outcomeCell({ outcome }: ValueResult): Cell {
  const text = outcome.replace('_', ' ');
  if (outcome === 'applied') return { text, paint: 'good' };
  return outcome === 'unchanged' || outcome === 'would_apply' ? text : { text, paint: 'bad' };
}

/** A value that was not tried because of another one says nothing of its own. */
function problemOf({ type, error }: ValueResult, style: Style): readonly string[] {
  return error === undefined || error.code === 'CANCELLED' ? [] : [problemLine(type, error, style)];
}

function problemLine(
  about: string,
  { subject, message, remedy }: Pick<WcaError, 'subject' | 'message'> & { readonly remedy?: string | undefined },
  style: Style,
): string {
  const what = subject === '' || subject === about ? about : subject;
  const end = remedy === undefined || remedy === '' ? '' : ` (${remedy})`;
  return `${paint(marksOf(style).no, 'bad', style)} ${cleanText(`${what}: ${message}${end}`)}`;
}
