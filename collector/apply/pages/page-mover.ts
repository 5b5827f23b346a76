import type { MigrationProgress, ValueOf } from '../../../shared/allocation/values.ts';
import { type Reading, toWcaError, WcaError } from '../../../shared/errors/wca-error.ts';
import { limits } from '../../../shared/rpc/limits.ts';
import { encodeNodeMask } from '../../kernel/numa/page-ranges.ts';
import type { AllocationTarget, PageMover } from '../ports.ts';
import { ProcessPages, type ProcessPagesParts, refusal } from './process-pages.ts';

export interface HostPageMoverParts extends ProcessPagesParts {
  /** Nodes with memory, ascending. */
  readonly readNodes: () => readonly number[];
  readonly isSwapOn: () => boolean;
  /** Processes in cgroups and below. */
  readonly readProcesses: (paths: readonly string[]) => ReadonlySet<number>;
  /** Which cgroup is under a path; undefined when there is none. */
  readonly readIdentity: (path: string) => bigint | undefined;
  readonly onTrouble: (error: WcaError) => void;
}

type Wish = ValueOf<'migrate_pages'>;

/** A migration, waiting, going on or done. */
interface Job {
  readonly target: AllocationTarget;
  readonly wish: Wish;
  readonly identity: bigint | undefined;
  readonly stop: AbortController;
  readonly counts: { moved: number; notMoved: number; seen: number };
  /** Pages of the processes that were found. */
  resident: number;
  running: boolean;
}

/** How often processes that were started meanwhile are looked for. */
const maxRounds = 3;

/**
 * Moves the pages of targets to a node, one target after the other, in the background. Where pages are is no value that
 * could be put back: a restoration only ends what is going on.
 */
export class HostPageMover implements PageMover {
  readonly #parts: HostPageMoverParts;
  readonly #pages: ProcessPages;
  /** The last one of each target, in the order in which they were begun. */
  readonly #jobs = new Map<string, Job>();
  #working = false;

  constructor(parts: HostPageMoverParts) {
    this.#parts = parts;
    this.#pages = new ProcessPages(parts);
  }

  start(target: AllocationTarget, wish: Wish): Reading<'started' | 'running'> {
    const problem = this.#check(target, wish);
    if (problem !== undefined) return { ok: false, error: problem };
    const before = this.#jobs.get(target.path);
    if (before?.running === true && before.wish.node === wish.node && before.wish.bulk === wish.bulk) {
      return { ok: true, value: 'running' };
    }
    if (before !== undefined) end(before);
    this.#jobs.delete(target.path);
    this.#forgetOldest();
    this.#jobs.set(target.path, {
      target,
      wish,
      identity: this.#parts.readIdentity(target.path),
      stop: new AbortController(),
      counts: { moved: 0, notMoved: 0, seen: 0 },
      resident: 0,
      running: true,
    });
    void this.#work();
    return { ok: true, value: 'started' };
  }

  progress(path: string): ({ readonly node: number } & MigrationProgress) | undefined {
    const job = this.#jobs.get(path);
    if (job === undefined) return undefined;
    // Another cgroup under the same path has pages of its own.
    if (this.#parts.readIdentity(path) !== job.identity) {
      end(job);
      this.#jobs.delete(path);
      return undefined;
    }
    const { counts, resident, running, wish } = job;
    const left = running ? Math.max(0, resident - counts.seen) : 0;
    return { node: wish.node, moved: counts.moved, notMoved: counts.notMoved, left, running };
  }

  cancel(path: string): void {
    for (const job of this.#jobs.values()) {
      const own = job.target.path;
      if (path === '/' || own === path || own.startsWith(`${path}/`)) end(job);
    }
  }

  close(): void {
    this.cancel('/');
  }

  #check({ path }: AllocationTarget, { node }: Wish): WcaError | undefined {
    const nodes = this.#parts.readNodes();
    const subject = `${path} migrate_pages`;
    if (nodes.length < 2) {
      return new WcaError('FEATURE_ABSENT', {
        subject,
        message: 'this machine has one memory node: pages cannot be moved',
      });
    }
    if (!nodes.includes(node)) {
      const message = `there is no memory on node ${node}`;
      return new WcaError('INVALID_ARGUMENT', {
        subject,
        message,
        remedy: `choose from the nodes ${nodes.join(', ')}`,
      });
    }
    if (this.#parts.isSwapOn()) {
      const message = 'pages are moved only while swap is off: what is swapped out stays where it was';
      return new WcaError('INVALID_ARGUMENT', { subject, message, remedy: 'swapoff -a' });
    }
    return undefined;
  }

  #forgetOldest(): void {
    for (const [path, { running }] of this.#jobs) {
      if (this.#jobs.size < limits.maxAllocatedTargets) return;
      if (!running) this.#jobs.delete(path);
    }
  }

  /** One after the other until none is left. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let job = this.#next(); job !== undefined; job = this.#next()) {
        try {
          await this.#move(job);
        } catch (thrown) {
          this.#parts.onTrouble(toWcaError(thrown, job.target.path));
        } finally {
          job.running = false;
        }
      }
    } finally {
      this.#working = false;
    }
  }

  #next(): Job | undefined {
    return [...this.#jobs.values()].find(({ running }) => running);
  }

  async #move(job: Job): Promise<void> {
    const { target, wish, stop, counts } = job;
    const done = new Set<number>();
    for (let round = 0; round < maxRounds && !stop.signal.aborted; round += 1) {
      const found = this.#parts.readProcesses([target.path, ...target.children]);
      const pids = [...found].filter((pid) => !done.has(pid));
      if (pids.length === 0) return;
      for (const pid of pids) job.resident += this.#parts.memory.readResidentPages(pid);
      for (const pid of pids) {
        if (stop.signal.aborted) return;
        done.add(pid);
        const run = { counts, signal: stop.signal };
        const error = wish.bulk ? await this.#moveAtOnce(pid, job) : await this.#pages.move(pid, wish.node, run);
        if (error === undefined) continue;
        this.#parts.onTrouble(error);
        if (error.code === 'PERMISSION') return;
      }
    }
  }

  /** By one call: quicker, but the process may wait for all of its pages. */
  async #moveAtOnce(pid: number, { wish: { node }, stop, counts }: Job): Promise<WcaError | undefined> {
    const elsewhere = await this.#pages.countElsewhere(pid, node, { counts, signal: stop.signal });
    if (!elsewhere.ok) return elsewhere.error;
    const nodes = this.#parts.readNodes();
    const from = nodes.filter((one) => one !== node);
    const call = await this.#parts.calls.migratePages(pid, encodeNodeMask(from, nodes), encodeNodeMask([node], nodes));
    if (!call.ok) return refusal(pid, call.errno);
    const stayed = Math.min(call.value, elsewhere.value);
    counts.moved += elsewhere.value - stayed;
    counts.notMoved += stayed;
    return undefined;
  }
}

function end(job: Job): void {
  job.stop.abort();
  job.running = false;
}
