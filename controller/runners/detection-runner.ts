import { WcaError } from '../../shared/errors/wca-error.ts';
import { defineComponent } from '../config/component.ts';
import { optional, required, withDefault } from '../config/parameters.ts';
import { component, numeric } from '../config/types.ts';
import { LogStorage } from '../storages/log-storage.ts';
import { DetectionStep } from './detection-step.ts';
import type { IterationExtension } from './iteration-extension.ts';
import { MeasurementRunner } from './measurement-runner.ts';
import type { Runner, RunnerEnvironment } from './runner.ts';

/** Measures, and looks for tasks that disturb each other beside it. */
export class DetectionRunner implements Runner {
  readonly #measurement: MeasurementRunner;
  readonly #step: IterationExtension;

  constructor(measurement: MeasurementRunner, step: IterationExtension) {
    this.#measurement = measurement;
    this.#step = step;
  }

  run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number> {
    return this.#measurement.run(environment, signal, this.#step);
  }
}

/** `!DetectionRunner` with the original's parameters (spec allocation §5.2) and a time limit. */
export const detectionRunner = defineComponent({
  tag: 'DetectionRunner',
  kind: 'runner',
  since: 'seed',
  doc: 'Measures, and asks a detector which tasks disturb each other.',
  parameters: {
    measurement_runner: required(component('runner'), { doc: 'What measures: a !MeasurementRunner.' }),
    detector: required(component('detector'), { doc: 'Who looks for anomalies.' }),
    anomalies_storage: optional(component('storage'), {
      doc: 'Where anomalies go, with what the detector adds to them.',
      defaultDoc: '!LogStorage {}: text to stderr',
    }),
    detector_timeout: withDefault(numeric(0.1, 60), 5, {
      doc: 'A detector that takes longer has failed.',
      unit: 'seconds',
    }),
  },
  example: `!DetectionRunner
  measurement_runner: !MeasurementRunner
    node: !CgroupNode {}
    metrics_storage: !PrometheusStorage {}
  detector: !PsiContentionDetector {}`,
  create(args) {
    const runner = args.measurement_runner;
    if (!(runner instanceof MeasurementRunner)) {
      throw new WcaError('INVALID_CONFIG', {
        subject: 'measurement_runner',
        message: 'must be a !MeasurementRunner',
        remedy: 'put a !MeasurementRunner there',
      });
    }
    const step = new DetectionStep({
      detector: args.detector,
      anomaliesStorage: args.anomalies_storage ?? new LogStorage({ stream: 'stderr' }),
      metricsStorage: runner.metricsStorage,
      timeoutSeconds: args.detector_timeout,
    });
    return new DetectionRunner(runner, step);
  },
});
