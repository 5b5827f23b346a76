import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import { AnomalyStatistics, anomalyMetrics } from '../detectors/anomaly-metrics.ts';
import { type CheckedDetection, checkDetectionResult } from '../detectors/check-detection.ts';
import type { AnomalyDetector } from '../detectors/detector.ts';
import type { Metric } from '../model/metric.ts';
import type { MetricParts } from '../model/metric-parts.ts';
import { PluginGuard } from '../plugins/guard.ts';
import type { Storage } from '../storages/storage.ts';
import type { StorageFacts } from './board.ts';
import { Durations } from './durations.ts';
import { ExtensionStorages } from './extension-storages.ts';
import type { IterationExtension, MeasuredIteration } from './iteration-extension.ts';
import type { RunnerEnvironment } from './runner.ts';
import { viewIteration } from './task-views.ts';

/** What is left to the detector when the runner stops. */
const closeMs = 2_000;

export interface DetectionStepOptions {
  readonly detector: AnomalyDetector;
  readonly anomaliesStorage: Storage;
  readonly metricsStorage: Storage;
  readonly timeoutSeconds: number;
}

interface Running {
  readonly environment: RunnerEnvironment;
  readonly storages: ExtensionStorages;
  readonly guard: PluginGuard;
  readonly stopping: AbortController;
}

/**
 * Asks a detector in each iteration and stores what it answers (spec allocation §5.2), beside the loop: measuring never
 * waits for it. An iteration that comes while one is worked on is not shown to the detector.
 */
export class DetectionStep implements IterationExtension {
  readonly wantsAllocations = false;
  readonly failure: WcaError | undefined = undefined;
  readonly #options: DetectionStepOptions;
  readonly #statistics = new AnomalyStatistics();
  readonly #durations = new Durations();
  #running: Running | undefined;
  #busy: Promise<void> | undefined;
  #errors = 0;

  constructor(options: DetectionStepOptions) {
    this.#options = options;
  }

  get storages(): readonly StorageFacts[] {
    return this.#running?.storages.status ?? [];
  }

  async start(environment: RunnerEnvironment): Promise<void> {
    const { anomaliesStorage, metricsStorage, timeoutSeconds } = this.#options;
    const named = new Map([['anomalies_storage', anomaliesStorage]]);
    const storages = new ExtensionStorages(named, metricsStorage, environment);
    const { clock } = environment;
    const guard = new PluginGuard({ name: 'detector', timeoutMs: timeoutSeconds * 1000, clock });
    this.#running = { environment, storages, guard, stopping: new AbortController() };
    await storages.start();
  }

  onIteration(iteration: MeasuredIteration): void {
    const running = this.#running;
    if (running === undefined || this.#busy !== undefined) return;
    this.#busy = this.#detect(iteration, running)
      .catch((thrown: unknown) => {
        if (running.stopping.signal.aborted) return;
        this.#errors += 1;
        const doing = 'no anomalies in this iteration';
        running.environment.episodes.failed('detection', toWcaError(thrown, 'detection'), {
          source: 'detection',
          doing,
        });
        this.#store(iteration, running, { anomalies: [], metrics: [] });
      })
      .finally(() => {
        this.#busy = undefined;
      });
  }

  metrics(): MetricParts {
    return this.#running?.storages.forMeasurements ?? [];
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.stopping.abort();
    const { environment, storages } = running;
    const bound = environment.clock.sleep(closeMs).catch(() => undefined);
    const close = async (): Promise<void> => {
      await this.#busy;
      await this.#options.detector.close?.();
    };
    await Promise.race([close().catch(() => undefined), bound]);
    await storages.stop();
  }

  async #detect(iteration: MeasuredIteration, running: Running): Promise<void> {
    const { environment, guard, stopping } = running;
    const { clock, episodes } = environment;
    const { platform, tasks } = viewIteration(iteration, () => ({}));
    const startMs = clock.monotonicMs();
    let checked: CheckedDetection;
    try {
      const answer: unknown = await guard.call(
        (signal) => this.#options.detector.detect(platform, tasks, signal),
        stopping.signal,
      );
      checked = checkDetectionResult(answer);
    } finally {
      this.#durations.record('detect', (clock.monotonicMs() - startMs) / 1000);
    }
    episodes.ended('detection');
    this.#store(iteration, running, checked);
  }

  #store(
    { delivery, commonLabels, tasks }: MeasuredIteration,
    { environment, storages }: Running,
    { anomalies, metrics }: CheckedDetection,
  ): void {
    const unixSeconds = Number(environment.clock.realtimeNs() / 1000n) / 1e6;
    const byId = new Map([...tasks.values()].map((task) => [task.id, task]));
    const stored: MetricParts = [
      anomalyMetrics(anomalies, byId),
      metrics,
      [...this.#statistics.record(anomalies.length, unixSeconds), ...this.#own()],
    ];
    const timestampMs = Number(delivery.snapshot.realtimeNs / 1_000_000n);
    storages.store(new Map([['anomalies_storage', stored]]), timestampMs, commonLabels);
  }

  #own(): readonly Metric[] {
    return [
      { name: 'wca_detection_errors', value: this.#errors, type: 'counter', labels: {} },
      ...this.#durations.list().flatMap(({ name, last, average }): readonly Metric[] => [
        { name: 'wca_duration_seconds', value: last, type: 'gauge', labels: { function: name } },
        { name: 'wca_duration_seconds_avg', value: average, type: 'gauge', labels: { function: name } },
      ]),
    ];
  }
}
