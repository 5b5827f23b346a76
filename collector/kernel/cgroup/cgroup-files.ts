import type { Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { RetryPace } from '../retry-pace.ts';
import type { Row } from '../row.ts';
import { Scratch } from '../scratch.ts';
import { CgroupFile } from './cgroup-file.ts';
import { type CgroupDirectory, openCgroupDirectory } from './directory.ts';
import type { FilePart, FilePlan } from './file-table.ts';
import type { Hierarchy } from './layout.ts';

/** `gone`: the cgroup was removed from one of its hierarchies; open it again to learn whether anything is left. */
export type CgroupReading = 'measured' | 'gone';

export interface CgroupFilesOptions {
  readonly plan: FilePlan;
  /** Path of the cgroup, the same on all hierarchies. */
  readonly path: string;
  /** False: no descriptor between two readings; see KernelFileOptions.keepOpen. */
  readonly keepOpen: boolean;
  /** Shared by all readers of the process; one of its own when absent. */
  readonly scratch?: Scratch;
}

/** The part of a cgroup that is on one hierarchy. */
interface Part {
  readonly planned: FilePart;
  readonly pace: RetryPace;
  directory: CgroupDirectory | undefined;
  files: readonly CgroupFile[];
  /** Why it could not be opened, where that is a fault. */
  problem: WcaError | undefined;
}

/**
 * Everything that is read of one cgroup from cgroup files, on all its hierarchies. The cgroup exists as long as it
 * exists on any of them; where it does not, its columns are absent. A hierarchy or file that appears later (runtimes
 * make the hierarchies of v1 one after the other; v2 controllers are enabled at any time) is found by tries at readings
 * 1, 2, 4, ... 64, 128, ...
 */
export class CgroupFiles {
  readonly #options: CgroupFilesOptions;
  readonly #scratch: Scratch;
  readonly #parts: readonly Part[];
  readonly #primary: CgroupDirectory;
  #problems: readonly WcaError[] = [];

  /** Errors: INVALID_ARGUMENT (path), CGROUP_GONE (on no hierarchy), PERMISSION, FD_EXHAUSTED. */
  static open(options: CgroupFilesOptions): Reading<CgroupFiles> {
    const { plan } = options;
    const parts = plan.parts.map((planned) => unopened(planned));
    const opened: CgroupDirectory[] = [];
    let worst: WcaError | undefined;
    const take = (hierarchy: Hierarchy): Reading<CgroupDirectory> => {
      const directory = openCgroupDirectory(hierarchy, options.path);
      if (directory.ok) opened.push(directory.value);
      else if (worst === undefined || worst.code === 'CGROUP_GONE') worst = directory.error;
      return directory;
    };
    for (const part of parts) settlePart(part, take(part.planned.hierarchy), options);
    // A cgroup that is only where WCA reads nothing (freezer, name=systemd) exists all the same.
    for (const hierarchy of plan.layout.hierarchies) {
      if (opened.length > 0) break;
      if (parts.every((part) => part.planned.hierarchy !== hierarchy)) take(hierarchy);
    }
    const [primary] = opened;
    for (const directory of opened) directory.close();
    if (primary !== undefined) return { ok: true, value: new CgroupFiles(options, parts, primary) };
    if (worst === undefined) throw new RangeError('a layout without hierarchies');
    return { ok: false, error: worst };
  }

  private constructor(options: CgroupFilesOptions, parts: readonly Part[], primary: CgroupDirectory) {
    this.#options = options;
    this.#scratch = options.scratch ?? new Scratch();
    this.#parts = parts;
    this.#primary = primary;
    this.#collectProblems();
  }

  /** Inode of the cgroup on the first hierarchy it was found on: another one when the path is made again. */
  get generation(): bigint {
    return this.#primary.inode;
  }

  /** File descriptors held. */
  get descriptors(): number {
    let count = 0;
    for (const { files } of this.#parts) for (const file of files) if (file.isOpen) count++;
    return count;
  }

  /** Files that cannot be read though they are there. The same array, with the same errors, as long as nothing changes. */
  get problems(): readonly WcaError[] {
    return this.#problems;
  }

  /**
   * Reads everything into the slots of `cgroupColumns`, which begin at `at`. With `costly` false memory.stat and
   * memory.numa_stat keep their last values, unless they have none yet. After `gone` the slots hold the last reading.
   */
  readInto(row: Row, at: number, costly: boolean): CgroupReading {
    try {
      return this.#read(row, at, costly);
    } finally {
      this.#release();
    }
  }

  /** Directories are opened where a file has to be, and given back before the reading ends. */
  #release(): void {
    for (const { directory } of this.#parts) directory?.close();
    this.#primary.close();
  }

  #read(row: Row, at: number, costly: boolean): CgroupReading {
    let problemsChanged = false;
    let primaryRead = false;
    for (const part of this.#parts) {
      if (part.directory === undefined && part.pace.isDue()) this.#openLate(part);
      if (part.directory === undefined) continue;
      let read = false;
      for (const file of part.files) {
        if (file.costly && !costly && !file.isUnread) continue;
        const before = file.problem;
        const state = file.read(this.#scratch, row, at);
        if (state === 'gone') return 'gone';
        if (state === 'read') read = true;
        if (file.problem !== before) problemsChanged = true;
      }
      if (read && part.directory === this.#primary) primaryRead = true;
    }
    if (problemsChanged) this.#collectProblems();
    return primaryRead || this.#primary.isAlive() ? 'measured' : 'gone';
  }

  #openLate(part: Part): void {
    const before = part.problem;
    settlePart(part, openCgroupDirectory(part.planned.hierarchy, this.#options.path), this.#options);
    if (part.problem?.code !== before?.code) this.#collectProblems();
  }

  #collectProblems(): void {
    this.#problems = this.#parts.flatMap(({ problem, files }) => [
      ...(problem === undefined ? [] : [problem]),
      ...files.flatMap((file) => file.problem ?? []),
    ]);
  }

  /** Idempotent. */
  close(): void {
    for (const { files } of this.#parts) for (const file of files) file.close();
    this.#release();
  }
}

function unopened(planned: FilePart): Part {
  return { planned, pace: new RetryPace(), directory: undefined, files: [], problem: undefined };
}

function settlePart(part: Part, opened: Reading<CgroupDirectory>, options: CgroupFilesOptions): void {
  if (!opened.ok) {
    part.pace.back();
    part.problem = opened.error.code === 'CGROUP_GONE' ? undefined : opened.error;
    return;
  }
  const directory = opened.value;
  const { keepOpen, plan } = options;
  part.directory = directory;
  part.problem = undefined;
  part.files = part.planned.rows.map(
    ({ row, offset }) => new CgroupFile(row, offset, { directory, keepOpen, facts: plan.facts }),
  );
}
