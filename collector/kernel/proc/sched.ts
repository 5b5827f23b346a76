import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { nextLine } from '../decimal.ts';
import { readKernelText } from '../kernel-file.ts';
import type { KernelRoots } from '../roots.ts';
import type { Row } from '../row.ts';
import { Scratch } from '../scratch.ts';
import { chooseSchedRule } from './sched-fields.ts';

const space = 0x20;
const colon = 0x3a;
const newline = 0x0a;
const minus = 0x2d;
const dot = 0x2e;
const equals = 0x3d;
const zero = 0x30;
/** A line of dashes follows the line with the command, which is whatever the task likes, but at most 15 bytes. */
const rulerBytes = 16;
const maxKeys = 256;
const maxNodes = 1_024;

/** Kinds of NUMA balancing faults, in the order of the file. */
export const faultTypes = ['task_private', 'task_shared', 'group_private', 'group_shared'] as const;

/** Which fields the file of this kernel has. */
export interface SchedShape {
  /** Names of the `key : value` lines. */
  readonly keys: readonly string[];
  /** Nodes that have a `numa_faults` line; none without NUMA balancing. */
  readonly nodes: readonly number[];
}

/** Reads which fields this kernel tells, by the file of this process itself. */
export function probeSched(roots: KernelRoots): Reading<SchedShape> {
  const path = join(roots.procfs, 'self', 'sched');
  const text = readKernelText(path, new Scratch());
  if (!text.ok) {
    const remedy = 'use a kernel with CONFIG_SCHED_DEBUG';
    if (text.error.code !== 'FEATURE_ABSENT') return text;
    return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: path, message: text.error.message, remedy }) };
  }
  const shape = parseSchedShape(text.value);
  if (shape.keys.length > 0) return { ok: true, value: shape };
  const message = `no line like "nr_switches : 1" in ${JSON.stringify(text.value.slice(0, 100))}`;
  return { ok: false, error: new WcaError('KERNEL_FORMAT', { subject: path, message }) };
}

/** The fields of a text, each once, as far as the bounds go. */
export function parseSchedShape(text: string): SchedShape {
  const lines = text.split('\n');
  const ruler = lines.findIndex((line) => /^-{16,}$/.test(line));
  const fields = ruler < 0 ? [] : lines.slice(ruler + 1);
  const keys = fields.flatMap((line) => /^([^:]*[^:\s])\s*:\s+-?\d/.exec(line)?.[1] ?? []);
  const nodes = fields.flatMap((line) => /^numa_faults node=(\d{1,6}) /.exec(line)?.[1] ?? []).map(Number);
  return { keys: [...new Set(keys)].slice(0, maxKeys), nodes: [...new Set(nodes)].slice(0, maxNodes) };
}

/**
 * Puts the fields of /proc/TID/sched of several threads together; kernel/sched/debug.c. What one thread has and this
 * process has not (deadline parameters) is left out.
 * `se.sum_exec_runtime                          :             0.086307`
 * `numa_faults node=0 task_private=5 task_shared=1 group_private=0 group_shared=0`
 */
export class SchedTotals {
  readonly #keys: readonly Uint8Array[];
  readonly #isSum: readonly boolean[];
  readonly #faults: readonly Uint8Array[];
  readonly #values: Float64Array;
  readonly #seen: Uint8Array;
  #number = 0;

  constructor({ keys, nodes }: SchedShape) {
    this.#keys = keys.map(bytesOf);
    this.#isSum = keys.map((key) => chooseSchedRule(key) === 'sum');
    this.#faults = nodes.map((node) => bytesOf(`numa_faults node=${node} `));
    const width = keys.length + nodes.length * faultTypes.length;
    this.#values = new Float64Array(width);
    this.#seen = new Uint8Array(width);
  }

  clear(): void {
    this.#values.fill(0);
    this.#seen.fill(0);
  }

  /** One more thread. False when the text is not what this file should be, or is cut off: what it has is in all the same. */
  add({ bytes, length }: Scratch): boolean {
    let at = fieldsAt(bytes, length);
    let expected = 0;
    let isWhole = at < length;
    while (at < length) {
      const end = nextLine(bytes, at, length);
      if (bytes[end - 1] !== newline) return false;
      const slot = this.#slotOf(bytes, at, expected);
      if (slot >= 0) {
        expected = slot + 1;
        const value = afterColon(bytes, at + (this.#keys[slot]?.length ?? 0), end);
        if (this.#scan(bytes, value, end)) this.#put(slot, this.#isSum[slot] === true);
        else isWhole = false;
      } else if (!this.#addFaults(bytes, at, end)) isWhole = false;
      at = end;
    }
    return isWhole;
  }

  /** `f64` slots of the keys, then `u64` ones: four a node. What no thread has is absent. */
  writeInto(row: Row, at: number): void {
    for (let i = 0; i < this.#values.length; i += 1) {
      const value = this.#values[i] ?? 0;
      if (this.#seen[i] === 0) row.clear(at + i, 1);
      else if (i < this.#keys.length) row.setDouble(at + i, value);
      else row.setInteger(at + i, value);
    }
  }

  /** Slot of the line's key, looked for first where it should be; -1 when it has none. */
  #slotOf(text: Uint8Array, at: number, expected: number): number {
    if (this.#hasKey(text, at, expected)) return expected;
    for (let i = 0; i < this.#keys.length; i += 1) if (this.#hasKey(text, at, i)) return i;
    return -1;
  }

  #hasKey(text: Uint8Array, at: number, slot: number): boolean {
    const key = this.#keys[slot];
    if (key === undefined || !startsWith(text, at, key)) return false;
    let after = at + key.length;
    while (text[after] === space) after += 1;
    return text[after] === colon;
  }

  /** False when the line tells of faults and has a broken number. */
  #addFaults(text: Uint8Array, at: number, end: number): boolean {
    for (let node = 0; node < this.#faults.length; node += 1) {
      const prefix = this.#faults[node];
      if (prefix === undefined || !startsWith(text, at, prefix)) continue;
      let from = at + prefix.length;
      for (let type = 0; type < faultTypes.length; type += 1) {
        while (from < end && text[from] !== equals) from += 1;
        if (!this.#scan(text, from + 1, end)) return false;
        this.#put(this.#keys.length + node * faultTypes.length + type, true);
        from += 1;
      }
      return true;
    }
    return true;
  }

  #put(slot: number, isSum: boolean): void {
    const before = this.#values[slot] ?? 0;
    if (this.#seen[slot] === 0) this.#values[slot] = this.#number;
    else this.#values[slot] = isSum ? before + this.#number : Math.max(before, this.#number);
    this.#seen[slot] = 1;
  }

  /** `-1`, `12`, `18422640.422654` after blanks, up to a blank or the line's end; into `#number`. */
  #scan(text: Uint8Array, from: number, end: number): boolean {
    let at = from;
    while (at < end && text[at] === space) at += 1;
    const sign = text[at] === minus ? -1 : 1;
    if (sign < 0) at += 1;
    const start = at;
    let value = 0;
    let divisor = 0;
    for (; at < end; at += 1) {
      const digit = (text[at] ?? 0) - zero;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        divisor *= 10;
      } else if (text[at] === dot && divisor === 0 && at > start) divisor = 1;
      else break;
    }
    const isNumber = at > start && divisor !== 1 && (text[at] === newline || text[at] === space);
    if (isNumber) this.#number = (sign * value) / Math.max(1, divisor);
    return isNumber;
  }
}

/** Offset of the first field: after the line of dashes; `limit` when there is none. */
function fieldsAt(text: Uint8Array, limit: number): number {
  for (let at = 0; at < limit; ) {
    const end = nextLine(text, at, limit);
    let dashes = 0;
    while (at + dashes < end && text[at + dashes] === minus) dashes += 1;
    if (dashes >= rulerBytes) return end;
    at = end;
  }
  return limit;
}

function afterColon(text: Uint8Array, from: number, limit: number): number {
  let at = from;
  while (at < limit && text[at] !== colon) at += 1;
  return at + 1;
}

function startsWith(text: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i += 1) if (text[at + i] !== prefix[i]) return false;
  return true;
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
