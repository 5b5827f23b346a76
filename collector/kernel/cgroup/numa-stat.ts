import { LineFinder } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import type { FileDecoder } from './file-decoder.ts';

const letterN = 0x4e;
const equals = 0x3d;
const newline = 0x0a;
const space = 0x20;

/** Finds the ` N<id>=<number>` fields of one line; the number is left in the scratch's scanner. */
class NodeFields {
  #at = 0;
  /** Node of the last field. */
  node = 0;
  broken = false;

  start(at: number): void {
    this.#at = at;
    this.broken = false;
  }

  /** False at the end of the line, and at a field of another shape (`broken`). */
  next({ bytes, length, decimal }: Scratch): boolean {
    let at = this.#at;
    while (at < length && bytes[at] === space) at++;
    if (at >= length || bytes[at] === newline) return false;
    this.broken = true;
    if (bytes[at] !== letterN) return false;
    let node = 0;
    const first = ++at;
    for (; at < length; at++) {
      const digit = (bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      node = node * 10 + digit;
    }
    if (at === first || bytes[at] !== equals || isBlank(bytes[at + 1]) || !decimal.scan(bytes, at + 1, length))
      return false;
    this.broken = false;
    this.node = node;
    this.#at = decimal.end;
    return true;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === undefined || byte === space || byte === newline || byte === 0x09;
}

/** Slot of each node id, counted from the file's first slot. */
function slotsOf(nodeIds: readonly number[]): ReadonlyMap<number, number> {
  return new Map(nodeIds.map((id, slot) => [id, slot]));
}

/**
 * v1 memory.numa_stat, in pages; Documentation/admin-guide/cgroup-v1/memory.rst §5.6:
 * `total=98304 N0=90112 N1=8192`. The cgroup's own `total=` line counts; a kernel without it has `hierarchical_total=`.
 */
export class NumaStatV1Decoder implements FileDecoder {
  readonly #own = new LineFinder('total=');
  readonly #hierarchical = new LineFinder('hierarchical_total=');
  readonly #fields = new NodeFields();
  readonly #slots: ReadonlyMap<number, number>;

  constructor(nodeIds: readonly number[]) {
    this.#slots = slotsOf(nodeIds);
  }

  decode(scratch: Scratch, row: Row, at: number): boolean {
    const { bytes, length, decimal } = scratch;
    row.clear(at, this.#slots.size);
    const line = this.#own.find(bytes, length) ?? this.#hierarchical.find(bytes, length);
    if (line === undefined) return true;
    if (!decimal.scan(bytes, line, length)) return false;
    this.#fields.start(decimal.end);
    while (this.#fields.next(scratch)) {
      const slot = this.#slots.get(this.#fields.node);
      if (slot !== undefined) row.setWords(at + slot, decimal.low, decimal.high);
    }
    return !this.#fields.broken;
  }
}

/** What v1's `total` line is made of: the pages on the LRU lists. */
const lruKeys = ['inactive_anon', 'active_anon', 'inactive_file', 'active_file', 'unevictable'];

/**
 * v2 memory.numa_stat (5.10), in bytes; Documentation/admin-guide/cgroup-v2.rst: `inactive_anon N0=4096000 N1=0`.
 * Pages of a node are the sum over the LRU lists divided by the page size, as v1 counts.
 */
export class NumaStatV2Decoder implements FileDecoder {
  readonly #finders = lruKeys.map((key) => new LineFinder(`${key} `));
  readonly #fields = new NodeFields();
  readonly #slots: ReadonlyMap<number, number>;
  readonly #bytesOfSlot: Float64Array;
  /** How many of the lists a node was found in. */
  readonly #listsOfSlot: Uint8Array;
  readonly #pageSizeBytes: number;

  constructor(nodeIds: readonly number[], pageSizeBytes: number) {
    this.#slots = slotsOf(nodeIds);
    this.#bytesOfSlot = new Float64Array(nodeIds.length);
    this.#listsOfSlot = new Uint8Array(nodeIds.length);
    this.#pageSizeBytes = pageSizeBytes;
  }

  decode(scratch: Scratch, row: Row, at: number): boolean {
    row.clear(at, this.#slots.size);
    this.#bytesOfSlot.fill(0);
    this.#listsOfSlot.fill(0);
    for (let i = 0; i < this.#finders.length; i++) {
      const line = this.#finders[i]?.find(scratch.bytes, scratch.length);
      if (line !== undefined && !this.#addLine(scratch, line)) return false;
    }
    for (let slot = 0; slot < this.#bytesOfSlot.length; slot++) {
      const lists = this.#listsOfSlot[slot] ?? 0;
      if (lists === 0) continue; // a node the kernel does not list
      if (lists !== lruKeys.length) return false;
      row.setInteger(at + slot, Math.floor((this.#bytesOfSlot[slot] ?? 0) / this.#pageSizeBytes));
    }
    return true;
  }

  #addLine(scratch: Scratch, line: number): boolean {
    this.#fields.start(line);
    while (this.#fields.next(scratch)) {
      const slot = this.#slots.get(this.#fields.node);
      if (slot === undefined) continue;
      this.#bytesOfSlot[slot] = (this.#bytesOfSlot[slot] ?? 0) + scratch.decimal.value;
      this.#listsOfSlot[slot] = (this.#listsOfSlot[slot] ?? 0) + 1;
    }
    return !this.#fields.broken;
  }
}
