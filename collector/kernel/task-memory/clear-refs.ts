import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { systemError, thrownErrno } from '../errno.ts';
import type { KernelRoots } from '../roots.ts';

/** Clears the referenced bits of all pages that a process has mapped; Documentation/filesystems/proc.rst. */
const clearAll = '1\n';
const gone: readonly string[] = ['ENOENT', 'ENOTDIR', 'ESRCH'];

/**
 * The only writer of /proc/PID/clear_refs. The CPU sets the bit of a page again at the next access that its TLB does not
 * hold, and clearing empties the TLB: each process pays for it. Off unless the operator of the host allows it.
 */
export class ClearRefs {
  readonly #roots: KernelRoots;
  readonly #allowed: boolean;

  /** @param allowed the collector's policy: without it nothing is ever written. */
  constructor(roots: KernelRoots, allowed: boolean) {
    this.#roots = roots;
    this.#allowed = allowed;
  }

  /**
   * Clears the bits of one process; one that ended meanwhile is no error. In the thread pool, as it waits for the
   * process's mmap lock.
   * @param subject whose process it is: `/kubepods/pod1`
   * @returns why it could not
   */
  async clear(pid: number, subject: string): Promise<WcaError | undefined> {
    const name = `${subject} clear_refs`;
    if (!this.#allowed) {
      return new WcaError('PERMISSION', { subject: name, message: 'the policy of the collector does not allow it' });
    }
    try {
      const path = join(this.#roots.procfs, `${pid}`, 'clear_refs');
      const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
      try {
        await file.write(clearAll);
      } finally {
        await file.close();
      }
      return undefined;
    } catch (thrown) {
      const errno = thrownErrno(thrown);
      return gone.includes(errno) ? undefined : refusal(name, errno);
    }
  }
}

function refusal(subject: string, errno: string): WcaError {
  if (errno !== 'EACCES' && errno !== 'EPERM' && errno !== 'EROFS') return systemError(subject, errno);
  return new WcaError('PERMISSION', {
    subject,
    errno,
    message: 'the kernel refuses to clear the referenced bits of its processes',
    remedy: 'run the collector as root or with CAP_DAC_OVERRIDE, with a writable /proc',
  });
}
