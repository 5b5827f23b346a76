import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { systemError, thrownErrno } from '../errno.ts';
import type { KernelRoots } from '../roots.ts';
import { type MemoryMap, memoryRefused } from './probe.ts';
import { ReferencedSum } from './referenced-sum.ts';

const bufferBytes = 64 * 1024;
/** smaps of a process with a million mappings is below this; the kernel's default bound is 65530. */
const maxBytes = 1024 * 1024 * 1024;
const gone: readonly string[] = ['ENOENT', 'ENOTDIR', 'ESRCH'];

/**
 * Memory that processes have referenced since their referenced bits were last cleared, by /proc/PID/smaps_rollup or
 * smaps. The kernel walks the page tables of the whole process for it, with its mmap lock held: in the thread pool, one
 * process at a time.
 */
export class ReferencedMemory {
  readonly #roots: KernelRoots;
  readonly #map: MemoryMap;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);

  constructor(roots: KernelRoots, map: MemoryMap) {
    this.#roots = roots;
    this.#map = map;
  }

  /**
   * KiB; 0 of a process that ended meanwhile and of a kernel thread. Not to be called again before it answered.
   * @param subject whose process it is: `/kubepods/pod1`
   */
  async read(pid: number, subject: string): Promise<Reading<number>> {
    const sum = new ReferencedSum();
    try {
      if (!(await this.#readInto(sum, pid)))
        return { ok: false, error: systemError(`${subject} ${this.#map}`, 'EFBIG') };
    } catch (thrown) {
      const errno = thrownErrno(thrown);
      if (gone.includes(errno)) return { ok: true, value: 0 };
      return { ok: false, error: refusal(`${subject} ${this.#map}`, errno) };
    }
    if (sum.isWhole) return { ok: true, value: sum.kibibytes };
    const message = `/proc/${pid}/${this.#map} has no whole line like "Referenced:  8 kB"`;
    return { ok: false, error: new WcaError('KERNEL_FORMAT', { subject: `${subject} ${this.#map}`, message }) };
  }

  /** False when the file is longer than a file may be. */
  async #readInto(sum: ReferencedSum, pid: number): Promise<boolean> {
    const path = join(this.#roots.procfs, `${pid}`, this.#map);
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      for (let total = 0; total < maxBytes; ) {
        const { bytesRead } = await file.read(this.#buffer, 0, bufferBytes, null);
        sum.add(this.#buffer, bytesRead);
        total += bytesRead;
        // One record comes whole.
        if (bytesRead === 0 || (this.#map === 'smaps_rollup' && bytesRead < bufferBytes)) return true;
      }
      return false;
    } finally {
      await file.close();
    }
  }
}

function refusal(subject: string, errno: string): WcaError {
  return errno === 'EACCES' || errno === 'EPERM' ? memoryRefused(subject, errno) : systemError(subject, errno);
}
