import { errnoName, WcaError } from '../../shared/errors/wca-error.ts';

/**
 * What a failed system call on a kernel file means:
 * - `missing`: there is no such file (yet);
 * - `gone`: the object behind an open descriptor was removed;
 * - `denied`: a privilege is missing;
 * - `unsupported`: the file exists, the feature is switched off (PSI);
 * - `failed`: anything else.
 */
export type Failure = 'missing' | 'gone' | 'denied' | 'unsupported' | 'failed';

const failures: Readonly<Record<string, Failure>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  // A kept descriptor of a removed cgroup (ENODEV) or ended process (ESRCH).
  ENODEV: 'gone',
  ESRCH: 'gone',
  EACCES: 'denied',
  EPERM: 'denied',
  EOPNOTSUPP: 'unsupported',
  // The same number on Linux; libuv uses this name.
  ENOTSUP: 'unsupported',
};

/** Sorts the name of an error (`ENOENT`). */
export function classifyErrno(name: string): Failure {
  return failures[name] ?? 'failed';
}

/** The name of a thrown system error; `UNKNOWN` when the thrown thing is none. */
export function thrownErrno(thrown: unknown): string {
  return errnoName(thrown) ?? 'UNKNOWN';
}

/** The error to report for a system call that failed. `subject` says on what: `/kubepods/pod1 memory.stat`. */
export function systemError(subject: string, errno: string): WcaError {
  if (errno === 'EMFILE' || errno === 'ENFILE') {
    return new WcaError('FD_EXHAUSTED', {
      subject,
      errno,
      message: 'no file descriptor is left',
      remedy: 'raise LimitNOFILE= of the collector',
    });
  }
  switch (classifyErrno(errno)) {
    case 'missing':
    case 'gone':
      return new WcaError('CGROUP_GONE', { subject, errno, message: 'does not exist, or was removed' });
    case 'denied':
      return new WcaError('PERMISSION', {
        subject,
        errno,
        message: 'the kernel refuses to open or read it',
        remedy:
          'run the collector as root (or with CAP_DAC_READ_SEARCH), with the cgroup file systems mounted readable',
      });
    case 'unsupported':
      return new WcaError('FEATURE_ABSENT', { subject, errno, message: 'switched off in this kernel' });
    case 'failed':
      return new WcaError('KERNEL_REFUSED', { subject, errno, message: `reading failed with ${errno}` });
  }
}
