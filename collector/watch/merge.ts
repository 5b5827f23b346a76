import { factsOf } from '../../shared/metrics/catalog.ts';
import type { MergeRule } from '../../shared/metrics/metric-facts.ts';
import type { Column } from '../../shared/rpc/watch-messages.ts';
import type { Row } from '../kernel/row.ts';

/** How one column of a target with containers is made of the columns of its containers; from the metric catalogue. */
export interface ColumnMerge {
  readonly rule: MergeRule;
  readonly isCounter: boolean;
  readonly isFloat: boolean;
}

/** 9223372036854771712, what cgroup v1 shows for no limit: the largest multiple of 4096 below 2^63. */
const unlimitedLow = 0xffff_f000;
const unlimitedHigh = 0x7fff_ffff;

/** A metric without a catalogue entry is added up. */
export function planMerge(columns: readonly Column[]): readonly ColumnMerge[] {
  return columns.map(({ metric, kind }) => {
    const facts = factsOf(metric);
    return { rule: facts?.merge ?? 'sum', isCounter: facts?.type === 'counter', isFloat: kind === 'f64' };
  });
}

/** Adds slot `i` of `from` to slot `i` of `into`, where absence is 0; modulo 2^64. */
export function addSlot(into: Row, from: Row, i: number): void {
  if (from.present[i] === 0) return;
  const low = (into.words[2 * i] ?? 0) + (from.words[2 * i] ?? 0);
  const carry = low > 0xffff_ffff ? 1 : 0;
  into.words[2 * i] = low;
  into.words[2 * i + 1] = (into.words[2 * i + 1] ?? 0) + (from.words[2 * i + 1] ?? 0) + carry;
  into.present[i] = 1;
}

function addFloat(into: Row, from: Row, i: number): void {
  if (from.present[i] === 0) return;
  into.setDouble(i, (into.present[i] === 0 ? 0 : (into.doubles[i] ?? 0)) + (from.doubles[i] ?? 0));
}

function maxSlot(into: Row, from: Row, { i, isFloat }: { readonly i: number; readonly isFloat: boolean }): void {
  if (from.present[i] === 0) return;
  const isLarger = isFloat ? (from.doubles[i] ?? 0) > (into.doubles[i] ?? 0) : isAbove(from, into, i);
  if (into.present[i] === 0 || isLarger) copySlot(into, from, i);
}

function isAbove(a: Row, b: Row, i: number): boolean {
  const [highA = 0, highB = 0] = [a.words[2 * i + 1], b.words[2 * i + 1]];
  return highA === highB ? (a.words[2 * i] ?? 0) > (b.words[2 * i] ?? 0) : highA > highB;
}

function isUnlimited(row: Row, i: number): boolean {
  const high = row.words[2 * i + 1] ?? 0;
  return high > unlimitedHigh || (high === unlimitedHigh && (row.words[2 * i] ?? 0) >= unlimitedLow);
}

function addLimit(into: Row, from: Row, i: number): void {
  if (from.present[i] === 0) return;
  const unlimited = isUnlimited(from, i) || (into.present[i] === 1 && isUnlimited(into, i));
  if (!unlimited) addSlot(into, from, i);
  if (unlimited || isUnlimited(into, i)) into.setWords(i, unlimitedLow, unlimitedHigh);
}

/** Copies one slot, absence included. */
export function copySlot(into: Row, from: Row, i: number): void {
  moveSlot(into, from, { i, to: i });
}

/** Copies slot `i` of one row to slot `to` of another. */
export function moveSlot(into: Row, from: Row, { i, to }: { readonly i: number; readonly to: number }): void {
  into.words[2 * to] = from.words[2 * i] ?? 0;
  into.words[2 * to + 1] = from.words[2 * i + 1] ?? 0;
  into.present[to] = from.present[i] ?? 0;
}

/** Whether the task's own cgroup tells what a column is, whatever its containers say. */
export function ownCounts(own: Row, i: number, { rule }: ColumnMerge): boolean {
  if (rule === 'own') return true;
  if (rule !== 'peak' && rule !== 'limit') return false;
  return own.present[i] === 1 && !isUnlimited(own, i);
}

/** Divides what was added up of `count` containers. */
export function divideSlot(into: Row, i: number, count: number): void {
  if (into.present[i] === 1 && count > 1) into.setDouble(i, (into.doubles[i] ?? 0) / count);
}

/** Folds slot `i` of one more container into `into`. */
export function foldSlot(
  into: Row,
  from: Row,
  { i, merge }: { readonly i: number; readonly merge: ColumnMerge },
): void {
  if (merge.rule === 'max') maxSlot(into, from, { i, isFloat: merge.isFloat });
  else if (merge.rule === 'limit') addLimit(into, from, i);
  else (merge.isFloat ? addFloat : addSlot)(into, from, i);
}
