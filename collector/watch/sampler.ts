import { setImmediate } from 'node:timers/promises';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Step } from '../../shared/rpc/watch-messages.ts';
import type { CgroupPool } from './cgroup-pool.ts';
import { AllocationBoard } from './current-allocations.ts';
import { isDue, nextGridMs, secondTickMs, skippedTicks } from './grid.ts';
import type { PlatformFeed } from './platform-feed.ts';
import type { AllocationReader, SourcePlan } from './ports.ts';
import { CgroupReadout } from './read-cgroups.ts';
import { readSources, sourcesOf } from './read-sources.ts';
import type { SharedCgroup } from './shared-cgroup.ts';
import { SourcePool } from './source-pool.ts';
import { Subscriber, type SubscriberOptions } from './subscriber.ts';

/** Work done at one go before other work of the process gets a turn. */
const sliceMs = 8;
/** Between ticks so far apart, what is allocated is looked at in between. */
const allocationTurnMs = 1_000;

export interface SamplerParts {
  readonly clock: Clock;
  readonly pool: CgroupPool;
  readonly platform: PlatformFeed;
  /** Absent where nothing tells what is allocated. */
  readonly allocations?: AllocationReader | undefined;
  /** Told of a tick that threw: a bug, survived. */
  readonly onTrouble: (thrown: unknown) => void;
  /** Told before anything is opened for targets that a subscriber named. */
  readonly onTargets?: (subscriber: Subscriber) => void;
}

export interface SubscribeOptions extends Omit<SubscriberOptions, 'sources' | 'allocations'> {
  /** Whether it is told what is allocated to its targets. */
  readonly currentAllocations?: boolean;
}

/** How sampling goes, for GetStatus and the collector's own metrics. */
export interface SamplerFigures {
  readonly ticks: number;
  readonly overruns: number;
  readonly lastSteps: readonly Step[];
  readonly lastSeconds: number;
}

/**
 * The one sampling loop for all subscribers. A tick reads the union of the cgroups of all subscribers that are due, each
 * once, and then builds a snapshot for each of them. Between ticks it applies updates and opens cgroups. It runs only
 * while there are subscribers.
 */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #readout: CgroupReadout;
  readonly #sources = new SourcePool();
  readonly #board: AllocationBoard | undefined;
  readonly #subscribers = new Set<Subscriber>();
  #running: Promise<void> | undefined;
  #asleep: AbortController | undefined;
  #stopped = false;
  #ticks = 0;
  #overruns = 0;
  #lastSteps: readonly Step[] = [];
  #lastSeconds = 0;
  #encodeSeconds = 0;
  #longestDelayMs = 0;

  constructor(parts: SamplerParts) {
    this.#parts = parts;
    this.#readout = new CgroupReadout(parts.clock, sliceMs);
    this.#board = parts.allocations === undefined ? undefined : new AllocationBoard(parts.allocations);
  }

  get subscribers(): readonly Subscriber[] {
    return [...this.#subscribers].filter(({ closed }) => !closed);
  }

  get figures(): SamplerFigures {
    const [lastSteps, lastSeconds] = [this.#lastSteps, this.#lastSeconds];
    return { ticks: this.#ticks, overruns: this.#overruns, lastSteps, lastSeconds };
  }

  /** Longest time since the last call by which a tick began late, that is, in which the process was busy otherwise. */
  takeLongestDelaySeconds(): number {
    const seconds = this.#longestDelayMs / 1000;
    this.#longestDelayMs = 0;
    return seconds;
  }

  /**
   * Throws LIMIT_REACHED when there are too many, and the reason why a required source cannot be had. Its first tick
   * comes as soon as its first update is applied.
   */
  subscribe(
    { currentAllocations = false, ...options }: SubscribeOptions,
    plans: readonly SourcePlan[] = [],
  ): Subscriber {
    if (this.#stopped) throw new WcaError('UNAVAILABLE', { subject: 'Watch', message: 'the collector is stopping' });
    if (this.subscribers.length >= limits.maxSubscribers) {
      throw new WcaError('LIMIT_REACHED', {
        subject: 'Watch',
        message: `${limits.maxSubscribers} subscribers are attached already`,
        remedy: 'see wca-ctl status for who they are',
      });
    }
    const { pool, platform, clock } = this.#parts;
    const sources = this.#sources.acquire(plans);
    const allocations = currentAllocations ? this.#board : undefined;
    const subscriber = new Subscriber(
      { ...options, sources, allocations },
      { pool, platform, nowMs: clock.monotonicMs() },
    );
    this.#subscribers.add(subscriber);
    this.#running ??= this.#run();
    return subscriber;
  }

  unsubscribe(subscriber: Subscriber): void {
    subscriber.close();
    this.wake();
  }

  /** Something was enqueued: looks at it now. */
  wake(): void {
    this.#asleep?.abort();
  }

  /** Ends the loop and lets go of everything; idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const subscriber of this.#subscribers) subscriber.close();
    this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    // Never in the stack of `subscribe`: its caller is not ready for a failure yet.
    await setImmediate();
    for (;;) {
      this.#settle();
      if (this.#subscribers.size === 0) break;
      const nowMs = this.#parts.clock.monotonicMs();
      const due = this.#dueAt(nowMs);
      if (due.length > 0) await this.#guardedTick(due, nowMs);
      else if (this.#parts.pool.unopened > 0) await this.#openSlice();
      else if (this.#board?.hasWork(nowMs) === true) await this.#allocationSlice(this.#board);
      else await this.#sleep(nowMs);
    }
    this.#running = undefined;
  }

  /** Between ticks: who left is released, updates are applied. */
  #settle(): void {
    for (const subscriber of this.#subscribers) {
      try {
        if (!subscriber.closed && subscriber.applyPending()) this.#parts.onTargets?.(subscriber);
      } catch (thrown) {
        subscriber.close();
        if (thrown instanceof WcaError) subscriber.options.onFailure(thrown);
        else this.#parts.onTrouble(thrown);
      }
      if (!subscriber.closed) continue;
      this.#subscribers.delete(subscriber);
      subscriber.release();
      this.#sources.release(subscriber.options.sources);
    }
  }

  /** A newcomer is due once all waiting cgroups are open: nobody else waits for that. */
  #dueAt(nowMs: number): Subscriber[] {
    return [...this.#subscribers].filter(({ hasTargets, dueMs }) => {
      if (dueMs === undefined) return hasTargets && this.#unprepared === 0;
      return isDue(dueMs, nowMs);
    });
  }

  /** Cgroups to be opened, targets whose allocations were never read. */
  get #unprepared(): number {
    return this.#parts.pool.unopened + (this.#board?.unread ?? 0);
  }

  async #openSlice(): Promise<void> {
    const { pool, clock } = this.#parts;
    const untilMs = clock.monotonicMs() + sliceMs;
    while (pool.openNext() && clock.monotonicMs() < untilMs);
    await setImmediate();
  }

  async #allocationSlice(board: AllocationBoard): Promise<void> {
    const { clock, onTrouble } = this.#parts;
    const untilMs = clock.monotonicMs() + sliceMs;
    try {
      board.readSlice(() => clock.monotonicMs() >= untilMs);
    } catch (thrown) {
      onTrouble(thrown);
    }
    await setImmediate();
  }

  async #sleep(nowMs: number): Promise<void> {
    const dues = [...this.#subscribers].flatMap(({ dueMs }) => dueMs ?? []);
    const longestMs = this.#board === undefined || this.#board.size === 0 ? limits.maxIntervalMs : allocationTurnMs;
    const waitMs = Math.max(1, Math.min(longestMs, ...dues.map((dueMs) => dueMs - nowMs)));
    const asleep = new AbortController();
    this.#asleep = asleep;
    try {
      await this.#parts.clock.sleep(waitMs, asleep.signal);
    } catch (thrown) {
      if (!asleep.signal.aborted) throw thrown;
    } finally {
      this.#asleep = undefined;
    }
  }

  async #guardedTick(due: readonly Subscriber[], nowMs: number): Promise<void> {
    for (const { dueMs } of due) this.#longestDelayMs = Math.max(this.#longestDelayMs, nowMs - (dueMs ?? nowMs));
    try {
      await this.#tick(due);
    } catch (thrown) {
      this.#parts.onTrouble(thrown);
    }
    this.#plan(due, nowMs);
    this.#lastSeconds = (this.#parts.clock.monotonicMs() - nowMs) / 1000;
  }

  async #tick(due: readonly Subscriber[]): Promise<void> {
    const { clock, pool, platform } = this.#parts;
    this.#ticks += 1;
    const startMs = clock.monotonicMs();
    if (platform.read()) {
      pool.setOnlineCpus(platform.onlineCpus);
      for (const subscriber of this.#subscribers) subscriber.followColumns();
    }
    const platformSeconds = (clock.monotonicMs() - startMs) / 1000;
    const { filesMs, countersMs } = await this.#readout.read(this.#cgroupsOf(due));
    const steps = [
      { name: 'platform', seconds: platformSeconds },
      { name: 'cgroup', seconds: filesMs / 1000 },
      { name: 'perf', seconds: countersMs / 1000 },
      ...(await readSources(due, { clock, tick: this.#ticks, sliceMs })),
      // Known only after the snapshots are made: that of the tick before.
      { name: 'encode', seconds: this.#encodeSeconds },
    ];
    this.#encodeSeconds = await this.#deliver(due, steps);
    this.#lastSteps = [...steps.slice(0, -1), { name: 'encode', seconds: this.#encodeSeconds }];
    for (const source of sourcesOf(due)) source.source.targets?.afterTick();
  }

  async #deliver(due: readonly Subscriber[], steps: readonly Step[]): Promise<number> {
    const { clock } = this.#parts;
    const realtimeNs = clock.realtimeNs();
    const monotonicNs = clock.monotonicNs();
    let seconds = 0;
    for (const subscriber of due) {
      if (subscriber.closed) continue;
      const startMs = clock.monotonicMs();
      subscriber.deliver({ realtimeNs, monotonicNs, steps });
      seconds += (clock.monotonicMs() - startMs) / 1000;
      if (due.length > 1) await setImmediate();
    }
    return seconds;
  }

  /** The cgroups of all targets that are due, each once. */
  #cgroupsOf(due: readonly Subscriber[]): SharedCgroup[] {
    const cgroups: SharedCgroup[] = [];
    for (const { rows, wantsCostly } of due) {
      for (const { sources } of rows) {
        for (const { cgroup, costly } of sources) {
          if (cgroup.tick !== this.#ticks) {
            cgroup.tick = this.#ticks;
            cgroup.wantsCostly = false;
            cgroups.push(cgroup);
          }
          if (costly && wantsCostly) cgroup.wantsCostly = true;
        }
      }
    }
    return cgroups;
  }

  /** When each subscriber is due next. Skipped grid points are counted, never made up for. */
  #plan(due: readonly Subscriber[], startMs: number): void {
    const endMs = this.#parts.clock.monotonicMs();
    let skipped = 0;
    for (const subscriber of due) {
      const { dueMs } = subscriber;
      const { intervalMs } = subscriber.options;
      const afterMs = nextGridMs(endMs, intervalMs);
      const nextMs = dueMs === undefined ? Math.max(afterMs, secondTickMs(startMs, intervalMs)) : afterMs;
      if (dueMs !== undefined) skipped = Math.max(skipped, skippedTicks({ dueMs, nextMs, intervalMs }));
      subscriber.dueMs = nextMs;
    }
    this.#overruns += skipped;
  }
}
