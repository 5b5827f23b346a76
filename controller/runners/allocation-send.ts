import type { TargetResult, ValueResult } from '../../shared/allocation/results.ts';
import type { AllocationValue, CurrentAllocations, CurrentValue } from '../../shared/allocation/values.ts';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { AllocationClient, WantedTarget } from '../collectors/allocation-client.ts';
import type { Task } from '../model/task.ts';
import type { TasksData } from '../model/task-data.ts';
import { AllocationMemo } from './allocation-memo.ts';

/** One task with what it shall get and what it has. */
export interface TaskWish {
  readonly task: Task;
  readonly targetId: string;
  /** All. */
  readonly wanted: readonly AllocationValue[];
  /** Those that are not in force. */
  readonly values: readonly AllocationValue[];
  readonly current: CurrentAllocations | undefined;
}

export interface SenderOptions {
  readonly client: Pick<AllocationClient, 'allocate' | 'renewLease' | 'restore'>;
  readonly clock: Clock;
  readonly episodes: Episodes;
  readonly dryRun: boolean;
  readonly reassert: boolean;
  /** undefined: allocations stay. */
  readonly lease: { readonly id: string; readonly ttlMs: number } | undefined;
  /** Told what a dry run would write. */
  readonly onDryRun: (result: TargetResult) => void;
}

/** What became of a batch of wishes. */
export interface SendOutcome {
  /** By target id: what is in force now of what was asked. */
  readonly applied: ReadonlyMap<string, readonly CurrentValue[]>;
  /** Tasks of which something was refused. */
  readonly refused: number;
}

/** Asks the collector for what is not in force, and for nothing twice. */
export class AllocationSender {
  readonly #options: SenderOptions;
  readonly #memo: AllocationMemo;
  /** Cgroups that were allocated to, by task. */
  readonly #allocated = new Map<string, string>();
  /** Tasks whose values are known to be under the lease. */
  readonly #leased = new Set<string>();
  /** Tasks that were wished something of last. */
  #wished: ReadonlySet<string> = new Set();
  readonly #outcomes = new Map<ValueResult['outcome'], number>();
  #renewedMs = Number.NEGATIVE_INFINITY;
  #requests = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#memo = new AllocationMemo(options.clock);
  }

  /** Results of single values so far, by outcome. */
  get outcomes(): ReadonlyMap<string, number> {
    return this.#outcomes;
  }

  /** Cgroups that were allocated to. */
  get allocated(): readonly string[] {
    return [...this.#allocated.values()];
  }

  /** `living`: all tasks there are. Rejects when the collector cannot be asked. */
  async send(wishes: readonly TaskWish[], living: Pick<TasksData, 'size' | 'has'>): Promise<SendOutcome> {
    const { client, dryRun, reassert, lease } = this.#options;
    this.#forget(wishes, living);
    await this.#renew();
    const open: TaskWish[] = [];
    for (const one of wishes) {
      const wish = this.#withLease(one);
      const { task, values, current } = wish;
      if (values.length > 0 && !this.#memo.isKnown(task.id, values, current)) open.push(wish);
    }
    if (open.length === 0) return { applied: new Map(), refused: 0 };
    this.#requests += 1;
    const requestId = `allocate-${this.#requests}`;
    const results = await client.allocate(open.map(wantedOf), { requestId, dryRun, reassert, lease });
    this.#renewedMs = this.#options.clock.monotonicMs();
    return this.#take(open, results);
  }

  /** Puts back what was allocated. */
  async restore(): Promise<void> {
    if (this.#allocated.size === 0) return;
    const results = await this.#options.client.restore(this.allocated, 'restore-on-exit');
    for (const { targetId, error, values } of results) {
      const problem = error ?? values.find((value) => value.error !== undefined)?.error;
      if (problem !== undefined) {
        this.#options.episodes.failed(`restore ${targetId}`, problem, { source: 'allocation', doing: 'leaving it' });
      }
    }
  }

  /** What ended tasks had is remembered until that is the most of it: discovery may have lost them for a moment only. */
  #forget(wishes: readonly TaskWish[], living: Pick<TasksData, 'size' | 'has'>): void {
    if (wishes.length !== this.#wished.size || !wishes.every(({ task }) => this.#wished.has(task.id))) {
      this.#wished = new Set(wishes.map(({ task }) => task.id));
      this.#memo.keepOnly(this.#wished);
      for (const id of this.#leased) if (!this.#wished.has(id)) this.#leased.delete(id);
    }
    if (this.#allocated.size <= 2 * living.size + 100) return;
    for (const id of this.#allocated.keys()) if (!living.has(id)) this.#allocated.delete(id);
  }

  /** Values that are in force already, of a controller before this one, come under the lease by being asked for again. */
  #withLease(wish: TaskWish): TaskWish {
    const { lease, dryRun } = this.#options;
    if (lease === undefined || dryRun || this.#leased.has(wish.task.id)) return wish;
    return { ...wish, values: wish.wanted };
  }

  #take(open: readonly TaskWish[], results: readonly TargetResult[]): SendOutcome {
    const applied = new Map<string, readonly CurrentValue[]>();
    let refused = 0;
    open.forEach((wish, i) => {
      const result = results[i];
      if (result === undefined) return;
      const { task, targetId, values, current } = wish;
      for (const { outcome } of result.values) this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
      const problem = problemOf(result);
      this.#memo.note(task.id, values, { current, isDone: problem === undefined });
      if (problem === undefined) {
        if (this.#options.dryRun) this.#options.onDryRun(result);
        else this.#allocated.set(task.id, task.cgroupPath);
        this.#leased.add(task.id);
        if (!this.#options.dryRun)
          applied.set(
            targetId,
            values.map((value) => ({ value, raw: '' })),
          );
      } else refused += 1;
      this.#tell(task, problem);
    });
    return { applied, refused };
  }

  #tell(task: Task, problem: WcaError | undefined): void {
    const episode = `allocation of ${task.id}`;
    if (problem === undefined) this.#options.episodes.ended(episode);
    else this.#options.episodes.failed(episode, problem, { source: 'allocation', doing: 'the task keeps what it has' });
  }

  /** Every third of the lease. One that the collector does not know any more is begun anew. */
  async #renew(): Promise<void> {
    const { lease, client, clock, episodes } = this.#options;
    const nowMs = clock.monotonicMs();
    if (lease === undefined || this.#allocated.size === 0 || nowMs - this.#renewedMs < lease.ttlMs / 3) return;
    try {
      const known = await client.renewLease(lease.id, lease.ttlMs);
      this.#renewedMs = nowMs;
      if (known === 0) {
        this.#memo.clear();
        this.#leased.clear();
      }
      episodes.ended('lease');
    } catch (thrown) {
      episodes.failed('lease', toWcaError(thrown, 'lease'), { source: 'allocation', doing: 'trying again' });
    }
  }
}

function wantedOf({ task, targetId, values, current }: TaskWish): WantedTarget {
  return {
    target: { id: targetId, cgroupPath: task.cgroupPath, childCgroupPaths: task.subcgroupPaths },
    identity: current?.identity ?? 0n,
    values,
  };
}

function problemOf({ error, values, targetId }: TargetResult): WcaError | undefined {
  if (error !== undefined) return error;
  const bad = values.find(({ outcome }) => outcome === 'rejected' || outcome === 'failed' || outcome === 'rolled_back');
  if (bad === undefined) return undefined;
  const first = values.find((value) => value.error !== undefined && value.error.code !== 'CANCELLED')?.error;
  return first ?? new WcaError('KERNEL_REFUSED', { subject: targetId, message: `${bad.type} was ${bad.outcome}` });
}
