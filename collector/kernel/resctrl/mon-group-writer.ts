import { type ResctrlCalls, systemErrno } from './calls.ts';
import { isOwnName } from './group-name.ts';
import { groupFolder, type Placement } from './placement.ts';
import { type NotMoved, TasksWriter } from './tasks-writer.ts';

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

/**
 * The only place where WCA writes to resctrl for monitoring: makes and removes monitoring groups with its own prefix
 * and moves threads into them. A group of another name throws a RangeError before anything is done.
 */
export class MonGroupWriter {
  readonly #mountPoint: string;
  readonly #calls: ResctrlCalls;
  readonly #tasks: TasksWriter;
  #changes = 0;

  constructor(mountPoint: string, calls: ResctrlCalls) {
    this.#mountPoint = mountPoint;
    this.#calls = calls;
    this.#tasks = new TasksWriter(calls);
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

  /** TasksWriter.move into one of these groups. */
  move(
    group: Placement,
    ids: readonly number[],
    progress: { readonly from: number; readonly notMoved: NotMoved[] },
  ): number | 'gone' {
    return this.#tasks.move(this.#folder(group), ids, progress);
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
