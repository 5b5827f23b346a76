import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { SharedCgroup } from './shared-cgroup.ts';

/** Cgroups read between two looks at the clock. */
const batchSize = 16;
/** Time in a tick for cgroups that are not there: nobody shall wait long because others name what does not exist. */
const missingMs = 20;

/** How long each kind of reading took. */
export interface ReadingTimes {
  readonly filesMs: number;
  readonly countersMs: number;
}

/** Reads the cgroups of a tick, giving other work of the process a turn after each slice of time. */
export class CgroupReadout {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  #sliceStartMs = 0;
  /** Where to go on with the missing ones in the next tick. */
  #nextMissing = 0;

  constructor(clock: Clock, sliceMs: number) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
  }

  async read(cgroups: readonly SharedCgroup[]): Promise<ReadingTimes> {
    this.#sliceStartMs = this.#clock.monotonicMs();
    const missing: SharedCgroup[] = [];
    const there: SharedCgroup[] = [];
    for (const cgroup of cgroups) (cgroup.generation === undefined ? missing : there).push(cgroup);
    const times = await this.#readOpen(there);
    const triedMs = await this.#tryMissing(missing);
    return { filesMs: times.filesMs + triedMs, countersMs: times.countersMs };
  }

  async #readOpen(cgroups: readonly SharedCgroup[]): Promise<ReadingTimes> {
    let filesMs = 0;
    let countersMs = 0;
    for (let from = 0; from < cgroups.length; from += batchSize) {
      const to = Math.min(from + batchSize, cgroups.length);
      const startMs = this.#clock.monotonicMs();
      for (let i = from; i < to; i += 1) cgroups[i]?.readFiles();
      const middleMs = this.#clock.monotonicMs();
      for (let i = from; i < to; i += 1) cgroups[i]?.readCounters();
      const endMs = this.#clock.monotonicMs();
      filesMs += middleMs - startMs;
      countersMs += endMs - middleMs;
      await this.#giveTurn(endMs);
    }
    return { filesMs, countersMs };
  }

  /** Looks whether they are there by now: all of them when they are few, else as many as time allows, in turn. */
  async #tryMissing(missing: readonly SharedCgroup[]): Promise<number> {
    let spentMs = 0;
    const first = missing.length === 0 ? 0 : this.#nextMissing % missing.length;
    let tried = 0;
    while (tried < missing.length && spentMs < missingMs) {
      const startMs = this.#clock.monotonicMs();
      const cgroup = missing[(first + tried) % missing.length];
      cgroup?.readFiles();
      cgroup?.readCounters();
      tried += 1;
      const endMs = this.#clock.monotonicMs();
      spentMs += endMs - startMs;
      await this.#giveTurn(endMs);
    }
    this.#nextMissing = first + tried;
    return spentMs;
  }

  async #giveTurn(nowMs: number): Promise<void> {
    if (nowMs - this.#sliceStartMs < this.#sliceMs) return;
    await setImmediate();
    this.#sliceStartMs = this.#clock.monotonicMs();
  }
}
