import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type Reading, WcaError } from '../../shared/errors/wca-error.ts';
import { classifyErrno, type Failure, systemError, thrownErrno } from './errno.ts';
import type { Scratch } from './scratch.ts';

/** The outcome of a reading; `read` means that the scratch holds the text. */
export type FileState = 'read' | Failure;

export interface KernelFileOptions {
  /**
   * Absolute; the last component is not followed. For a file of a cgroup a function that is asked whenever the file is
   * to be opened: below `/proc/self/fd/<directory>/`. It throws when the cgroup is gone.
   */
  readonly path: string | (() => string);
  /** What errors call it: `/kubepods/pod1 memory.stat`. */
  readonly subject: string | (() => string);
  /** False: opened and closed for each reading, which takes three to four times as long and no descriptor. */
  readonly keepOpen: boolean;
  /**
   * True for files that the kernel hands out in pieces of about 4 kB however large the buffer is (cgroup.procs,
   * /proc/vmstat, /proc/cpuinfo): read until the kernel says 0. False, the default, for files of one record, which come
   * whole in one read.
   */
  readonly pieces?: boolean;
}

/**
 * One kernel file, read from its beginning again and again. Opened at the first reading. A failed reading closes it:
 * the next one opens it anew.
 */
export class KernelFile {
  readonly #options: KernelFileOptions;
  #fd: number | undefined;
  #errno = '';

  constructor(options: KernelFileOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#fd !== undefined;
  }

  /** Opens a file that is to be kept open, before the first reading. A failure shows when it is read. */
  open(): void {
    if (!this.#options.keepOpen || this.#fd !== undefined) return;
    try {
      this.#fd = this.#open();
    } catch {
      // The reading tries again and tells.
    }
  }

  #open(): number {
    const { path } = this.#options;
    return openSync(typeof path === 'string' ? path : path(), constants.O_RDONLY | constants.O_NOFOLLOW);
  }

  /** Reads the whole file into the scratch. Never throws; makes no garbage when it succeeds on an open file. */
  read(scratch: Scratch): FileState {
    scratch.length = 0;
    try {
      this.#fd ??= this.#open();
      if (!this.#fill(this.#fd, scratch)) {
        this.#errno = 'EFBIG';
        this.close();
        return 'failed';
      }
    } catch (thrown) {
      this.#errno = thrownErrno(thrown);
      this.close();
      return classifyErrno(this.#errno);
    }
    if (!this.#options.keepOpen) this.close();
    return 'read';
  }

  /** False when the file is longer than a scratch may be. */
  #fill(fd: number, scratch: Scratch): boolean {
    for (;;) {
      const room = scratch.bytes.length - scratch.length;
      const got = readSync(fd, scratch.bytes, scratch.length, room, scratch.length);
      scratch.length += got;
      if (got === 0 || (got < room && this.#options.pieces !== true)) return true;
      if (scratch.length === scratch.bytes.length && !scratch.grow()) return false;
    }
  }

  /** The error of the last reading that failed. */
  error(): WcaError {
    const { subject } = this.#options;
    return systemError(typeof subject === 'string' ? subject : subject(), this.#errno);
  }

  /** Idempotent. */
  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      closeSync(fd);
    } catch {
      // close(2) frees the descriptor whatever it returns.
    }
  }
}

/** Reads a file outside the cgroup trees once, as text: for facts taken at start. A missing one is FEATURE_ABSENT. */
export function readKernelText(path: string, scratch: Scratch): Reading<string> {
  const file = new KernelFile({ path, subject: path, keepOpen: false, pieces: true });
  const state = file.read(scratch);
  if (state === 'read') return { ok: true, value: scratch.text() };
  if (state !== 'missing') return { ok: false, error: file.error() };
  const message = 'this kernel, or this mount, has no such file';
  return { ok: false, error: new WcaError('FEATURE_ABSENT', { subject: path, errno: 'ENOENT', message }) };
}
