import { join } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import type { CgroupMembers } from '../../kernel/cgroup/members.ts';
import { KernelFile } from '../../kernel/kernel-file.ts';
import type { SchedTotals } from '../../kernel/proc/sched.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Row } from '../../kernel/row.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { MeasuredTarget, TargetReading } from '../ports.ts';
import type { Turns } from './background-round.ts';

/** Threads of one target: more are not read. */
const maxThreads = 20_000;

export interface SchedReadingParts {
  readonly roots: KernelRoots;
  readonly members: Pick<CgroupMembers, 'read'>;
  /** One target after the other uses it. */
  readonly totals: SchedTotals;
  readonly width: number;
  readonly scratch: Scratch;
  readonly onClosed: (reading: SchedReading) => void;
}

/** Scheduler statistics of one target: of all threads of all its containers. */
export class SchedReading implements TargetReading {
  readonly row: Row;
  readonly #target: MeasuredTarget;
  readonly #parts: SchedReadingParts;
  #problems: readonly WcaError[] = [];
  #isClosed = false;

  constructor(target: MeasuredTarget, parts: SchedReadingParts) {
    this.#target = target;
    this.#parts = parts;
    this.row = new Row(parts.width);
  }

  /** The same array as long as nothing changes. */
  get problems(): readonly WcaError[] {
    return this.#problems;
  }

  /** The row is written by the background round. */
  read(): void {}

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.onClosed(this);
  }

  /** Reads all threads. The row changes at the end, all of it at once. */
  async measure(turns: Turns): Promise<void> {
    const { members, totals } = this.#parts;
    const threads = members.read(this.#target.cgroups, 'threads');
    let problem = threads.size > maxThreads ? tooMany(this.#target.path, threads.size) : undefined;
    totals.clear();
    for (const thread of problem === undefined ? threads : []) {
      if (!(await turns.next()) || this.#isClosed) return;
      problem = this.#readThread(thread);
      if (problem !== undefined) break;
    }
    // A part of the threads is not the target.
    if (problem === undefined) totals.writeInto(this.row, 0);
    else this.row.clear(0, this.row.width);
    this.#tell(problem);
  }

  /** A thread that ended meanwhile is no problem. */
  #readThread(thread: number): WcaError | undefined {
    const { roots, scratch, totals } = this.#parts;
    const path = join(roots.procfs, `${thread}`, 'sched');
    const subject = `${this.#target.path} sched`;
    const file = new KernelFile({ path, subject, keepOpen: false });
    const state = file.read(scratch);
    if (state === 'missing' || state === 'gone') return undefined;
    if (state !== 'read') return file.error();
    return totals.add(scratch) ? undefined : broken(subject, scratch);
  }

  /** Keeps what was told while it is of the same kind. */
  #tell(problem: WcaError | undefined): void {
    const [told] = this.#problems;
    if (problem?.code === told?.code && problem?.errno === told?.errno) return;
    this.#problems = problem === undefined ? [] : [problem];
  }
}

function tooMany(path: string, count: number): WcaError {
  return new WcaError('LIMIT_REACHED', {
    subject: `${path} sched`,
    message: `${count} threads; scheduler statistics of at most ${maxThreads} are read`,
    remedy: 'measure the cgroups below it instead',
  });
}

function broken(subject: string, scratch: Scratch): WcaError {
  const message = `/proc/TID/sched is not what it should be: ${JSON.stringify(scratch.text().slice(0, 200))}`;
  return new WcaError('KERNEL_FORMAT', { subject, message });
}
