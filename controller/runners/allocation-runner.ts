import type { Need } from '../config/need.ts';
import type { IterationExtension } from './iteration-extension.ts';
import type { MeasurementRunner } from './measurement-runner.ts';
import type { Runner, RunnerEnvironment } from './runner.ts';

export interface AllocationRunnerFacts {
  /** Logged at start. */
  readonly warnings: readonly string[];
  /** Capabilities without which the controller ends. */
  readonly required: readonly string[];
}

/** Measures, and allocates beside it. */
export class AllocationRunner implements Runner {
  readonly #measurement: MeasurementRunner;
  readonly #step: IterationExtension;
  readonly #told: AllocationRunnerFacts;

  constructor(measurement: MeasurementRunner, step: IterationExtension, told: AllocationRunnerFacts) {
    this.#measurement = measurement;
    this.#step = step;
    this.#told = told;
  }

  needs(): readonly Need[] {
    const { required } = this.#told;
    return required.map((capability) => ({ capability, wantedBy: '!AllocationRunner', whenAbsent: 'ends' }));
  }

  run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number> {
    for (const warning of this.#told.warnings) environment.logger('wca.runners.allocation').warn(warning);
    return this.#measurement.run(environment, signal, this.#step);
  }
}
