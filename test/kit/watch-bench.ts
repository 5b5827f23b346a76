import { setImmediate } from 'node:timers/promises';
import type { Row } from '../../collector/kernel/row.ts';
import { CgroupPool } from '../../collector/watch/cgroup-pool.ts';
import { PlatformFeed } from '../../collector/watch/platform-feed.ts';
import type { AllocationPass, AllocationReader, PlatformSource, SourcePlan } from '../../collector/watch/ports.ts';
import { Sampler } from '../../collector/watch/sampler.ts';
import type { Subscriber } from '../../collector/watch/subscriber.ts';
import type { CurrentAllocations } from '../../shared/allocation/values.ts';
import type { WcaError } from '../../shared/errors/wca-error.ts';
import { decodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import type { Column, Roster, Schema, Snapshot, Target, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import { FakeHost } from './fake-cgroups.ts';
import { FakeClock } from './fake-clock.ts';

/** A platform of CPUs in memory. */
export class FakePlatform implements PlatformSource {
  columns: readonly Column[] = [{ metric: 'platform_topology_cpus', labels: {}, kind: 'u64', divisor: 1 }];
  onlineCpus: readonly number[] = [0, 1];
  changed = false;

  readInto(row: Row, at: number): void {
    row.setInteger(at, this.onlineCpus.length);
  }

  refresh(): boolean {
    const { changed } = this;
    this.changed = false;
    return changed;
  }
}

/** What is allocated, in memory. */
export class FakeAllocationReader implements AllocationReader {
  readonly current = new Map<string, CurrentAllocations>();
  readonly revisions = new Map<string, number>();
  /** Paths, as they were read. */
  readonly reads: string[] = [];
  passes = 0;

  begin(): AllocationPass {
    this.passes += 1;
    return {
      read: ({ path }) => {
        this.reads.push(path);
        return structuredClone(this.current.get(path)) ?? { identity: 0n, values: [] };
      },
      close: () => {},
    };
  }

  revision(path: string): number {
    return this.revisions.get(path) ?? 0;
  }

  /** Somebody sets a quota. */
  set(path: string, quotaUs: number): void {
    const raw = `${quotaUs} 100000`;
    const value = { type: 'cpu_quota', quotaUs, periodUs: 100_000 } as const;
    this.current.set(path, { identity: 5n, values: [{ value, raw }] });
  }
}

type SamplerOptions = Parameters<Sampler['subscribe']>[0];

/** A sampler over cgroups, platform and time in memory. */
export class WatchBench {
  readonly host = new FakeHost();
  readonly clock = new FakeClock();
  readonly platform = new FakePlatform();
  readonly pool = new CgroupPool(this.host);
  readonly troubles: unknown[] = [];
  readonly allocations = new FakeAllocationReader();
  readonly sampler = new Sampler({
    clock: this.clock,
    pool: this.pool,
    platform: new PlatformFeed(this.platform, () => ({
      usage: { rssBytes: 1, cpuSeconds: 2 },
      openDescriptors: 3,
      overruns: this.sampler.figures.overruns,
    })),
    onTrouble: (thrown) => this.troubles.push(thrown),
    allocations: this.allocations,
  });

  subscribe(options: Partial<SamplerOptions> = {}, plans: readonly SourcePlan[] = []): FakeClient {
    const client = new FakeClient(this.sampler);
    const own: SamplerOptions = {
      peer: 'test',
      intervalMs: 1000,
      events: undefined,
      costlyEvery: 1,
      sink: { send: (frame, flushed) => client.receive(frame, flushed) },
      onFailure: (error) => {
        client.failure = error;
      },
    };
    client.subscriber = this.sampler.subscribe({ ...own, ...options }, plans);
    return client;
  }

  /** Lets everything that can go on without time going on. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i += 1) await setImmediate();
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    this.clock.advanceMs(ms);
    await this.settle();
  }
}

/** The other end of a subscriber's stream. */
export class FakeClient {
  subscriber: Subscriber | undefined;
  failure: WcaError | undefined;
  /** False: takes a frame and never says that it is through with it. */
  reads = true;
  readonly responses: WatchResponse[] = [];
  readonly #sampler: Sampler;
  readonly #stuck: (() => void)[] = [];
  #revision = 0;

  constructor(sampler: Sampler) {
    this.#sampler = sampler;
  }

  receive(frame: Buffer, flushed: () => void): void {
    this.responses.push(decodeWatchResponse(frame));
    if (this.reads) process.nextTick(flushed);
    else this.#stuck.push(flushed);
  }

  /** Begins to read again. */
  read(): void {
    this.reads = true;
    for (const flushed of this.#stuck.splice(0)) flushed();
  }

  update(upsert: readonly (string | Target)[], remove: readonly string[] = []): void {
    this.#revision += 1;
    const targets = upsert.map((target) =>
      typeof target === 'string' ? { id: target, cgroupPath: target, childCgroupPaths: [] } : target,
    );
    this.subscriber?.enqueue({ revision: this.#revision, upsert: targets, remove }, () => {});
    this.#sampler.wake();
  }

  leave(): void {
    if (this.subscriber !== undefined) this.#sampler.unsubscribe(this.subscriber);
  }

  get kinds(): readonly string[] {
    return this.responses.map(({ kind }) => kind);
  }

  get snapshots(): readonly Snapshot[] {
    return this.responses.flatMap((response) => (response.kind === 'snapshot' ? [response.snapshot] : []));
  }

  get schemas(): readonly Schema[] {
    return this.responses.flatMap((response) => (response.kind === 'schema' ? [response.schema] : []));
  }

  get rosters(): readonly Roster[] {
    return this.responses.flatMap((response) => (response.kind === 'roster' ? [response.roster] : []));
  }

  get last(): Snapshot {
    const last = this.snapshots.at(-1);
    if (last === undefined) throw new Error('no snapshot yet');
    return last;
  }
}
