import { errorCodes } from '../../shared/errors/codes.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';

/** What wca-ctl's exit status says; part of its interface, listed in `wca-ctl --help`. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, down: 3, denied: 4 } as const;

/** The lines of `wca-ctl --help` that explain the exit status. */
export const exitCodeHelp = [
  'Exit status:',
  '  0  done',
  '  1  failed, or what was checked is invalid',
  '  2  wrong usage',
  '  3  a process is down, or the host lacks a feature',
  '  4  access denied',
  ' 70  a bug in WCA',
].join('\n');

/** Exit status of a command that ends with this error. */
export function exitCodeOf(error: WcaError): number {
  return errorCodes[error.code].exit;
}
