import { WcaError } from '../../../shared/errors/wca-error.ts';

/**
 * What read(2) of a leader returns with PERF_FORMAT_GROUP | ID | TOTAL_TIME_ENABLED | TOTAL_TIME_RUNNING;
 * perf_event_open(2), "Reading results": u64 nr, time_enabled, time_running, then {value, id} nr times. Little-endian
 * words of 32 bits here: a 64-bit word is a pair (low, high).
 */

/** Offsets in 32-bit words. */
export const enabledWord = 2;
export const runningWord = 4;
const firstValueWord = 6;
const wordsPerEvent = 4;

/** Bytes of a group of `events`. */
export function groupReadBytes(events: number): number {
  return 4 * (firstValueWord + wordsPerEvent * events);
}

/** Offset of the value of event `i`, in 32-bit words. */
export function valueWord(i: number): number {
  return firstValueWord + wordsPerEvent * i;
}

/** Whether `words` holds exactly `events` values in `bytes` bytes. */
export function isGroupRead(words: Uint32Array, bytes: number, events: number): boolean {
  return bytes === groupReadBytes(events) && words[0] === events && words[1] === 0;
}

/** KERNEL_FORMAT about a reading that `isGroupRead` refused, with the beginning of what came. */
export function malformedRead(words: Uint32Array, bytes: number, events: number): WcaError {
  const shown = Buffer.from(words.buffer, words.byteOffset, Math.min(bytes, 64, words.byteLength)).toString('hex');
  return new WcaError('KERNEL_FORMAT', {
    subject: 'perf group read',
    message: `expected ${events} events in ${groupReadBytes(events)} bytes, got ${bytes} bytes: ${shown}`,
  });
}
