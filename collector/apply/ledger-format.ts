import { isAllocationType } from '../../shared/allocation/values.ts';
import type { AnnouncedWrite, Lease, LedgerEntry } from './entry.ts';
import { type KnobId, knobKey } from './knob.ts';

/** Of the lines; a ledger of another version is not read. */
export const ledgerVersion = 1;

/** One line of the ledger. */
export type LedgerRecord =
  | { readonly kind: 'head'; readonly version: number; readonly boot: string }
  /** Writes that are about to be done. */
  | { readonly kind: 'begin'; readonly batch: number; readonly writes: readonly AnnouncedWrite[] }
  /** They are done, or undone: what is remembered from now on, and what not any more (keys). */
  | {
      readonly kind: 'commit';
      readonly batch: number;
      readonly entries: readonly LedgerEntry[];
      readonly forget: readonly string[];
    }
  | { readonly kind: 'lease'; readonly lease: Lease }
  | { readonly kind: 'end-lease'; readonly id: string }
  | { readonly kind: 'held'; readonly paths: readonly string[] };

/** What a ledger says when it was read to its end. */
export interface LedgerState {
  readonly entries: Map<string, LedgerEntry>;
  readonly leases: Map<string, Lease>;
  readonly held: Set<string>;
  /** Batches whose writes were perhaps done: a collector died in them. Oldest first. */
  readonly unfinished: Map<number, readonly AnnouncedWrite[]>;
  lastBatch: number;
}

export function emptyLedger(): LedgerState {
  return { entries: new Map(), leases: new Map(), held: new Set(), unfinished: new Map(), lastBatch: 0 };
}

export function formatRecord(record: LedgerRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** What has happened, as few lines as possible. */
export function formatLedger(state: LedgerState, boot: string): string {
  const records: LedgerRecord[] = [
    { kind: 'head', version: ledgerVersion, boot },
    ...[...state.leases.values()].map((lease) => ({ kind: 'lease', lease }) as const),
    { kind: 'held', paths: [...state.held] },
    { kind: 'commit', batch: state.lastBatch, entries: [...state.entries.values()], forget: [] },
    ...[...state.unfinished].map(([batch, writes]) => ({ kind: 'begin', batch, writes }) as const),
  ];
  return records.map(formatRecord).join('');
}

/**
 * The state after all lines; undefined for a ledger of another boot or version, whose values mean nothing now. Lines
 * that are none (the last one of a process that was killed) are left out.
 */
export function parseLedger(text: string, boot: string): LedgerState | undefined {
  const state = emptyLedger();
  let isOurs = false;
  for (const line of text.split('\n')) {
    const record = line === '' ? undefined : parseRecord(line);
    if (record === undefined) continue;
    if (record.kind === 'head') {
      if (record.version !== ledgerVersion || record.boot !== boot) return undefined;
      isOurs = true;
    } else if (isOurs) applyRecord(state, record);
  }
  return isOurs ? state : undefined;
}

/** The state after one more record. */
export function applyRecord(state: LedgerState, record: LedgerRecord): void {
  switch (record.kind) {
    case 'head':
      break;
    case 'begin':
      state.unfinished.set(record.batch, record.writes);
      state.lastBatch = Math.max(state.lastBatch, record.batch);
      break;
    case 'commit':
      state.unfinished.delete(record.batch);
      for (const key of record.forget) state.entries.delete(key);
      for (const entry of record.entries) state.entries.set(knobKey(entry.knob), entry);
      break;
    case 'lease':
      state.leases.set(record.lease.id, record.lease);
      break;
    case 'end-lease':
      state.leases.delete(record.id);
      break;
    case 'held':
      state.held.clear();
      for (const path of record.paths) state.held.add(path);
      break;
  }
}

/** undefined for a line that is no record. The file is the collector's own, so only its shape is looked at. */
function parseRecord(line: string): LedgerRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is LedgerRecord {
  if (!isObject(value)) return false;
  switch (value['kind']) {
    case 'head':
      return typeof value['version'] === 'number' && typeof value['boot'] === 'string';
    case 'begin':
      return typeof value['batch'] === 'number' && isListOf(value['writes'], isWrite);
    case 'commit':
      return (
        typeof value['batch'] === 'number' && isListOf(value['entries'], isEntry) && isListOf(value['forget'], isText)
      );
    case 'lease':
      return (
        isObject(value['lease']) &&
        hasTexts(value['lease'], ['id', 'peer', 'principal']) &&
        hasNumbers(value['lease'], ['deadlineMs'])
      );
    case 'end-lease':
      return isText(value['id']);
    case 'held':
      return isListOf(value['paths'], isText);
    default:
      return false;
  }
}

function isWrite(value: unknown): boolean {
  return isObject(value) && isTyped(value) && hasTexts(value, ['path', 'from', 'to']);
}

function isEntry(value: unknown): boolean {
  return (
    isObject(value) &&
    isTyped(value) &&
    hasTexts(value, ['path', 'original', 'written', 'leaseId', 'principal', 'owner']) &&
    hasNumbers(value, ['sinceMs'])
  );
}

function isTyped(value: Readonly<Record<string, unknown>>): boolean {
  const { type } = value;
  return isKnob(value['knob']) && isText(type) && isAllocationType(type);
}

function isKnob(value: unknown): value is KnobId {
  if (!isObject(value)) return false;
  switch (value['kind']) {
    case 'cgroup':
      return hasTexts(value, ['hierarchy', 'path', 'inode', 'file']);
    case 'controller':
      return hasTexts(value, ['path', 'inode', 'controller']);
    case 'rdt-group':
      return hasTexts(value, ['group']);
    case 'rdt-line':
      return hasTexts(value, ['group', 'resource']);
    case 'rdt-members':
      return hasTexts(value, ['path', 'inode']) && isListOf(value['cgroups'], isText);
    default:
      return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOf(value: unknown, isOne: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

function hasTexts(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => isText(value[name]));
}

function hasNumbers(value: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'number');
}
