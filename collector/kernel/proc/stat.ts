import { nextLine } from '../decimal.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';

/** user nice system idle iowait irq softirq steal: whether the field is busy time. Guest time is in user and nice. */
const busyFields = [true, true, true, false, false, true, true, true];

/**
 * Busy clock ticks of each CPU from /proc/stat (Documentation/filesystems/proc.rst §1.7), unit 1/USER_HZ s:
 * `cpu0 100 1 60 4500 20 0 6 3 0 0` is 170. Offline CPUs have no line.
 */
export class CpuTicksDecoder {
  readonly #slots: ReadonlyMap<number, number>;

  /** @param cpuIds the CPUs to tell, one slot each in this order. */
  constructor(cpuIds: readonly number[]) {
    this.#slots = new Map(cpuIds.map((id, slot) => [id, slot]));
  }

  /** Fills the slots from `at` on; a CPU without a line, or with a broken one (answer false), is absent. */
  decode(scratch: Scratch, row: Row, at: number): boolean {
    const { bytes, length, decimal } = scratch;
    row.clear(at, this.#slots.size);
    let whole = true;
    for (let line = 0; isCpuLine(bytes, line, length); line = nextLine(bytes, line, length)) {
      // The first line, `cpu  `, is the sum over all CPUs.
      if (bytes[line + 3] === 0x20) continue;
      if (!decimal.scan(bytes, line + 3, length)) return false;
      const slot = this.#slots.get(decimal.value);
      if (slot !== undefined && !sumBusy(scratch, decimal.end, row, at + slot)) whole = false;
    }
    return whole;
  }
}

/**
 * Clock ticks that the hypervisor gave to others, over all CPUs: field 8 of the first line of /proc/stat, unit
 * 1/USER_HZ s: `cpu  200 2 120 9000 40 0 12 6 0 0` is 6.
 */
export class StealDecoder {
  /** Fills the slot `at`; a broken line (answer false) leaves it absent. */
  decode({ bytes, length, decimal }: Scratch, row: Row, at: number): boolean {
    row.clear(at, 1);
    if (!isCpuLine(bytes, 0, length) || bytes[3] !== 0x20) return false;
    let from = 3;
    for (let i = 0; i < busyFields.length; i++) {
      if (!decimal.scan(bytes, from, length)) return false;
      from = decimal.end;
    }
    row.setInteger(at, decimal.value);
    return true;
  }
}

/** Adds the busy fields; their sum stays below 2^53 ticks for three million years. */
function sumBusy({ bytes, length, decimal }: Scratch, from: number, row: Row, slot: number): boolean {
  let ticks = 0;
  let at = from;
  for (let i = 0; i < busyFields.length; i++) {
    if (!decimal.scan(bytes, at, length)) return false;
    if (busyFields[i] === true) ticks += decimal.value;
    at = decimal.end;
  }
  row.setInteger(slot, ticks);
  return true;
}

function isCpuLine(text: Uint8Array, at: number, limit: number): boolean {
  return at + 4 <= limit && text[at] === 0x63 && text[at + 1] === 0x70 && text[at + 2] === 0x75;
}
