import { setImmediate } from 'node:timers/promises';
import type { TargetResult, ValueResult } from '../../shared/allocation/results.ts';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { AllocateCall, AuditRecord, TargetWish } from './allocation-service.ts';
import type { LedgerEntry } from './entry.ts';
import { goesWith, type KnobSession, type Knobs, knobKey, knobName, RememberingSession } from './knob.ts';
import { type PlanParts, planTarget, type TargetPlan } from './plan-target.ts';
import type { PageMover } from './ports.ts';
import { type DoneWrite, type WriteFailure, writeAll } from './transaction.ts';

/** Work done at one go before sampling gets a turn. */
const sliceMs = 8;
/** Targets in one batch of the ledger. */
const batchTargets = 16;

export interface AllocatorParts extends PlanParts {
  readonly knobs: Knobs;
  readonly pages: PageMover;
  readonly clock: Clock;
  readonly audit: (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>) => void;
}

interface Planned {
  readonly wish: TargetWish;
  readonly plan: TargetPlan;
  /** Place in the request. */
  readonly at: number;
}

/** Brings targets to what is wished, in batches that the ledger knows before the kernel does. One call at a time. */
export class WishAllocator {
  readonly #parts: AllocatorParts;

  constructor(parts: AllocatorParts) {
    this.#parts = parts;
  }

  async allocate(call: AllocateCall): Promise<readonly TargetResult[]> {
    const session = this.#parts.knobs.open();
    try {
      const problems = this.#checkRequest(call);
      const results: TargetResult[] = [];
      let startMs = this.#parts.clock.monotonicMs();
      for (let from = 0; from < call.targets.length; from += batchTargets) {
        const planned: Planned[] = [];
        const planning = new RememberingSession(session);
        for (let at = from; at < Math.min(call.targets.length, from + batchTargets); at += 1) {
          const wish = call.targets[at];
          if (wish === undefined) continue;
          const plan = planTarget(wish, { ...call, session: planning, problem: problems.get(at) }, this.#parts);
          if ('desired' in plan) planned.push({ wish, plan, at });
          else results[at] = { targetId: wish.target.id, error: plan.error, values: plan.values };
        }
        for (const { at, result } of await this.#carryOut(planned, call, session)) results[at] = result;
        if (this.#parts.clock.monotonicMs() - startMs < sliceMs) continue;
        await setImmediate();
        startMs = this.#parts.clock.monotonicMs();
      }
      return results;
    } finally {
      session.close();
    }
  }

  #checkRequest({ targets }: AllocateCall): ReadonlyMap<number, WcaError> {
    const problems = new Map<number, WcaError>();
    for (const planner of this.#parts.planners) {
      for (const [at, error] of planner.checkRequest?.(targets) ?? []) problems.set(at, problems.get(at) ?? error);
    }
    return problems;
  }

  async #carryOut(
    planned: readonly Planned[],
    call: AllocateCall,
    session: KnobSession,
  ): Promise<readonly { readonly at: number; readonly result: TargetResult }[]> {
    const { book } = this.#parts;
    if (call.dryRun) return planned.map(({ wish, plan, at }) => ({ at, result: dryResult(wish, plan, session) }));
    const writes = planned.flatMap(({ plan }) => plan.writes);
    if (book.size + writes.length > limits.maxAllocations) {
      const message = `${book.size} values are remembered already, at most ${limits.maxAllocations}`;
      const error = new WcaError('LIMIT_REACHED', { subject: 'allocations', message });
      return planned.map(({ wish, at }) => ({ at, result: { targetId: wish.target.id, error, values: [] } }));
    }
    const batch = writes.length === 0 ? undefined : book.begin(writes);
    const entries: LedgerEntry[] = [];
    const results = [];
    for (const { wish, plan, at } of planned) {
      results.push({ at, result: await this.#applyOne(wish, plan, { call, session, entries }) });
    }
    const gone = this.#goneWith(entries);
    const kept = gone.size === 0 ? entries : entries.filter(({ knob }) => !gone.has(knobKey(knob)));
    if (batch !== undefined || entries.length > 0) book.commit(batch ?? 0, kept, [...gone]);
    return results;
  }

  async #applyOne(
    wish: TargetWish,
    plan: TargetPlan,
    { call, session, entries }: { call: AllocateCall; session: KnobSession; entries: LedgerEntry[] },
  ): Promise<TargetResult> {
    const { audit, breaker, book } = this.#parts;
    const { target } = wish;
    const { actor, requestId } = call;
    try {
      const context = { session, path: target.path, cause: 'allocate', peer: actor.name, requestId, audit } as const;
      const { done, failure } = await writeAll(plan.writes, context);
      if (plan.writes.length > 0) book.touch(target.path);
      if (failure !== undefined) {
        breaker.refused(failure.write.knob, failure.write.to, failure.error);
        entries.push(...this.#entriesOf(wish, { ...plan, desired: [] }, { call, done }));
        return { targetId: target.id, error: undefined, values: failedValues(wish, failure) };
      }
      for (const { knob } of done) breaker.accepted(knob);
      entries.push(...this.#entriesOf(wish, plan, { call, done }));
      const values = wish.values.map(({ type }) => valueResult(type, done));
      return { targetId: target.id, error: undefined, values: this.#migrate(wish, plan, values) };
    } catch (thrown) {
      return { targetId: target.id, error: toWcaError(thrown, target.path), values: [] };
    }
  }

  /** What was written, and what was found in force of an earlier allocation: that is of this lease from now on. */
  #entriesOf(
    { target }: TargetWish,
    plan: TargetPlan,
    { call, done }: { call: AllocateCall; done: readonly DoneWrite[] },
  ): readonly LedgerEntry[] {
    const { book, clock } = this.#parts;
    const leaseId = call.lease?.id ?? '';
    const { principal, name: owner } = call.actor;
    const facts = { path: target.path, leaseId, principal, owner, sinceMs: clock.monotonicMs() };
    const written = new Map<string, LedgerEntry>();
    for (const { key, knob, type, before, after } of done) {
      const known = book.find(key);
      const original = written.get(key)?.original ?? known?.original ?? before;
      // What is shared stays with the target that made it.
      const path = known?.path ?? target.path;
      written.set(key, { knob, type, original, written: after, ...facts, path });
    }
    for (const { id } of plan.desired) {
      const key = knobKey(id);
      const known = book.find(key);
      if (known === undefined || written.has(key)) continue;
      if (known.leaseId === leaseId && known.principal === principal) continue;
      written.set(key, { ...known, leaseId, principal, owner });
    }
    return [...written.values()];
  }

  /** Keys of what went with groups that were removed, and was not written anew since. */
  #goneWith(entries: readonly LedgerEntry[]): ReadonlySet<string> {
    const gone = new Set<string>();
    if (!entries.some(isRemovedGroup)) return gone;
    const { book } = this.#parts;
    for (const [i, entry] of entries.entries()) {
      const { knob } = entry;
      gone.delete(knobKey(knob));
      if (!isRemovedGroup(entry)) continue;
      for (const other of [...book.entries, ...entries.slice(0, i)]) {
        if (goesWith(other.knob, knob)) gone.add(knobKey(other.knob));
      }
    }
    return gone;
  }

  #migrate({ target }: TargetWish, { migration }: TargetPlan, values: readonly ValueResult[]): readonly ValueResult[] {
    if (migration === undefined) return values;
    const started = this.#parts.pages.start(target, migration);
    return values.map((value) => {
      if (value.type !== 'migrate_pages') return value;
      if (!started.ok) return { ...value, outcome: 'rejected', error: started.error };
      return { ...value, outcome: started.value === 'started' ? 'applied' : 'unchanged' };
    });
  }
}

function isRemovedGroup({ knob, written }: LedgerEntry): boolean {
  return knob.kind === 'rdt-group' && written === 'absent';
}

function valueResult(type: ValueResult['type'], done: readonly DoneWrite[]): ValueResult {
  const writes = done
    .filter((write) => write.type === type)
    .map(({ file, before, after }) => ({ file, before, after }));
  return { type, outcome: writes.length === 0 ? 'unchanged' : 'applied', error: undefined, writes };
}

function dryResult({ target, values }: TargetWish, { writes }: TargetPlan, session: KnobSession): TargetResult {
  return {
    targetId: target.id,
    error: undefined,
    values: values.map(({ type }) => {
      const own = writes.filter((write) => write.type === type && !session.isSame(write.knob, write.from, write.to));
      const told = own.map(({ knob, from, to }) => ({ file: knobName(knob), before: from, after: to }));
      const outcome = told.length === 0 && type !== 'migrate_pages' ? 'unchanged' : 'would_apply';
      return { type, outcome, error: undefined, writes: told };
    }),
  };
}

function failedValues({ values }: TargetWish, { write, error }: WriteFailure): readonly ValueResult[] {
  return values.map(({ type }) =>
    type === write.type
      ? { type, outcome: 'failed', error, writes: [] }
      : { type, outcome: 'rolled_back', error: undefined, writes: [] },
  );
}
