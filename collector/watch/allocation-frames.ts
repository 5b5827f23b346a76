import type { Allocations } from '../../shared/rpc/watch-messages.ts';
import { noAllocations, type SharedAllocations } from './current-allocations.ts';

/** The Allocations messages of one subscriber. */
export class AllocationFrames {
  #id = 0;
  #rosterId = 0;
  #sent: Allocations['targets'] = [];

  /** Id of the message in force; 0 before the first. */
  get id(): number {
    return this.#id;
  }

  /** The next message, when it says something else than the last one. */
  next(rosterId: number, rows: readonly (SharedAllocations | undefined)[]): Allocations | undefined {
    if (this.#id > 0 && rosterId === this.#rosterId && this.#isSent(rows)) return undefined;
    this.#id += 1;
    this.#rosterId = rosterId;
    this.#sent = rows.map((row) => row?.current ?? noAllocations);
    return { id: this.#id, rosterId, targets: this.#sent };
  }

  #isSent(rows: readonly (SharedAllocations | undefined)[]): boolean {
    return rows.every((row, i) => (row?.current ?? noAllocations) === this.#sent[i]);
  }
}
