import { type ResctrlCalls, systemErrno } from './calls.ts';
import { groupFolder } from './placement.ts';
import { type NotMoved, TasksWriter } from './tasks-writer.ts';

/** The only place where WCA makes, changes and removes control groups, and moves threads between them. */
export class ControlGroupWriter {
  readonly #mountPoint: string;
  readonly #calls: ResctrlCalls;
  readonly #tasks: TasksWriter;

  constructor(mountPoint: string, calls: ResctrlCalls) {
    this.#mountPoint = mountPoint;
    this.#calls = calls;
    this.#tasks = new TasksWriter(calls);
  }

  /** undefined: made; else the error's name: EEXIST, ENOSPC (no CLOSID, or no RMID), EBUSY (RMIDs in limbo). */
  make(group: string): string | undefined {
    return this.#try(() => this.#calls.mkdir(this.#folder(group)));
  }

  /** Its threads and CPUs go to the root, its monitoring groups with it. undefined: removed; ENOENT: there was none. */
  remove(group: string): string | undefined {
    return this.#try(() => this.#calls.rmdir(this.#folder(group)));
  }

  /**
   * Writes one line of schemata, `L3:0=f;1=ff`, the root's for ''. undefined: done; else the error's name, ENOENT or
   * ENODEV when the group is gone. What a line does not name stays.
   */
  writeLine(group: string, line: string): string | undefined {
    const folder = group === '' ? this.#mountPoint : this.#folder(group);
    return this.#try(() => {
      const fd = this.#calls.open(`${folder}/schemata`);
      try {
        // Without the newline the kernel refuses it and does not say why.
        this.#calls.write(fd, `${line}\n`);
      } finally {
        this.#calls.close(fd);
      }
    });
  }

  /** TasksWriter.move into a control group, '' for the root: out of their monitoring groups as well. */
  move(
    group: string,
    ids: readonly number[],
    progress: { readonly from: number; readonly notMoved: NotMoved[] },
  ): number | 'gone' {
    return this.#tasks.move(group === '' ? this.#mountPoint : this.#folder(group), ids, progress);
  }

  #try(call: () => void): string | undefined {
    try {
      call();
      return undefined;
    } catch (thrown) {
      return systemErrno(thrown);
    }
  }

  #folder(group: string): string {
    if (group === '' || group.includes('/') || group === '.' || group === '..') {
      throw new RangeError(`not a control group: ${JSON.stringify(group)}`);
    }
    return groupFolder(this.#mountPoint, { control: group, monitoring: '' });
  }
}
