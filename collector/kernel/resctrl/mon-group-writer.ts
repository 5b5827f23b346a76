import { closeSync, constants, mkdirSync, openSync, rmdirSync, writeSync } from 'node:fs';
import { thrownErrno } from '../errno.ts';
import { isOwnName } from './group-name.ts';
import { groupFolder, type Placement } from './placement.ts';

/** The system calls that change resctrl; each throws what node:fs throws. */
export interface ResctrlCalls {
  mkdir(path: string): void;
  rmdir(path: string): void;
  /** For writing. */
  open(path: string): number;
  write(fd: number, text: string): void;
  close(fd: number): void;
}

export const kernelCalls: ResctrlCalls = {
  mkdir: (path) => {
    mkdirSync(path);
  },
  rmdir: (path) => {
    rmdirSync(path);
  },
  open: (path) => openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW),
  write: (fd, text) => {
    writeSync(fd, text);
  },
  close: (fd) => {
    closeSync(fd);
  },
};

/**
 * - `made`; `exists`: there was one of this name;
 * - `busy`: EBUSY, RMIDs are free but their old lines are still in the cache;
 * - `full`: ENOSPC, no RMID is free;
 * - `gone`: the control group is not there (any more);
 * - `refused`: anything else; `errno` tells.
 */
interface MakeOutcome {
  readonly state: 'made' | 'exists' | 'busy' | 'full' | 'gone' | 'refused';
  readonly errno: string;
}

const makeStates: Readonly<Record<string, MakeOutcome['state']>> = {
  EEXIST: 'exists',
  EBUSY: 'busy',
  ENOSPC: 'full',
  ENOENT: 'gone',
};

/** A thread that was not moved, and why: ESRCH it has ended, EINVAL it is in another control group. */
export interface NotMoved {
  readonly id: number;
  readonly errno: string;
}

/** Ids in one write: well below a page, the kernel's bound. */
const idsPerWrite = 128;

/**
 * The only place where WCA writes to resctrl for monitoring: makes and removes monitoring groups with its own prefix
 * and moves threads into them. A group of another name throws a RangeError before anything is done.
 */
export class MonGroupWriter {
  readonly #mountPoint: string;
  readonly #calls: ResctrlCalls;
  /** Whether a tasks file takes a list, `71,72` (6.7): undefined until one was tried. */
  #takesLists: boolean | undefined;
  #changes = 0;

  constructor(mountPoint: string, calls: ResctrlCalls) {
    this.#mountPoint = mountPoint;
    this.#calls = calls;
  }

  /** Groups made and removed so far. */
  get changes(): number {
    return this.#changes;
  }

  make(group: Placement): MakeOutcome {
    try {
      this.#calls.mkdir(this.#folder(group));
      this.#changes += 1;
      return { state: 'made', errno: '' };
    } catch (thrown) {
      const errno = systemErrno(thrown);
      return { state: makeStates[errno] ?? 'refused', errno };
    }
  }

  /** Its threads go back to the control group. The error's name when the kernel refuses; a group that is gone is none. */
  remove(group: Placement): string | undefined {
    try {
      this.#calls.rmdir(this.#folder(group));
      this.#changes += 1;
      return undefined;
    } catch (thrown) {
      const errno = systemErrno(thrown);
      return errno === 'ENOENT' ? undefined : errno;
    }
  }

  /**
   * Moves threads into the group, `ids` from `from` on, as many as one call may take; answers how many it dealt with,
   * those that it adds to `notMoved` included. `gone` when the group cannot be opened.
   */
  move(
    group: Placement,
    ids: readonly number[],
    { from, notMoved }: { readonly from: number; readonly notMoved: NotMoved[] },
  ): number | 'gone' {
    const path = `${this.#folder(group)}/tasks`;
    let fd: number;
    try {
      fd = this.#calls.open(path);
    } catch (thrown) {
      const errno = systemErrno(thrown);
      if (errno === 'ENOENT' || errno === 'ENODEV') return 'gone';
      for (const id of ids.slice(from)) notMoved.push({ id, errno });
      return ids.length - from;
    }
    try {
      return this.#moveOpen(fd, ids.slice(from, from + idsPerWrite), notMoved);
    } finally {
      this.#calls.close(fd);
    }
  }

  #moveOpen(fd: number, ids: readonly number[], notMoved: NotMoved[]): number | 'gone' {
    const asList = ids.length > 1 && this.#takesLists !== false;
    if (asList && this.#tryWrite(fd, ids.join(',')) === undefined) {
      this.#takesLists = true;
      return ids.length;
    }
    // A list ends at the first id that fails; one by one tells which.
    let failed = 0;
    for (const id of ids) {
      const errno = this.#tryWrite(fd, String(id));
      if (errno === undefined) continue;
      if (errno === 'ENODEV') return 'gone';
      failed += 1;
      notMoved.push({ id, errno });
    }
    if (asList && failed === 0) this.#takesLists ??= false;
    return ids.length;
  }

  #tryWrite(fd: number, text: string): string | undefined {
    try {
      this.#calls.write(fd, `${text}\n`);
      return undefined;
    } catch (thrown) {
      return systemErrno(thrown);
    }
  }

  #folder(group: Placement): string {
    const { control, monitoring } = group;
    const isSegment = !monitoring.includes('/') && !control.includes('/') && control !== '.' && control !== '..';
    if (!isOwnName(monitoring) || !isSegment) {
      throw new RangeError(`not a monitoring group of WCA: ${JSON.stringify(group)}`);
    }
    return groupFolder(this.#mountPoint, group);
  }
}

/** Name of the system call's error; anything else that was thrown is a bug and goes on. */
function systemErrno(thrown: unknown): string {
  const errno = thrownErrno(thrown);
  if (errno === 'UNKNOWN') throw thrown;
  return errno;
}
