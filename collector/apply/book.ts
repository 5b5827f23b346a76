import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Actor, LeaseFacts } from './allocation-service.ts';
import type { AnnouncedWrite, Lease, LedgerEntry } from './entry.ts';
import { knobKey } from './knob.ts';
import type { LedgerRecord, LedgerState } from './ledger-format.ts';

/** Where the book is kept. */
export interface BookStore {
  readonly state: LedgerState;
  append(...records: readonly LedgerRecord[]): void;
}

/** What is allocated, under which leases, and what is held: the ledger with the questions that are asked of it. */
export class Book {
  readonly #store: BookStore;
  readonly #clock: Clock;
  readonly #byPath = new Map<string, Set<string>>();
  readonly #revisions = new Map<string, number>();
  /** Knobs that others changed, with what they wrote. */
  readonly #drifted = new Map<string, string>();
  #list: readonly LedgerEntry[] | undefined;

  constructor(store: BookStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    for (const [key, { path }] of store.state.entries) this.#keysOf(path).add(key);
  }

  /** The same array as long as nothing changes. */
  get entries(): readonly LedgerEntry[] {
    this.#list ??= [...this.#store.state.entries.values()];
    return this.#list;
  }

  get size(): number {
    return this.#store.state.entries.size;
  }

  find(key: string): LedgerEntry | undefined {
    return this.#store.state.entries.get(key);
  }

  /** Of a target. */
  entriesOf(path: string): readonly LedgerEntry[] {
    return [...(this.#byPath.get(path) ?? [])].flatMap((key) => this.find(key) ?? []);
  }

  revision(path: string): number {
    return this.#revisions.get(path) ?? 0;
  }

  /** Announces writes; answers the number of the batch. Throws when the ledger cannot be written. */
  begin(writes: readonly AnnouncedWrite[]): number {
    const batch = this.#store.state.lastBatch + 1;
    this.#store.append({ kind: 'begin', batch, writes });
    return batch;
  }

  /** The batch is done, or undone. */
  commit(batch: number, entries: readonly LedgerEntry[], forget: readonly string[]): void {
    for (const key of forget) {
      const path = this.find(key)?.path;
      if (path !== undefined) this.#byPath.get(path)?.delete(key);
      if (path !== undefined && this.#byPath.get(path)?.size === 0) this.#byPath.delete(path);
      this.#drifted.delete(key);
    }
    for (const entry of entries) {
      const key = knobKey(entry.knob);
      const before = this.find(key)?.path;
      if (before !== undefined && before !== entry.path) this.#byPath.get(before)?.delete(key);
      this.#keysOf(entry.path).add(key);
    }
    this.#list = undefined;
    this.#store.append({ kind: 'commit', batch, entries, forget });
  }

  /** Something of a target was written. */
  touch(path: string): void {
    this.#revisions.set(path, this.revision(path) + 1);
  }

  driftOf(key: string): string | undefined {
    return this.#drifted.get(key);
  }

  setDrift(key: string, text: string | undefined): void {
    if (text === undefined) this.#drifted.delete(key);
    else this.#drifted.set(key, text);
  }

  // -------------------------------------------------------------------------------------------- leases

  get leases(): readonly LeaseFacts[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#store.state.leases.values()].map(({ id, peer, deadlineMs }) => ({
      id,
      peer,
      secondsLeft: Math.max(0, (deadlineMs - nowMs) / 1000),
      allocations: this.entriesUnder(id).length,
    }));
  }

  lease(id: string): Lease | undefined {
    return this.#store.state.leases.get(id);
  }

  entriesUnder(leaseId: string): readonly LedgerEntry[] {
    return this.entries.filter((entry) => entry.leaseId === leaseId);
  }

  /** Makes or prolongs a lease. Throws PEER_DENIED for that of another user, LIMIT_REACHED. */
  takeLease(id: string, ttlMs: number, actor: Actor): void {
    const known = this.lease(id);
    if (known !== undefined && known.principal !== actor.principal) {
      throw new WcaError('PEER_DENIED', { subject: `lease ${id}`, message: `belongs to ${known.peer}` });
    }
    if (known === undefined && this.#store.state.leases.size >= limits.maxLeases) {
      throw new WcaError('LIMIT_REACHED', { subject: 'leases', message: `there are ${limits.maxLeases} already` });
    }
    const deadlineMs = this.#clock.monotonicMs() + ttlMs;
    this.#store.append({ kind: 'lease', lease: { id, principal: actor.principal, peer: actor.name, deadlineMs } });
  }

  endLease(id: string): void {
    if (this.lease(id) !== undefined) this.#store.append({ kind: 'end-lease', id });
  }

  /** When the next lease that is none of `except` ends; undefined without any. */
  nextDeadlineMs(except: ReadonlySet<string>): number | undefined {
    const deadlines = [...this.#store.state.leases.values()].flatMap(({ id, deadlineMs }) =>
      except.has(id) ? [] : [deadlineMs],
    );
    return deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  get expired(): readonly string[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#store.state.leases.values()].filter(({ deadlineMs }) => deadlineMs <= nowMs).map(({ id }) => id);
  }

  // -------------------------------------------------------------------------------------------- holds

  get held(): readonly string[] {
    return [...this.#store.state.held].sort();
  }

  /** Whether a cgroup, or one above it, is held. */
  isHeld(path: string): boolean {
    const { held } = this.#store.state;
    if (held.size === 0) return false;
    if (held.has('/')) return true;
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      if (held.has(path.slice(0, end))) return true;
    }
    return false;
  }

  setHeld(paths: ReadonlySet<string>): void {
    if (paths.size > limits.maxHeld) {
      throw new WcaError('LIMIT_REACHED', { subject: 'held cgroups', message: `at most ${limits.maxHeld}` });
    }
    this.#store.append({ kind: 'held', paths: [...paths].sort() });
  }

  #keysOf(path: string): Set<string> {
    const known = this.#byPath.get(path) ?? new Set();
    this.#byPath.set(path, known);
    return known;
  }
}
