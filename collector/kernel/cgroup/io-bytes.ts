import type { DecimalScanner } from '../decimal.ts';
import { hasMarkAt } from '../keyed-text.ts';
import type { Row } from '../row.ts';
import type { Scratch } from '../scratch.ts';
import type { FileDecoder } from './file-decoder.ts';

const two32 = 4_294_967_296;
const newline = 0x0a;

/** What stands before the bytes read and written in the line of a device. */
const marks = {
  /**
   * io.stat of a cgroup, v2; Documentation/admin-guide/cgroup-v2.rst:
   * `8:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0`
   */
  2: [' rbytes=', ' wbytes='],
  /**
   * blkio.throttle.io_service_bytes_recursive, v1; Documentation/admin-guide/cgroup-v1/blkio-controller.rst:
   * `8:0 Read 1459200`, `8:0 Write 314773504`, and after all devices `Total 316232704`. Since Linux 6.10 only devices
   * with a limit of blkio.throttle are there: without any, nothing is known.
   */
  1: [' Read ', ' Write '],
} as const;

/** Bytes read and written, added over all block devices: two slots. Without devices zeros on v2, absent on v1. */
export class IoBytesDecoder implements FileDecoder {
  readonly #sums: readonly DeviceSum[];
  readonly #version: 1 | 2;

  /** `version`: of the hierarchy. */
  constructor(version: 1 | 2) {
    this.#version = version;
    this.#sums = marks[version].map((mark) => new DeviceSum(mark));
  }

  decode({ bytes, length, decimal }: Scratch, row: Row, at: number): boolean {
    let whole = true;
    for (let i = 0; i < this.#sums.length; i++) {
      const sum = this.#sums[i];
      const isRight = sum?.scan(bytes, length, decimal) === true;
      if (sum !== undefined && isRight && (this.#version === 2 || sum.devices > 0)) {
        row.setWords(at + i, sum.low, sum.high);
      } else {
        row.clear(at + i, 1);
      }
      whole &&= isRight;
    }
    return whole;
  }
}

/** Adds the numbers behind a mark, which stands at most once in a line; exact to 2^64, without garbage. */
class DeviceSum {
  low = 0;
  high = 0;
  /** Lines with the mark. */
  devices = 0;
  readonly #mark: Uint8Array;

  constructor(mark: string) {
    this.#mark = Buffer.from(mark, 'latin1');
  }

  /** false: behind one of the marks is no number. */
  scan(text: Uint8Array, limit: number, decimal: DecimalScanner): boolean {
    this.low = 0;
    this.high = 0;
    this.devices = 0;
    for (let at = 0; at < limit; at++) {
      if (!hasMarkAt(text, at, limit, this.#mark)) continue;
      if (!decimal.scan(text, at + this.#mark.length, limit)) return false;
      this.devices++;
      const low = this.low + decimal.low;
      this.low = low >>> 0;
      this.high = (this.high + decimal.high + (low >= two32 ? 1 : 0)) >>> 0;
      at = decimal.end;
      while (at < limit && text[at] !== newline) at++;
    }
    return true;
  }
}
