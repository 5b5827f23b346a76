import { WcaError } from '../../../shared/errors/wca-error.ts';
import { knobName } from '../knob.ts';

/** What went wrong with resctrl, in words for the operator. */

const shownNames = 6;

/** A file of resctrl refuses a write. `detail` is info/last_cmd_status. */
export function writeRefused(subject: string, errno: string, detail?: string): WcaError {
  if (errno === 'EPERM' || errno === 'EACCES') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: `the collector may not write to resctrl: ${errno}`,
      remedy: 'run the collector as root with CAP_DAC_OVERRIDE: the kernel lets nobody else move the threads of others',
    });
  }
  if (errno === 'EROFS') {
    return new WcaError('PERMISSION', {
      subject,
      errno,
      message: 'resctrl is read-only for the collector',
      remedy: 'add it to ReadWritePaths= of the unit; in a container, give it the folder writable',
    });
  }
  const words = detail === undefined ? '' : `: ${detail}`;
  return new WcaError('KERNEL_REFUSED', { subject, errno, message: `the kernel refuses it with ${errno}${words}` });
}

/** The control group is not there (any more). */
export function groupGone(group: string): WcaError {
  const subject = knobName({ kind: 'rdt-group', group });
  return new WcaError('CGROUP_GONE', { subject, errno: 'ENOENT', message: 'there is no such control group' });
}

export interface ClosidUse {
  readonly numClosids: number;
  /** Control groups without the root. */
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

/** No control group can be made any more. */
export function closidsExhausted(subject: string, { numClosids, own, foreign }: ClosidUse): WcaError {
  const parts = ['1 is the root', describe(own, 'of WCA'), describe(foreign, 'of others')].filter(
    (part) => part !== '',
  );
  return new WcaError('CLOSID_EXHAUSTED', {
    subject,
    message: `no control group is left of ${numClosids}: ${parts.join(', ')}`,
    remedy: 'let targets share a group (rdt.name), or remove groups that nobody needs',
  });
}

function describe(names: readonly string[], whose: string): string {
  if (names.length === 0) return '';
  const shown = [...names].sort().slice(0, shownNames);
  const more = names.length > shown.length ? ', ...' : '';
  return `${names.length} ${whose} (${shown.join(', ')}${more})`;
}

/** The kernel makes no control group because it has no RMID for it. */
export function noRmidLeft(subject: string, errno: string): WcaError {
  const message =
    errno === 'EBUSY'
      ? 'every free RMID still has lines in the cache; the kernel frees them within seconds'
      : 'no RMID is left: each group, monitoring ones included, needs one';
  const remedy = errno === 'EBUSY' ? 'try again' : 'watch fewer targets with rdt, or remove monitoring groups';
  return new WcaError('LIMIT_REACHED', { subject, errno, message, remedy });
}
