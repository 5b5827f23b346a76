import type { IterationExtension } from './iteration-extension.ts';
import type { MeasurementRunner } from './measurement-runner.ts';
import type { Runner, RunnerEnvironment } from './runner.ts';

/** Measures, and allocates beside it. */
export class AllocationRunner implements Runner {
  readonly #measurement: MeasurementRunner;
  readonly #step: IterationExtension;

  readonly #warnings: readonly string[];

  /** `warnings` are logged at start. */
  constructor(measurement: MeasurementRunner, step: IterationExtension, warnings: readonly string[] = []) {
    this.#measurement = measurement;
    this.#step = step;
    this.#warnings = warnings;
  }

  run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number> {
    for (const warning of this.#warnings) environment.logger('wca.runners.allocation').warn(warning);
    return this.#measurement.run(environment, signal, this.#step);
  }
}
