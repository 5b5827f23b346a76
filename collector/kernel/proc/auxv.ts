import type { Reading } from '../../../shared/errors/wca-error.ts';
import { WcaError } from '../../../shared/errors/wca-error.ts';

const atNull = 0n;
const atPageSize = 6n;
const atClockTick = 17n;
const entryBytes = 16;

/** Units of this kernel. */
export interface SystemUnits {
  readonly pageSizeBytes: number;
  /** USER_HZ: unit of the times in /proc/stat. */
  readonly clockTicksPerSecond: number;
}

/**
 * /proc/self/auxv of a 64-bit little-endian process: pairs of words (type, value) up to type 0; include/uapi/linux/auxvec.h.
 * KERNEL_FORMAT when AT_PAGESZ or AT_CLKTCK is missing or out of range.
 */
export function parseAuxv(bytes: Uint8Array): Reading<SystemUnits> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Map<bigint, bigint>();
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const type = view.getBigUint64(at, true);
    if (type === atNull) break;
    values.set(type, view.getBigUint64(at + 8, true));
  }
  const pageSizeBytes = Number(values.get(atPageSize) ?? 0n);
  const clockTicksPerSecond = Number(values.get(atClockTick) ?? 0n);
  const isPageSize = pageSizeBytes >= 4096 && pageSizeBytes <= 2 ** 24 && Number.isInteger(Math.log2(pageSizeBytes));
  if (isPageSize && clockTicksPerSecond > 0 && clockTicksPerSecond <= 10_000) {
    return { ok: true, value: { pageSizeBytes, clockTicksPerSecond } };
  }
  const message = `page size ${pageSizeBytes}, clock ticks ${clockTicksPerSecond}: not those of a 64-bit little-endian process`;
  return { ok: false, error: new WcaError('KERNEL_FORMAT', { subject: 'self/auxv', message }) };
}
