import { type ResctrlCalls, systemErrno } from './calls.ts';

/** A thread that was not moved, and why: ESRCH it has ended, EINVAL it is in another control group. */
export interface NotMoved {
  readonly id: number;
  readonly errno: string;
}

/** Ids in one write: well below a page, the kernel's bound. */
const idsPerWrite = 128;

/** Moves threads into groups, control and monitoring ones alike. */
export class TasksWriter {
  readonly #calls: ResctrlCalls;
  /** Whether a tasks file takes a list, `71,72` (6.7): undefined until one was tried. */
  #takesLists: boolean | undefined;

  constructor(calls: ResctrlCalls) {
    this.#calls = calls;
  }

  /**
   * Moves threads into the group of a folder, `ids` from `from` on, as many as one call may take; answers how many it dealt with,
   * those that it adds to `notMoved` included. `gone` when the group cannot be opened.
   */
  move(
    folder: string,
    ids: readonly number[],
    { from, notMoved }: { readonly from: number; readonly notMoved: NotMoved[] },
  ): number | 'gone' {
    const path = `${folder}/tasks`;
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
}
