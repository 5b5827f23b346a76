import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Step } from '../../shared/rpc/watch-messages.ts';
import type { WatchSession } from '../collectors/watch-session.ts';
import { Deltas } from '../derived/deltas.ts';
import { deriveTaskMetrics, EventPlaces } from '../derived/task-metrics.ts';
import { deriveUncoreMetrics } from '../derived/uncore-metrics.ts';
import type { Delivery } from '../model/delivery.ts';
import { batchOf } from '../model/group-metrics.ts';
import { linkAbort } from '../model/linked-abort.ts';
import type { Metric } from '../model/metric.ts';
import type { MetricBatch } from '../model/metric-batch.ts';
import type { Discovery } from './discovery.ts';
import { Durations } from './durations.ts';
import type { DerivedColumn, MetricExporter } from './export-metrics.ts';
import { internalMetrics } from './internal-metrics.ts';
import type { IterationExtension } from './iteration-extension.ts';
import type { KnownHost } from './known-host.ts';
import type { Outlets } from './outlets.ts';
import type { RunnerEnvironment } from './runner.ts';
import { SnapshotTroubles } from './snapshot-troubles.ts';
import type { TargetList } from './target-list.ts';

/** With a bound on iterations, how long the next one that counts may take beside its interval. */
const patienceMs = 30_000;
/** Steps of the collector's tick, optional ones included, by the duration of the original they belong to. */
const platformSteps = ['platform', 'uncore', 'vmstat', 'zoneinfo', 'memory_modules'];
const taskSteps = ['cgroup', 'perf', 'rdt', 'wss', 'sched', 'encode'];
/** Without a snapshot for so long the storages get the internal metrics alone. */
const leastIdleMs = 2_000;
const idleIntervals = 3;
/** The first measurement waits no longer than this for the first list of tasks. */
const firstDiscoveryMs = 1_000;

/** The steps of an iteration, ready to work. */
export interface LoopParts {
  readonly environment: RunnerEnvironment;
  readonly discovery: Discovery;
  readonly targets: TargetList;
  readonly session: Pick<WatchSession, 'next' | 'status'>;
  readonly host: KnownHost;
  readonly outlets: Pick<Outlets, 'offer' | 'status' | 'seriesDropped'>;
  readonly intervalMs: number;
  readonly enableDerivedMetrics: boolean;
  /** What is done with each iteration beside storing it. */
  readonly extension?: IterationExtension | undefined;
}

/**
 * The iteration, driven by the collector's snapshots: tasks (found beside it) → targets → snapshot → derive → export →
 * store at once. The next discovery begins when a snapshot is done, so that its result is there for the next one.
 */
export class MeasurementLoop {
  readonly #parts: LoopParts;
  readonly #durations = new Durations();
  readonly #troubles: SnapshotTroubles;
  readonly #places = new EventPlaces();
  #previous: Delivery | undefined;
  #lastStartMs: number | undefined;
  #upUnixSeconds: number | undefined;
  #sequence = 0;
  /** Iterations that hold the tasks first discovered. */
  #counted = 0;
  #lastCountedMs: number;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    const { episodes, logger } = parts.environment;
    this.#troubles = new SnapshotTroubles(episodes, logger('wca.runners.measurement'));
    this.#lastCountedMs = parts.environment.clock.monotonicMs();
  }

  /**
   * Runs until `signal` aborts or the iterations are done. Rejects when the collector refuses what is asked for, and,
   * with a bound on iterations, when the next one does not come for half a minute.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, iterations = Number.POSITIVE_INFINITY } = this.#parts.environment;
    const { extension } = this.#parts;
    let waitedFromMs = clock.monotonicMs();
    this.#discover(signal);
    this.#beginWithoutTasks(signal);
    while (this.#counted < iterations) {
      const delivery = await this.#nextDelivery(signal);
      if (signal.aborted) return;
      if (extension?.failure !== undefined) throw extension.failure;
      if (delivery === undefined) {
        this.#idle();
      } else {
        this.#durations.record('sleep', (clock.monotonicMs() - waitedFromMs) / 1000);
        await this.#guardedIterate(delivery);
        waitedFromMs = clock.monotonicMs();
      }
      this.#discover(signal);
    }
  }

  /** The next snapshot; undefined when none comes for a while or `signal` aborts. */
  async #nextDelivery(signal: AbortSignal): Promise<Delivery | undefined> {
    const { environment, session, intervalMs } = this.#parts;
    const waiting = linkAbort(signal);
    const idleMs = Math.max(leastIdleMs, idleIntervals * intervalMs);
    const timer = environment.clock.sleep(idleMs, waiting.signal).then(waiting.abort, () => undefined);
    try {
      return await session.next(waiting.signal);
    } finally {
      waiting.unlink();
      waiting.abort();
      await timer;
    }
  }

  /** Looks for tasks beside the loop; what is found becomes a target at once. */
  #discover(signal: AbortSignal): void {
    const { discovery, targets, environment } = this.#parts;
    void discovery.refresh(signal).then(() => {
      const startMs = environment.clock.monotonicMs();
      targets.takeFound();
      this.#durations.record(
        'sync_containers_state',
        discovery.lastSeconds + (environment.clock.monotonicMs() - startMs) / 1000,
      );
    });
  }

  /** The platform is measured also when the first discovery takes long or hangs. */
  #beginWithoutTasks(signal: AbortSignal): void {
    const { environment, targets } = this.#parts;
    void environment.clock.sleep(firstDiscoveryMs, signal).then(
      () => targets.takeFound(),
      () => undefined,
    );
  }

  /** No snapshot for a while: what the controller knows of itself is stored all the same. */
  #idle(): void {
    const { environment, outlets, host, session, intervalMs } = this.#parts;
    const nowMs = environment.clock.monotonicMs();
    if (environment.iterations !== undefined && nowMs - this.#lastCountedMs > patienceMs + intervalMs) {
      const { address, error } = session.status;
      const subject = `collector ${address}`;
      throw error ?? new WcaError('DEADLINE', { subject, message: `no snapshot for ${patienceMs / 1000} s` });
    }
    if (environment.iterations !== undefined) return;
    const timestampMs = Number(environment.clock.realtimeNs() / 1_000_000n);
    outlets.offer(batchOf(this.#internal(), timestampMs, host.commonLabels));
  }

  /** Whatever goes wrong in an iteration is a bug or a plugin's; it costs this iteration only. */
  async #guardedIterate(delivery: Delivery): Promise<void> {
    const { environment, targets } = this.#parts;
    const { episodes, clock, iterations } = environment;
    const counts = targets.includesFirst(delivery.roster.targetsRevision);
    try {
      const exporter = await this.#exporterFor(delivery);
      // So many iterations were asked for, so many batches are stored.
      if (exporter === undefined || (iterations !== undefined && !counts)) return;
      this.#sequence += 1;
      this.#iterate(delivery, exporter);
      episodes.ended('iteration');
    } catch (thrown) {
      const doing = 'leaving this iteration out';
      episodes.failed('iteration', toWcaError(thrown, 'iteration'), { source: 'iteration', doing });
    }
    if (!counts) return;
    this.#counted += 1;
    this.#lastCountedMs = clock.monotonicMs();
  }

  /** After an attachment the collector is asked first what the host is. */
  async #exporterFor({ attachment }: Delivery): Promise<MetricExporter | undefined> {
    const { host, environment } = this.#parts;
    if (!host.isStale(attachment)) return host.exporter;
    const startMs = environment.clock.monotonicMs();
    try {
      await host.refresh(attachment);
      this.#durations.record('collect_platform_information', (environment.clock.monotonicMs() - startMs) / 1000);
      environment.episodes.ended('platform information');
    } catch (thrown) {
      const doing = host.exporter === undefined ? 'waiting for it' : 'keeping what was known before';
      const error = toWcaError(thrown, 'platform information');
      environment.episodes.failed('platform information', error, { source: 'collector', doing });
    }
    return host.exporter;
  }

  #iterate(delivery: Delivery, exporter: MetricExporter): void {
    const { environment, targets, outlets, discovery } = this.#parts;
    const { clock, board } = environment;
    const startMs = clock.monotonicMs();
    this.#recordCollector(delivery, startMs);
    const { tasks } = targets;
    const derived = this.#derive(delivery);
    const derivedMs = clock.monotonicMs();
    this.#upUnixSeconds = Number(clock.realtimeNs() / 1000n) / 1e6;
    const timestampMs = Number(delivery.snapshot.realtimeNs / 1_000_000n);
    const batch: MetricBatch = exporter.export({
      ...delivery,
      tasks,
      derived: derived.tasks,
      internal: [...this.#internal(), ...derived.platform],
      beside: this.#parts.extension?.metrics() ?? [],
      timestampMs,
    });
    const exportedMs = clock.monotonicMs();
    outlets.offer(batch);
    const storedMs = clock.monotonicMs();
    this.#extend(delivery, derived);
    targets.dropGone();
    this.#previous = delivery;
    this.#troubles.tell(delivery.schema, delivery.snapshot, batch);
    const steps = [
      { name: 'discover', seconds: discovery.lastSeconds },
      ...delivery.snapshot.steps.map(({ name, seconds }) => ({ name: `collector ${name}`, seconds })),
      { name: 'derive', seconds: (derivedMs - startMs) / 1000 },
      { name: 'export', seconds: (exportedMs - derivedMs) / 1000 },
      { name: 'store', seconds: (storedMs - exportedMs) / 1000 },
    ];
    board.publish({ sequence: this.#sequence, delivery, tasks, batch, steps });
  }

  #extend(
    delivery: Delivery,
    derived: { readonly tasks: readonly DerivedColumn[]; readonly platform: readonly Metric[] },
  ): void {
    const { extension, host, targets } = this.#parts;
    if (extension === undefined || host.facts === undefined) return;
    extension.onIteration({
      delivery,
      facts: host.facts,
      tasks: targets.tasks,
      derivedTasks: derived.tasks,
      derivedPlatform: derived.platform,
      commonLabels: host.commonLabels,
    });
  }

  #derive(delivery: Delivery): { readonly tasks: readonly DerivedColumn[]; readonly platform: readonly Metric[] } {
    if (!this.#parts.enableDerivedMetrics) return { tasks: [], platform: [] };
    const deltas = new Deltas(this.#previous, delivery);
    return {
      tasks: deriveTaskMetrics(deltas, this.#places.of(delivery.schema)),
      platform: deriveUncoreMetrics(deltas).map(({ metric, labels, value }) => ({ name: metric, labels, value })),
    };
  }

  #internal(): readonly Metric[] {
    const { environment, targets, discovery, session, outlets, host } = this.#parts;
    return internalMetrics({
      upUnixSeconds: this.#upUnixSeconds,
      tasks: targets.size,
      self: environment.selfUsage(),
      information: host.information,
      durations: this.#durations,
      logCounts: environment.logCounts(),
      troubles: environment.episodes.counts(),
      snapshotsLost: session.status.lost,
      discoveryAgeSeconds: discovery.ageSeconds,
      storages: outlets.status,
      seriesDropped: outlets.seriesDropped,
    });
  }

  /** The original's names for what the collector does now; `iteration` is the whole interval, as it was there. */
  #recordCollector({ snapshot }: Delivery, startMs: number): void {
    const seconds = (names: readonly string[]): number =>
      snapshot.steps.filter(({ name }: Step) => names.includes(name)).reduce((sum, step) => sum + step.seconds, 0);
    this.#durations.record('collect_platform_information', seconds(platformSteps));
    this.#durations.record('prepare_tasks_data', seconds(taskSteps));
    if (this.#lastStartMs !== undefined) this.#durations.record('iteration', (startMs - this.#lastStartMs) / 1000);
    this.#lastStartMs = startMs;
  }
}
