import { join } from 'node:path';
import { readKernelText } from '../../kernel-file.ts';
import type { Scratch } from '../../scratch.ts';
import type { UncorePmu } from './pmus.ts';

/** Bits of perf_event_attr.config that a field takes, from its lowest on: [first, last] each. */
type BitRanges = readonly (readonly [first: number, last: number])[];

/** Where `event` and `umask` of a PMU go. */
export interface EventFormat {
  readonly event: BitRanges;
  readonly umask: BitRanges;
}

/** What the original assumes: config = event | umask << 8. */
const plain: EventFormat = { event: [[0, 7]], umask: [[8, 15]] };

/**
 * A file of `<pmu>/format/`: `config:8-15,32-63` (the umask of an Intel caching agent), `config:21`. Undefined for another
 * word than `config` and for anything else.
 */
export function parseFormat(text: string): BitRanges | undefined {
  const [, list] = /^config:([0-9,-]{1,200})\n?$/.exec(text) ?? [];
  if (list === undefined) return undefined;
  const ranges: (readonly [number, number])[] = [];
  for (const part of list.split(',')) {
    const [, first = '', last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(part) ?? [];
    if (first === '' || Number(last) < Number(first) || Number(last) > 63) return undefined;
    ranges.push([Number(first), Number(last)]);
  }
  return ranges.sort(([a], [b]) => a - b);
}

/** Spreads a value over the bits of a field; undefined when it has more bits than the field. */
export function placeBits(value: bigint, ranges: BitRanges): bigint | undefined {
  let rest = value;
  let word = 0n;
  for (const [first, last] of ranges) {
    const width = BigInt(last - first + 1);
    word |= (rest & ((1n << width) - 1n)) << BigInt(first);
    rest >>= width;
  }
  return rest === 0n ? word : undefined;
}

/**
 * The format of a PMU's events. A file that is absent or strange leaves the plain one: AMD's memory controllers have no
 * umask, and their `rdwrmask` is where it would be.
 */
export function readEventFormat({ folder }: UncorePmu, scratch: Scratch): EventFormat {
  const read = (name: string): BitRanges | undefined => {
    const text = readKernelText(join(folder, 'format', name), scratch);
    return text.ok ? parseFormat(text.value) : undefined;
  };
  return { event: read('event') ?? plain.event, umask: read('umask') ?? plain.umask };
}
