import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Step, Target } from '../../shared/rpc/watch-messages.ts';
import { readSelfUsage } from '../../shared/self/self-usage.ts';
import type { WatchSession } from '../collectors/watch-session.ts';
import { Deltas } from '../derived/deltas.ts';
import { deriveTaskMetrics } from '../derived/task-metrics.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Labels } from '../model/metric.ts';
import type { MetricBatch, SeriesValues } from '../model/metric-batch.ts';
import type { Task } from '../model/task.ts';
import type { Discovery } from './discovery.ts';
import { Durations } from './durations.ts';
import type { MetricExporter } from './export-metrics.ts';
import { internalMetrics } from './internal-metrics.ts';
import type { LabelledTasks } from './labelled-tasks.ts';
import type { Outlets } from './outlets.ts';
import type { RunnerEnvironment } from './runner.ts';

/** With a bound on iterations, how long the collector may keep the first snapshot back. */
const firstSnapshotMs = 30_000;
const nothingDerived: ReadonlyMap<string, SeriesValues> = new Map();

/** The steps of an iteration, ready to work. */
export interface LoopParts {
  readonly environment: RunnerEnvironment;
  readonly discovery: Discovery;
  readonly labels: LabelledTasks;
  readonly session: WatchSession;
  readonly exporter: MetricExporter;
  readonly outlets: Outlets;
  readonly information: Labels;
  readonly enableDerivedMetrics: boolean;
}

/**
 * The iteration, driven by the collector's snapshots: tasks (found beside it) → targets → snapshot → derive → export →
 * store at once. The next discovery begins when a snapshot is done, so that its result is there for the next one.
 */
export class MeasurementLoop {
  readonly #parts: LoopParts;
  readonly #durations = new Durations();
  #tasks: ReadonlyMap<string, Task> = new Map();
  #previous: Delivery | undefined;
  #lastStartMs: number | undefined;
  #sequence = 0;
  #targetsSent = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
  }

  /** Runs until `signal` aborts or the iterations are done. Rejects when the collector refuses what is asked for. */
  async run(signal: AbortSignal): Promise<void> {
    const { environment, discovery } = this.#parts;
    const { iterations = Number.POSITIVE_INFINITY } = environment;
    await discovery.refresh(signal);
    this.#sendTargets();
    while (this.#sequence < iterations) {
      const waitedFromMs = environment.clock.monotonicMs();
      const delivery = await this.#nextDelivery(signal);
      if (delivery === undefined) return;
      this.#durations.record('sleep', (environment.clock.monotonicMs() - waitedFromMs) / 1000);
      this.#guardedIterate(delivery);
      void discovery.refresh(signal);
    }
  }

  /** undefined when `signal` aborts. With a bound on iterations the first one must come within `firstSnapshotMs`. */
  async #nextDelivery(signal: AbortSignal): Promise<Delivery | undefined> {
    const { environment, session } = this.#parts;
    if (environment.iterations === undefined || this.#sequence > 0) return session.next(signal);
    const late = new AbortController();
    const timer = environment.clock.sleep(firstSnapshotMs, late.signal).then(
      () => 'late' as const,
      () => undefined,
    );
    const first = await Promise.race([session.next(AbortSignal.any([signal, late.signal])), timer]);
    late.abort();
    if (first !== 'late') return first;
    const { address, error } = session.status;
    const subject = `collector ${address}`;
    throw error ?? new WcaError('DEADLINE', { subject, message: `no snapshot within ${firstSnapshotMs / 1000} s` });
  }

  /** Whatever goes wrong in an iteration is a bug or a plugin's; it costs this iteration only. */
  #guardedIterate(delivery: Delivery): void {
    const { episodes } = this.#parts.environment;
    this.#sequence += 1;
    try {
      this.#iterate(delivery);
      episodes.ended('iteration');
    } catch (thrown) {
      const doing = 'leaving this iteration out';
      episodes.failed('iteration', toWcaError(thrown, 'iteration'), { source: 'iteration', doing });
    }
  }

  #iterate(delivery: Delivery): void {
    const { environment } = this.#parts;
    const { clock, episodes, board } = environment;
    const startMs = clock.monotonicMs();
    this.#recordCollector(delivery, startMs);
    const tasks = this.#tasks;
    this.#sendTargets();
    const targetsMs = clock.monotonicMs();
    this.#durations.record('sync_containers_state', (targetsMs - startMs) / 1000);
    const batch = this.#export(delivery, tasks);
    const exportedMs = clock.monotonicMs();
    this.#parts.outlets.offer(batch);
    const storedMs = clock.monotonicMs();
    this.#previous = delivery;
    const steps = [
      { name: 'targets', seconds: (targetsMs - startMs) / 1000 },
      { name: 'export', seconds: (exportedMs - targetsMs) / 1000 },
      { name: 'store', seconds: (storedMs - exportedMs) / 1000 },
      ...delivery.snapshot.steps.map(({ name, seconds }) => ({ name: `collector ${name}`, seconds })),
    ];
    for (const { name, reason } of batch.refused ?? []) {
      const error = new WcaError('INVALID_ARGUMENT', { subject: `metric ${name}`, message: reason });
      episodes.failed(`metric ${name}`, error, { source: 'metrics', doing: 'leaving it out' });
    }
    board.publish({ sequence: this.#sequence, delivery, tasks, batch, steps });
  }

  #export(delivery: Delivery, tasks: ReadonlyMap<string, Task>): MetricBatch {
    const { exporter, enableDerivedMetrics, environment } = this.#parts;
    const derived = enableDerivedMetrics ? deriveTaskMetrics(new Deltas(this.#previous, delivery)) : nothingDerived;
    const timestampMs = Number(delivery.snapshot.realtimeNs / 1_000_000n);
    const unixSeconds = Number(environment.clock.realtimeNs() / 1000n) / 1e6;
    const { discovery, session, outlets, information } = this.#parts;
    const internal = internalMetrics({
      unixSeconds,
      tasks: tasks.size,
      self: readSelfUsage(),
      information,
      durations: this.#durations,
      logCounts: environment.logCounts(),
      troubles: environment.episodes.counts(),
      snapshotsLost: session.status.lost,
      discoveryAgeSeconds: discovery.ageSeconds,
      storages: outlets.status,
      seriesDropped: outlets.seriesDropped,
    });
    return exporter.export({ ...delivery, tasks, derived, internal, timestampMs });
  }

  /** Tasks found since the last iteration become targets; they are in the snapshot after the next. */
  #sendTargets(): void {
    const { discovery, labels, session, environment } = this.#parts;
    const tasks = labels.update(discovery.tasks, (error) =>
      environment.episodes.failed(error.subject, error, { source: 'labels', doing: 'leaving the label out' }),
    );
    if (tasks === this.#tasks && this.#targetsSent) return;
    this.#tasks = tasks;
    this.#targetsSent = true;
    session.setTargets(new Map([...tasks].map(([id, task]) => [id, targetOf(task)])));
  }

  /** The original's names for what the collector does now; `iteration` is the whole interval, as it was there. */
  #recordCollector({ snapshot }: Delivery, startMs: number): void {
    const seconds = (names: readonly string[]): number =>
      snapshot.steps.filter(({ name }: Step) => names.includes(name)).reduce((sum, step) => sum + step.seconds, 0);
    this.#durations.record('collect_platform_information', seconds(['platform']));
    this.#durations.record('prepare_tasks_data', seconds(['cgroup', 'perf', 'encode']));
    if (this.#lastStartMs !== undefined) this.#durations.record('iteration', (startMs - this.#lastStartMs) / 1000);
    this.#lastStartMs = startMs;
  }
}

function targetOf({ id, cgroupPath, subcgroupPaths }: Task): Target {
  return { id, cgroupPath, childCgroupPaths: subcgroupPaths };
}
