import { toWcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { WatchSpec } from '../../shared/rpc/watch-messages.ts';
import type { AllocationConfiguration } from '../allocators/allocation-configuration.ts';
import { WatchSession } from '../collectors/watch-session.ts';
import type { Need } from '../config/need.ts';
import type { LabelGenerators } from '../labels/label-tasks.ts';
import type { Labels } from '../model/metric.ts';
import type { Node } from '../nodes/node.ts';
import type { Storage } from '../storages/storage.ts';
import { Discovery } from './discovery.ts';
import { FieldFilter } from './field-filter.ts';
import type { IterationExtension } from './iteration-extension.ts';
import { KnownHost } from './known-host.ts';
import { LabelledTasks } from './labelled-tasks.ts';
import { MeasurementLoop } from './measurement-loop.ts';
import { measurementNeeds } from './measurement-needs.ts';
import { noteAutomatic, type OptionalMeasurements, warningsOf } from './optional-measurements.ts';
import { Outlets } from './outlets.ts';
import type { Runner, RunnerEnvironment } from './runner.ts';
import { TargetList } from './target-list.ts';

export interface MeasurementOptions {
  readonly node: Node;
  readonly metricsStorage: Storage;
  readonly intervalSeconds: number;
  readonly extraLabels: Labels;
  readonly eventNames: readonly string[];
  readonly perfAggregateCpus: boolean;
  readonly enableDerivedMetrics: boolean;
  readonly labelGenerators: LabelGenerators;
  readonly includeOptionalLabels: boolean;
  readonly costlyInterval: number;
  readonly discoveryTimeoutSeconds: number;
  readonly discoveryKeepSeconds: number;
  readonly optional: OptionalMeasurements;
  /** Constants of allocations; undefined: the defaults. */
  readonly allocation?: AllocationConfiguration | undefined;
}

/** Measures the tasks of a host and stores what it finds. Decides nothing. */
export class MeasurementRunner implements Runner {
  readonly #options: MeasurementOptions;

  constructor(options: MeasurementOptions) {
    this.#options = options;
  }

  /** What metrics are stored in: an extension with the same storage adds its own to them. */
  get metricsStorage(): Storage {
    return this.#options.metricsStorage;
  }

  get allocationUnits(): MeasurementOptions['allocation'] {
    return this.#options.allocation;
  }

  needs(): readonly Need[] {
    return measurementNeeds(this.#options.eventNames, this.#options.optional);
  }

  /** `extension`: what is done with each iteration beside storing it. */
  async run(environment: RunnerEnvironment, signal: AbortSignal, extension?: IterationExtension): Promise<number> {
    const logger = environment.logger('wca.runners.measurement');
    const outlets = new Outlets(new Map([['metrics_storage', this.#options.metricsStorage]]), environment);
    try {
      await outlets.start();
      await extension?.start(environment);
      for (const { name, describe } of outlets.status) logger.info({ storage: name }, describe);
      for (const warning of warningsOf(this.#options.optional)) logger.warn(warning);
      await this.#measure(environment, { outlets, extension }, signal);
      return 0;
    } catch (thrown) {
      if (signal.aborted) return 0;
      const error = toWcaError(thrown, 'runner');
      const { code, subject, remedy } = error;
      logger.error({ code, subject, remedy, ...(code === 'INTERNAL' ? { err: thrown } : {}) }, error.toText());
      return 1;
    } finally {
      await extension?.stop();
      await outlets.stop();
      await this.#options.node.stop?.();
    }
  }

  async #measure(
    environment: RunnerEnvironment,
    { outlets, extension }: { readonly outlets: Outlets; readonly extension: IterationExtension | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const { episodes, board, collector } = environment;
    const { includeOptionalLabels, enableDerivedMetrics, optional } = this.#options;
    const extraLabels = { ...this.#options.extraLabels, ...environment.labels };
    const fields = new FieldFilter(optional.fields);
    const ending = new AbortController();
    const until = AbortSignal.any([signal, ending.signal]);
    const spec = {
      ...this.#spec(),
      ...(extension === undefined ? {} : { currentAllocations: extension.wantsAllocations }),
    };
    const session = new WatchSession(spec, {
      ...environment,
      client: collector,
      readSchema: (schema) => noteAutomatic(schema, optional.automatic),
    });
    const discovery = this.#discovery(environment);
    const targets = new TargetList({
      discovery,
      labels: new LabelledTasks(this.#options.labelGenerators),
      sink: session,
      onLabelError: (error) => episodes.failed('labels', error, { source: 'labels', doing: 'leaving the label out' }),
    });
    board.showStatus(() => ({
      collectors: [session.status],
      storages: [...outlets.status, ...(extension?.storages ?? [])],
      endpoints: outlets.endpoints,
      discovery: discovery.text,
    }));
    const loop = new MeasurementLoop({
      environment,
      discovery,
      targets,
      session,
      host: new KnownHost({ source: collector, board, extraLabels, includeOptionalLabels, fields }),
      outlets,
      intervalMs: spec.intervalMs,
      enableDerivedMetrics,
      extension,
    });
    const attached = session.run(until);
    try {
      await loop.run(until);
    } finally {
      ending.abort();
      await attached;
    }
  }

  #discovery(environment: RunnerEnvironment): Discovery {
    const { node, discoveryTimeoutSeconds, discoveryKeepSeconds } = this.#options;
    return new Discovery({
      ...environment,
      node,
      timeoutMs: discoveryTimeoutSeconds * 1000,
      keepMs: discoveryKeepSeconds * 1000,
    });
  }

  #spec(): WatchSpec {
    const { intervalSeconds, eventNames, perfAggregateCpus, costlyInterval, optional } = this.#options;
    const intervalMs = Math.round(intervalSeconds * 1000);
    return {
      client: apiVersion,
      intervalMs: Math.min(limits.maxIntervalMs, Math.max(limits.minIntervalMs, intervalMs)),
      events: eventNames,
      perCpu: !perfAggregateCpus,
      costlyEvery: costlyInterval,
      ...optional.watch,
    };
  }
}
