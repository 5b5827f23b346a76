import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { Target } from '../../shared/rpc/watch-messages.ts';
import type { Task } from '../model/task.ts';
import type { Discovery } from './discovery.ts';
import type { LabelledTasks } from './labelled-tasks.ts';

/** Where targets go: a session with a collector. */
export interface TargetSink {
  /** Returns the revision from which on a roster has these targets. */
  setTargets(targets: ReadonlyMap<string, Target>): number;
}

export interface TargetListOptions {
  readonly discovery: Discovery;
  readonly labels: LabelledTasks;
  readonly sink: TargetSink;
  /** Hears of label generators that threw. */
  readonly onLabelError: (error: WcaError) => void;
}

/**
 * The tasks that are measured. A new task becomes a target at once; one that is gone stays one until the next snapshot
 * was taken, which may hold its final reading.
 */
export class TargetList {
  readonly #options: TargetListOptions;
  /** As last discovered, by target id. */
  #found: ReadonlyMap<string, Task> = new Map();
  /** Found, and those that are gone since the last snapshot. */
  #inForce: ReadonlyMap<string, Task> = new Map();
  #sent = false;
  #firstRevision: number | undefined;

  constructor(options: TargetListOptions) {
    this.#options = options;
  }

  /** What a snapshot of now has rows of, with all labels. */
  get tasks(): ReadonlyMap<string, Task> {
    return this.#inForce;
  }

  /** How many tasks were found by the last discovery. */
  get size(): number {
    return this.#found.size;
  }

  /** Whether a roster is of a time after the tasks were listed for the first time. */
  includesFirst(rosterRevision: number): boolean {
    return this.#firstRevision !== undefined && rosterRevision >= this.#firstRevision;
  }

  /** Call when a discovery is done. */
  takeFound(): void {
    const { discovery, labels, onLabelError } = this.#options;
    const found = labels.update(discovery.tasks, onLabelError);
    if (found !== this.#found || !this.#sent) {
      this.#found = found;
      const gone = [...this.#inForce].filter(([id]) => !found.has(id));
      this.#send(gone.length === 0 ? found : new Map([...found, ...gone]));
    }
    if (this.#firstRevision === undefined && discovery.succeeded) this.#firstRevision = this.#send(this.#inForce);
  }

  /** Call when a snapshot has been exported: what was gone before it needs no more reading. */
  dropGone(): void {
    if (this.#inForce !== this.#found) this.#send(this.#found);
  }

  #send(tasks: ReadonlyMap<string, Task>): number {
    this.#inForce = tasks;
    this.#sent = true;
    return this.#options.sink.setTargets(new Map([...tasks].map(([id, task]) => [id, targetOf(id, task)])));
  }
}

function targetOf(id: string, { cgroupPath, subcgroupPaths }: Task): Target {
  return { id, cgroupPath, childCgroupPaths: subcgroupPaths };
}
