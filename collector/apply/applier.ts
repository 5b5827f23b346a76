import type { TargetResult } from '../../shared/allocation/results.ts';
import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type {
  Actor,
  AllocateCall,
  AllocationRecord,
  AllocationService,
  AuditRecord,
  HoldCall,
  LeaseFacts,
  RestoreCall,
} from './allocation-service.ts';
import { type AllocatorParts, WishAllocator } from './allocator.ts';
import { AuditLog } from './audit-log.ts';
import { Book, type BookStore } from './book.ts';
import { Breaker } from './breaker.ts';
import type { LedgerEntry } from './entry.ts';
import { knobKey, knobName } from './knob.ts';
import { changedByOthers } from './plan-target.ts';
import { recover } from './recovery.ts';
import { type RestoreOrder, Restorer } from './restorer.ts';

/** A lease that could not be restored whole is tried again after this time. */
const retryMs = 10_000;
/** Targets that are gone are forgotten this often. */
const sweepMs = 60_000;

export interface ApplierParts extends Omit<AllocatorParts, 'book' | 'breaker' | 'audit'> {
  /** The ledger; read already. */
  readonly store: BookStore;
  /** Told of what goes wrong beside any call. */
  readonly onTrouble: (error: WcaError) => void;
}

/** Allocates, remembers the originals, and puts them back: when asked, when a lease ends, when the collector stops. */
export class Applier implements AllocationService {
  readonly #parts: ApplierParts;
  readonly #book: Book;
  readonly #audit: AuditLog;
  readonly #allocator: WishAllocator;
  readonly #restorer: Restorer;
  #queue: Promise<unknown> = Promise.resolve();
  #leaseTimer: NodeJS.Timeout | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    const { store, clock } = parts;
    this.#audit = new AuditLog(clock);
    const audit = (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>): void => this.#audit.add(record);
    this.#book = new Book(store, clock);
    this.#allocator = new WishAllocator({ ...parts, book: this.#book, breaker: new Breaker(clock), audit });
    this.#restorer = new Restorer({ ...parts, book: this.#book, audit });
  }

  /** Undoes what a collector that died had begun, and restores what has expired meanwhile. Before anything else. */
  async start(): Promise<{ readonly undone: number; readonly remembered: number }> {
    const audit = (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>): void => this.#audit.add(record);
    const undone = await recover({ ...this.#parts, audit });
    await this.#endExpired();
    await this.#sweep();
    this.#sweeper = setInterval(() => void this.#sweep(), sweepMs);
    this.#sweeper.unref();
    return { undone, remembered: this.size };
  }

  /** Ends the call that runs, restores what it shall, and touches nothing any more. Idempotent; never rejects. */
  async stop(restored: 'leased' | 'all' | 'none'): Promise<readonly TargetResult[]> {
    clearTimeout(this.#leaseTimer);
    clearInterval(this.#sweeper);
    if (this.#isStopped) return [];
    this.#isStopped = true;
    const wants = ({ leaseId, path }: LedgerEntry): boolean =>
      restored !== 'none' && (restored === 'all' || leaseId !== '') && !this.#book.isHeld(path);
    return this.#inTurn(() => this.#restorer.restore({ ...byItself('lease'), wants }));
  }

  allocate(call: AllocateCall): Promise<readonly TargetResult[]> {
    return this.#inTurn(async () => {
      const { lease, actor, dryRun } = call;
      if (lease !== undefined && !dryRun) this.#book.takeLease(lease.id, lease.ttlMs, actor);
      const results = await this.#allocator.allocate(call);
      if (lease !== undefined && !dryRun && this.#book.entriesUnder(lease.id).length === 0)
        this.#book.endLease(lease.id);
      this.#planExpiry();
      return results;
    });
  }

  renew(leaseId: string, ttlMs: number, actor: Actor): number {
    if (this.#book.lease(leaseId) === undefined) return 0;
    this.#book.takeLease(leaseId, ttlMs, actor);
    this.#planExpiry();
    return this.#book.entriesUnder(leaseId).length;
  }

  restore({ paths, all, leaseId, force, dryRun, requestId, actor }: RestoreCall): Promise<readonly TargetResult[]> {
    const asked = new Set(paths);
    if (!dryRun) this.#stopMoving(paths, all);
    const wants = (entry: LedgerEntry): boolean =>
      all || asked.has(entry.path) || (leaseId !== '' && entry.leaseId === leaseId);
    return this.#inTurn(() =>
      this.#restorer.restore({ wants, cause: 'restore', peer: actor.name, requestId, force, dryRun }),
    );
  }

  hold({ paths, all, hold, actor }: HoldCall): readonly string[] {
    const held = new Set(this.#book.held);
    for (const path of all ? ['/'] : paths) {
      if (hold) held.add(path);
      else held.delete(path);
    }
    if (!hold && all) held.clear();
    this.#book.setHeld(held);
    const cause = hold ? 'hold' : 'release';
    const facts = { peer: actor.name, cause, type: undefined, before: '', after: '', error: undefined } as const;
    for (const path of all ? ['/'] : paths) this.#audit.add({ ...facts, path, file: path, requestId: '' });
    if (hold) this.#stopMoving(paths, all);
    else this.#release(all ? ['/'] : paths);
    return this.#book.held;
  }

  list(paths: readonly string[]): readonly AllocationRecord[] {
    const { clock, knobs } = this.#parts;
    const asked = new Set(paths);
    const nowMs = clock.monotonicMs();
    const session = knobs.open();
    try {
      return this.#book.entries
        .filter(({ path }) => asked.size === 0 || asked.has(path))
        .map((entry) => {
          const { knob, path, type, original, written, leaseId, owner, sinceMs } = entry;
          const found = session.read(knob);
          const isKnown = found.ok && [written, original].some((text) => session.isSame(knob, found.value, text));
          const lease = this.#book.lease(leaseId);
          return {
            path,
            type,
            file: knobName(knob),
            original,
            target: written,
            current: found.ok ? found.value : '',
            problem: found.ok
              ? isKnown
                ? undefined
                : changedByOthers(knobName(knob), written, found.value)
              : found.error,
            leaseId,
            leaseSecondsLeft: lease === undefined ? 0 : Math.max(0, (lease.deadlineMs - nowMs) / 1000),
            owner,
            sinceSeconds: (nowMs - sinceMs) / 1000,
          };
        });
    } finally {
      session.close();
    }
  }

  get leases(): readonly LeaseFacts[] {
    return this.#book.leases;
  }

  get held(): readonly string[] {
    return this.#book.held;
  }

  get size(): number {
    return this.#book.size;
  }

  /** The same array as long as nothing changes. */
  get entries(): readonly LedgerEntry[] {
    return this.#book.entries;
  }

  /** Held by an operator, or changed by others. */
  isResting({ path, knob }: LedgerEntry): boolean {
    return this.#book.isHeld(path) || this.#book.driftOf(knobKey(knob)) !== undefined;
  }

  revision(path: string): number {
    return this.#book.revision(path);
  }

  get audit(): readonly AuditRecord[] {
    return this.#audit.records;
  }

  onAudit(listener: (record: AuditRecord) => void): () => void {
    return this.#audit.listen(listener);
  }

  /** For those who write beside any call: the keeper of RDT groups. */
  note(record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>): void {
    this.#audit.add(record);
  }

  /** Gives back what a target held whose cgroup is gone. */
  async forgetGone(path: string): Promise<void> {
    if (this.#parts.readIdentity(path) !== undefined) return;
    await this.#inTurn(() => this.#restorer.restore({ ...byItself('restore'), wants: (entry) => entry.path === path }));
  }

  /** One after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Pages that are on their way stay where they are then. */
  #stopMoving(paths: readonly string[], all: boolean): void {
    for (const path of all ? ['/'] : paths) this.#parts.pages.cancel(path);
  }

  /** What others changed is theirs; what expired while it was held is restored. */
  #release(paths: readonly string[]): void {
    const isBelow = (path: string): boolean =>
      paths.some((above) => above === '/' || path === above || path.startsWith(`${above}/`));
    const records = new Map(this.list([]).map((record) => [`${record.path} ${record.file}`, record]));
    const theirs = this.#book.entries.filter(({ path, knob }) => {
      const problem = records.get(`${path} ${knobName(knob)}`)?.problem;
      return isBelow(path) && problem?.code === 'CHANGED_BY_OTHERS';
    });
    this.#book.commit(
      0,
      [],
      theirs.map(({ knob }) => knobKey(knob)),
    );
    this.#planExpiry();
  }

  /** `failed`: leases that have ended and could not be restored whole, which is tried again later. */
  #planExpiry(failed: ReadonlySet<string> = new Set()): void {
    clearTimeout(this.#leaseTimer);
    const next = this.#book.nextDeadlineMs(failed);
    const untilNextMs = next === undefined ? Number.POSITIVE_INFINITY : next - this.#parts.clock.monotonicMs();
    const waitMs = Math.min(untilNextMs, failed.size === 0 ? Number.POSITIVE_INFINITY : retryMs);
    if (waitMs === Number.POSITIVE_INFINITY || this.#isStopped) return;
    // Up: a timer cuts fractions off, and one that comes too early finds nothing that has ended.
    this.#leaseTimer = setTimeout(() => void this.#endExpired(), Math.max(1, Math.ceil(waitMs)));
    this.#leaseTimer.unref();
  }

  /** Restores what is under leases that ended; a held target waits for its release. */
  async #endExpired(): Promise<void> {
    const failed = new Set<string>();
    try {
      await this.#inTurn(async () => {
        const expired = new Set(this.#book.expired);
        if (expired.size === 0) return;
        for (const id of expired) failed.add(id);
        const wants = ({ leaseId, path }: LedgerEntry): boolean => expired.has(leaseId) && !this.#book.isHeld(path);
        await this.#restorer.restore({ ...byItself('lease'), wants });
        for (const id of expired) {
          if (this.#book.entriesUnder(id).length > 0) continue;
          this.#book.endLease(id);
          failed.delete(id);
        }
      });
    } catch (thrown) {
      this.#parts.onTrouble(toWcaError(thrown, 'leases'));
    }
    this.#planExpiry(failed);
  }

  /** Forgets targets whose cgroups are gone. */
  async #sweep(): Promise<void> {
    try {
      for (const path of new Set(this.#book.entries.map((entry) => entry.path))) {
        if (!this.#isStopped) await this.forgetGone(path);
      }
    } catch (thrown) {
      this.#parts.onTrouble(toWcaError(thrown, 'sweep'));
    }
  }
}

function byItself(cause: RestoreOrder['cause']): Omit<RestoreOrder, 'wants'> {
  return { cause, peer: '', requestId: '', force: false, dryRun: false };
}
