import type { Step } from '../../shared/rpc/watch-messages.ts';
import type { WatchStatus } from '../collectors/watch-session.ts';
import type { HostFacts } from '../derived/usage.ts';
import type { Delivery } from '../model/delivery.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import type { Task } from '../model/task.ts';
import type { OutletStatus } from '../storages/storage-outlet.ts';

/** One finished iteration. */
export interface Iteration {
  readonly sequence: number;
  readonly delivery: Delivery;
  /** By target id, with all their labels. */
  readonly tasks: ReadonlyMap<string, Task>;
  readonly batch: MetricBatch;
  readonly steps: readonly Step[];
}

export interface StorageFacts {
  readonly name: string;
  readonly describe: string;
  readonly status: OutletStatus;
}

/** How a runner does, asked for when somebody looks. */
export interface RunnerStatus {
  readonly collectors: readonly WatchStatus[];
  readonly storages: readonly StorageFacts[];
  readonly endpoints: readonly string[];
  /** `fresh`, or why the list of tasks is old. */
  readonly discovery: string;
}

const noStatus: RunnerStatus = { collectors: [], storages: [], endpoints: [], discovery: 'not started' };

/** Where a runner shows what it does and wca-ctl looks. Holds the last two iterations. */
export class Board {
  #iteration: Iteration | undefined;
  #previous: Iteration | undefined;
  #host: HostFacts | undefined;
  #features: readonly string[] = [];
  #status: () => RunnerStatus = () => noStatus;
  readonly #watchers = new Set<(iteration: Iteration, previous: Iteration | undefined) => void>();

  get iteration(): Iteration | undefined {
    return this.#iteration;
  }

  /** The one before; rates are taken over the two. */
  get previous(): Iteration | undefined {
    return this.#previous;
  }

  /** undefined until the collector has answered. */
  get host(): HostFacts | undefined {
    return this.#host;
  }

  /** What is measured here and with what, for people: `perf: software events (no PMU)`. */
  get features(): readonly string[] {
    return this.#features;
  }

  get status(): RunnerStatus {
    return this.#status();
  }

  showHost(host: HostFacts, features: readonly string[]): void {
    this.#host = host;
    this.#features = features;
  }

  showStatus(status: () => RunnerStatus): void {
    this.#status = status;
  }

  publish(iteration: Iteration): void {
    this.#previous = this.#iteration;
    this.#iteration = iteration;
    for (const watcher of this.#watchers) watcher(iteration, this.#previous);
  }

  /** Calls `watcher` after each iteration; returns the function that ends it. */
  watch(watcher: (iteration: Iteration, previous: Iteration | undefined) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
