import type { MemoryState } from './memory-state.ts';

const longestIterations = 64;

interface Failures {
  readonly count: number;
  /** Not to be chosen before this iteration. */
  readonly until: number;
}

/**
 * Tasks that were asked for and are still not bound: the write was refused, or the kernel gave them other CPUs. They wait
 * 1, 2, 4, ... iterations so that they do not keep the others from their turn (W47).
 */
export class Backoff {
  #iteration = 0;
  readonly #failures = new Map<string, Failures>();
  #asked: ReadonlySet<string> = new Set();

  /** Begins an iteration; returns the tasks that were found not to be bound for the first time. */
  observe({ tasks }: MemoryState): readonly string[] {
    this.#iteration += 1;
    const unbound = new Set<string>();
    for (const { task, pinnedTo } of tasks) if (pinnedTo === undefined) unbound.add(task.id);
    for (const id of this.#failures.keys()) if (!unbound.has(id)) this.#failures.delete(id);
    const first: string[] = [];
    for (const id of this.#asked) {
      if (!unbound.has(id)) continue;
      const count = (this.#failures.get(id)?.count ?? 0) + 1;
      if (count === 1) first.push(id);
      const wait = Math.min(2 ** (count - 1), longestIterations);
      this.#failures.set(id, { count, until: this.#iteration + wait });
    }
    this.#asked = new Set();
    return first;
  }

  /** What was asked for in this iteration. */
  asked(ids: Iterable<string>): void {
    this.#asked = new Set(ids);
  }

  isHeldOff(id: string): boolean {
    return this.#iteration < (this.#failures.get(id)?.until ?? 0);
  }
}
