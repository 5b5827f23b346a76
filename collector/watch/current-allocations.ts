import { isDeepStrictEqual } from 'node:util';
import type { CurrentAllocations } from '../../shared/allocation/values.ts';
import type { AllocationPass, AllocationReader, MeasuredTarget } from './ports.ts';

/** Within so long a change by somebody else is noticed, as long as that are not more than `perSecond` targets a second. */
const shortestPeriodMs = 5_000;
const perSecond = 50;

/** Of a target that has no cgroup. */
export const noAllocations: CurrentAllocations = { identity: 0n, values: [] };

/** What is allocated to one target, shared by all rows that show it. */
export interface SharedAllocations {
  /** The same object as long as nothing changes. */
  readonly current: CurrentAllocations;
}

interface Entry extends SharedAllocations {
  readonly key: string;
  readonly target: MeasuredTarget;
  current: CurrentAllocations;
  users: number;
  /** AllocationReader.revision when it was last read; undefined before. */
  revision: number | undefined;
  isQueued: boolean;
}

/**
 * What is allocated to the targets of all subscribers that ask for it. A target is read when it is new, when the collector
 * itself wrote to it, and otherwise every five seconds (of more than 250 targets 50 a second), in turns: always between
 * ticks, by `readSlice`.
 */
export class AllocationBoard {
  readonly #reader: AllocationReader;
  readonly #entries = new Map<string, Entry>();
  /** The same, for going round. */
  #ring: readonly Entry[] | undefined;
  #place = 0;
  #queue: Entry[] = [];
  #unread = 0;
  /** When the last turns were given; undefined before the first target. */
  #roundMs: number | undefined;

  constructor(reader: AllocationReader) {
    this.#reader = reader;
  }

  /** Targets that were never read. */
  get unread(): number {
    return this.#unread;
  }

  get size(): number {
    return this.#entries.size;
  }

  acquire(target: MeasuredTarget): SharedAllocations {
    const key = keyOf(target);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.users += 1;
      return known;
    }
    const entry = { key, target, current: noAllocations, users: 1, revision: undefined, isQueued: true };
    this.#entries.set(key, entry);
    this.#ring = undefined;
    this.#queue.push(entry);
    this.#unread += 1;
    return entry;
  }

  release(target: MeasuredTarget): void {
    const entry = this.#entries.get(keyOf(target));
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#entries.delete(entry.key);
    this.#ring = undefined;
    if (entry.revision === undefined) this.#unread -= 1;
    if (this.#entries.size === 0) this.#roundMs = undefined;
  }

  /** Whether something is to be read now. */
  hasWork(nowMs: number): boolean {
    if (this.#queue.length === 0) this.#plan(nowMs);
    return this.#queue.length > 0;
  }

  /** Reads what is to be read, one target at least, until `isOver`. Throws what the reader throws: a bug. */
  readSlice(isOver: () => boolean): void {
    let pass: AllocationPass | undefined;
    try {
      pass = this.#reader.begin();
      for (let entry = this.#queue.pop(); entry !== undefined; entry = this.#queue.pop()) {
        this.#read(entry, pass);
        if (isOver()) return;
      }
    } catch (thrown) {
      // Their next turn comes; nobody waits for them.
      for (const entry of this.#queue.splice(0)) this.#markRead(entry);
      throw thrown;
    } finally {
      pass?.close();
    }
  }

  #read(entry: Entry, pass: AllocationPass): void {
    // Before the reading: what is written meanwhile makes it due again.
    this.#markRead(entry);
    if (entry.users === 0) return;
    const read = pass.read(entry.target);
    if (!isDeepStrictEqual(read, entry.current)) entry.current = read;
  }

  #markRead(entry: Entry): void {
    entry.isQueued = false;
    if (entry.revision === undefined && entry.users > 0) this.#unread -= 1;
    entry.revision = this.#reader.revision(entry.target.path);
  }

  /** Queues the targets that the collector wrote to, and those whose turn it is. */
  #plan(nowMs: number): void {
    this.#ring ??= [...this.#entries.values()];
    const ring = this.#ring;
    for (const entry of ring) {
      if (entry.revision !== this.#reader.revision(entry.target.path)) this.#enqueue(entry);
    }
    this.#roundMs ??= nowMs;
    const periodMs = Math.max(shortestPeriodMs, (ring.length * 1000) / perSecond);
    const elapsedMs = Math.min(periodMs, nowMs - this.#roundMs);
    const turns = Math.floor((ring.length * elapsedMs) / periodMs);
    if (turns === 0) return;
    this.#roundMs = nowMs;
    for (let i = 0; i < turns; i += 1) {
      this.#place = (this.#place + 1) % ring.length;
      const entry = ring[this.#place];
      if (entry !== undefined) this.#enqueue(entry);
    }
  }

  #enqueue(entry: Entry): void {
    if (entry.isQueued) return;
    entry.isQueued = true;
    this.#queue.push(entry);
  }
}

function keyOf({ path, cgroups }: MeasuredTarget): string {
  return `${path}\n${cgroups.join('\n')}`;
}
