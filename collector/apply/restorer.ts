import { setImmediate } from 'node:timers/promises';
import type { TargetResult, ValueResult } from '../../shared/allocation/results.ts';
import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type { AuditCause, AuditRecord } from './allocation-service.ts';
import type { Book } from './book.ts';
import type { LedgerEntry } from './entry.ts';
import { type KnobSession, type Knobs, knobKey, knobName, RememberingSession } from './knob.ts';
import { changedByOthers } from './plan-target.ts';
import type { DesiredKnob, Planner } from './ports.ts';
import { announceWrites, isShared, writeOne } from './transaction.ts';

export interface RestorerParts {
  readonly knobs: Knobs;
  readonly planners: readonly Planner[];
  readonly book: Book;
  readonly audit: (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>) => void;
}

export interface RestoreOrder {
  /** Chooses among the entries of the ledger. */
  readonly wants: (entry: LedgerEntry) => boolean;
  readonly cause: AuditCause;
  /** Empty: the collector by itself. */
  readonly peer: string;
  readonly requestId: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** What became of an entry. */
interface Fate {
  readonly entry: LedgerEntry;
  readonly key: string;
  /** undefined: its original is to be written. */
  readonly result: ValueResult | undefined;
  readonly isForgotten: boolean;
}

/** Puts original values back, target by target; what is shared between targets goes last, when nobody needs it. */
export class Restorer {
  readonly #parts: RestorerParts;

  constructor(parts: RestorerParts) {
    this.#parts = parts;
  }

  /** One result a target. An entry that the kernel does not let restore stays in the ledger. Never rejects. */
  async restore(order: RestoreOrder): Promise<readonly TargetResult[]> {
    const byPath = new Map<string, LedgerEntry[]>();
    for (const entry of this.#parts.book.entries) {
      if (!order.wants(entry)) continue;
      const list = byPath.get(entry.path) ?? [];
      byPath.set(entry.path, list);
      list.push(entry);
    }
    const results: TargetResult[] = [];
    const session = this.#parts.knobs.open();
    try {
      for (const [path, entries] of byPath) {
        results.push(await this.#restoreTarget(path, entries, order, session));
        if (results.length % 16 === 0) await setImmediate();
      }
      if (!order.dryRun && byPath.size > 0) await this.#giveBackShared(order, session);
    } finally {
      session.close();
    }
    return results;
  }

  async #restoreTarget(
    path: string,
    all: readonly LedgerEntry[],
    order: RestoreOrder,
    session: KnobSession,
  ): Promise<TargetResult> {
    try {
      const planning = new RememberingSession(session);
      const own = all.filter(({ knob }) => !isShared(knob));
      const fates = own.map((entry) => lookAt(entry, order.force, planning));
      const desired = fates.flatMap(({ entry, result }) =>
        result === undefined ? [{ type: entry.type, id: entry.knob, text: entry.original }] : [],
      );
      const done = await this.#write(path, desired, order, { session, planning });
      const forget = fates
        .filter(({ key, isForgotten, result }) => isForgotten || (result === undefined && !done.failed.has(key)))
        .map(({ key }) => key);
      if (!order.dryRun) {
        this.#parts.book.commit(done.batch, [], forget);
        // What was kept elsewhere for a cgroup that is gone would come back with the next one of its name.
        for (const { entry, result } of fates) if (result?.outcome === 'unchanged') session.forget?.(entry.knob);
      }
      if (done.results.size > 0) this.#parts.book.touch(path);
      return { targetId: path, error: undefined, values: mergeValues(fates, done.results) };
    } catch (thrown) {
      return { targetId: path, error: toWcaError(thrown, path), values: [] };
    }
  }

  /** Writes originals in an order that the kernel accepts; one that it refuses does not stop the others. */
  async #write(
    path: string,
    desired: readonly DesiredKnob[],
    { cause, peer, requestId, dryRun }: RestoreOrder,
    { session, planning }: { readonly session: KnobSession; readonly planning: KnobSession },
  ): Promise<{
    readonly batch: number;
    readonly failed: ReadonlyMap<string, WcaError>;
    readonly results: ReadonlyMap<string, ValueResult>;
  }> {
    const { planners, book, audit } = this.#parts;
    const writes = announceWrites(
      path,
      planners.flatMap((planner) => planner.order(desired, planning)),
      planning,
    );
    const failed = new Map<string, WcaError>();
    const results = new Map<string, ValueResult>();
    const batch = dryRun || writes.length === 0 ? 0 : book.begin(writes);
    for (const write of writes) {
      const { type, knob, from, to } = write;
      const key = knobKey(knob);
      const before = results.get(type);
      const told = { file: knobName(knob), before: from, after: to };
      const error = dryRun ? undefined : await writeOne(write, { session, path, cause, peer, requestId, audit }, []);
      if (error !== undefined && error.code !== 'CGROUP_GONE') failed.set(key, error);
      if (!dryRun && (error === undefined || error.code === 'CGROUP_GONE')) session.forget?.(knob);
      results.set(type, {
        type,
        outcome: dryRun ? 'would_apply' : error === undefined ? (before?.outcome ?? 'applied') : 'failed',
        error: error ?? before?.error,
        writes: [...(before?.writes ?? []), told],
      });
    }
    return { batch, failed, results };
  }

  /** Control groups and controllers that nobody needs any more. */
  async #giveBackShared({ cause, peer, requestId }: RestoreOrder, session: KnobSession): Promise<void> {
    const { book, planners, audit } = this.#parts;
    const shared = book.entries.filter(
      ({ knob }) => isShared(knob) && !book.entries.some((other) => needs(other, knob)),
    );
    // Controllers are handed down: the deepest first.
    shared.sort((a, b) => b.path.length - a.path.length || depthOf(b) - depthOf(a));
    for (const entry of shared) {
      const found = session.read(entry.knob);
      if (!found.ok || session.isSame(entry.knob, found.value, entry.original)) {
        book.commit(0, [], [knobKey(entry.knob)]);
        continue;
      }
      const desired = [{ type: entry.type, id: entry.knob, text: entry.original }];
      for (const { id, type, text } of planners.flatMap((planner) => planner.order(desired, session))) {
        const write = { knob: id, path: entry.path, type, from: found.value, to: text };
        const context = { session, path: entry.path, cause, peer, requestId, audit };
        if ((await writeOne(write, context, [])) === undefined) book.commit(0, [], [knobKey(entry.knob)]);
      }
    }
  }
}

/** Whether an entry needs a controller that was enabled for it. */
function needs({ knob }: LedgerEntry, shared: LedgerEntry['knob']): boolean {
  if (shared.kind !== 'controller' || knob.kind !== 'cgroup') return false;
  const below = shared.path === '/' ? '/' : `${shared.path}/`;
  return knob.path.startsWith(below) && knob.file.startsWith(`${shared.controller}.`);
}

function depthOf({ knob }: LedgerEntry): number {
  return knob.kind === 'controller' ? knob.path.length : 0;
}

function lookAt(entry: LedgerEntry, force: boolean, session: KnobSession): Fate {
  const { knob, type, original, written } = entry;
  const key = knobKey(knob);
  const fate = (outcome: ValueResult['outcome'], error?: WcaError): Fate => ({
    entry,
    key,
    result: { type, outcome, error, writes: [] },
    isForgotten: true,
  });
  const found = session.read(knob);
  if (!found.ok) {
    const isGone = found.error.code === 'CGROUP_GONE' || found.error.code === 'FEATURE_ABSENT';
    return isGone ? fate('unchanged') : { ...fate('failed', found.error), isForgotten: false };
  }
  if (session.isSame(knob, found.value, original)) return fate('unchanged');
  const isOurs = force || session.isSame(knob, found.value, written);
  if (!isOurs) return fate('rejected', changedByOthers(knobName(knob), written, found.value));
  return { entry, key, result: undefined, isForgotten: false };
}

/** One result a type: what was written, else what was found. */
function mergeValues(fates: readonly Fate[], written: ReadonlyMap<string, ValueResult>): readonly ValueResult[] {
  const values = new Map(written);
  for (const { entry, result } of fates) {
    const known = values.get(entry.type);
    if (result === undefined) continue;
    if (known === undefined || result.error !== undefined)
      values.set(entry.type, { ...result, writes: known?.writes ?? [] });
  }
  return [...values.values()];
}
