import { nextLine } from '../decimal.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import { FieldLine, isBlank, isDigit, type LineStyle } from './field-line.ts';

/** Fields of one file that get columns. 64 NUMA nodes have some 10 000 in /proc/zoneinfo. */
const maxFields = 32_768;
const newline = 0x0a;

/** Gives the lines of one table their columns, in the order of the lines; one for each planning. */
export interface FieldNamer<T> {
  /** A heading, without its newline. */
  heading(text: string): void;
  /**
   * A field. `lead` is what stands before its name: blanks, or `  pages `. Undefined: it has no column. The first field
   * with an id counts.
   */
  field(key: string, lead: string): { readonly id: string; readonly column: T } | undefined;
}

export interface FieldTableOptions<T> {
  readonly style: LineStyle;
  readonly createNamer: () => FieldNamer<T>;
}

/** `broken`: some number is none, and absent. `changed`: not the lines that were planned; nothing is valid. */
export type Decoded = 'read' | 'broken' | 'changed';

/**
 * A table of named numbers with the lines it had when it was planned. In the tick each line is compared with what stood
 * there and only the numbers are looked at: one pass, no strings. Lines that are neither fields nor headings may come
 * and go.
 */
export class FieldTable<T> {
  /** One slot each, in the order of the lines. */
  readonly columns: readonly T[];
  /** Whether there were more fields than may have columns. */
  readonly isCut: boolean;
  readonly #line: FieldLine;
  /** The beginnings of all fields (up to one blank after the name) and all headings, one after the other. */
  readonly #prefixes: Uint8Array;
  /** Where the prefix of each line ends. */
  readonly #ends: Uint32Array;
  /** The slot of each line; `columns.length` where it has none. */
  readonly #slots: Uint32Array;

  /** Plans from a text as it is now. Makes strings: not for every tick. */
  constructor(scratch: Scratch, { style, createNamer }: FieldTableOptions<T>) {
    const plan = new Plan<T>(createNamer());
    this.#line = new FieldLine(style);
    plan.addLines(scratch, this.#line);
    this.columns = plan.columns;
    this.isCut = plan.isCut;
    this.#prefixes = Buffer.concat(plan.prefixes);
    this.#slots = Uint32Array.from(plan.slots, (slot) => slot ?? plan.columns.length);
    let end = 0;
    this.#ends = Uint32Array.from(plan.prefixes, ({ length }) => {
      end += length;
      return end;
    });
  }

  /** Fills the slots from `base` on. */
  decode(scratch: Scratch, row: Row, base: number): Decoded {
    const { bytes, length } = scratch;
    let whole = true;
    let item = 0;
    for (let at = 0; at < length; ) {
      const value = this.#matchEnd(bytes, length, item, at);
      if (value === 0) {
        if (this.#line.look(bytes, at, length) !== 'other') return 'changed';
        at = this.#line.end + 1;
        continue;
      }
      const slot = this.#slots[item] ?? 0;
      item++;
      if (slot === this.columns.length) at = bytes[value - 1] === newline ? value : nextLine(bytes, value, length);
      else if (scratch.decimal.scanInto(bytes, value, length, row, base + slot)) {
        at = nextLine(bytes, scratch.decimal.end, length);
      } else {
        whole = false;
        at = nextLine(bytes, value, length);
      }
    }
    if (item < this.#ends.length) return 'changed';
    return whole ? 'read' : 'broken';
  }

  /** When line `item` stands at `at`: offset of its number, for a heading of the next line. 0 when it does not. */
  #matchEnd(bytes: Uint8Array, limit: number, item: number, at: number): number {
    if (item >= this.#ends.length) return 0;
    const prefixes = this.#prefixes;
    const first = item === 0 ? 0 : (this.#ends[item - 1] ?? 0);
    const length = (this.#ends[item] ?? 0) - first;
    if (at + length > limit) return 0;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== prefixes[first + i]) return 0;
    let end = at + length;
    if (bytes[end - 1] === newline || end === limit) return end;
    while (end < limit && isBlank(bytes[end])) end++;
    return isDigit(bytes[end]) ? end : 0;
  }
}

class Plan<T> {
  readonly prefixes: Buffer[] = [];
  readonly slots: (number | undefined)[] = [];
  readonly columns: T[] = [];
  isCut = false;
  readonly #namer: FieldNamer<T>;
  readonly #seen = new Set<string>();

  constructor(namer: FieldNamer<T>) {
    this.#namer = namer;
  }

  addLines({ bytes, length }: Scratch, line: FieldLine): void {
    for (let at = 0; at < length; at = line.end + 1) {
      const kind = line.look(bytes, at, length);
      if (kind === 'heading') {
        this.#namer.heading(bytes.toString('latin1', at, line.end));
        // With its newline: one that only begins the same is another heading.
        this.#add(bytes.subarray(at, Math.min(line.end + 1, length)), undefined);
      } else if (kind === 'field') {
        const lead = bytes.toString('latin1', at, line.keyAt);
        const key = bytes.toString('latin1', line.keyAt, line.keyEnd);
        this.#add(bytes.subarray(at, line.keyEnd + 1), this.#slotOf(key, lead));
      }
    }
  }

  #add(prefix: Uint8Array, slot: number | undefined): void {
    this.prefixes.push(Buffer.from(prefix));
    this.slots.push(slot);
  }

  #slotOf(key: string, lead: string): number | undefined {
    const found = this.#namer.field(key, lead);
    if (found === undefined || this.#seen.has(found.id)) return undefined;
    if (this.columns.length === maxFields) {
      this.isCut = true;
      return undefined;
    }
    this.#seen.add(found.id);
    return this.columns.push(found.column) - 1;
  }
}
