import { LineFinder } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import type { FileDecoder } from './file-decoder.ts';

const zero = 0x30;
const point = 0x2e;
const equals = 0x3d;
const newline = 0x0a;
const space = 0x20;

/** Order of the kinds in the slots of one resource: each takes two, the average (f64, 0 to 1) and the total (u64, µs). */
export const psiKinds = ['some', 'full'] as const;

/**
 * cpu.pressure, memory.pressure, io.pressure of a cgroup (4.20); Documentation/accounting/psi.rst. `full` of cpu exists
 * since 5.13.
 *
 * ```
 * some avg10=1.25 avg60=0.40 avg300=0.10 total=7350021
 * full avg10=0.00 avg60=0.00 avg300=0.00 total=120455
 * ```
 */
export class PsiDecoder implements FileDecoder {
  readonly #averages = psiKinds.map((kind) => new LineFinder(`${kind} avg10=`));

  decode(scratch: Scratch, row: Row, at: number): boolean {
    let whole = true;
    for (let i = 0; i < this.#averages.length; i++) {
      row.clear(at + 2 * i, 2);
      const average = this.#averages[i]?.find(scratch.bytes, scratch.length);
      if (average !== undefined && !decodeLine(scratch, average, row, at + 2 * i)) whole = false;
    }
    return whole;
  }
}

function decodeLine(scratch: Scratch, average: number, row: Row, at: number): boolean {
  const { bytes, length, decimal } = scratch;
  const percent = scanPercent(bytes, average, length);
  // `total=` is the last field of its line: the last `=` before the line's end.
  let total: number | undefined;
  for (let i = average; i < length && bytes[i] !== newline; i++) if (bytes[i] === equals) total = i + 1;
  if (percent === undefined || total === undefined || bytes[total] === space) return false;
  if (!decimal.scanInto(bytes, total, length, row, at + 1)) return false;
  row.setDouble(at, percent / 100);
  return true;
}

/** `1.25`: whole per cent and exactly two decimals, as the kernel prints (LOAD_INT, LOAD_FRAC). */
function scanPercent(text: Uint8Array, from: number, limit: number): number | undefined {
  let hundredths = 0;
  let at = from;
  for (; at < limit && text[at] !== point; at++) {
    const digit = (text[at] ?? 0) - zero;
    if (digit < 0 || digit > 9 || at - from > 3) return undefined;
    hundredths = hundredths * 10 + digit;
  }
  if (at === from || at + 3 > limit) return undefined;
  for (const end = at + 3; ++at < end; ) {
    const digit = (text[at] ?? 0) - zero;
    if (digit < 0 || digit > 9) return undefined;
    hundredths = hundredths * 10 + digit;
  }
  return hundredths / 100;
}
