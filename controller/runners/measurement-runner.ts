import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { chooseBackoffMs } from '../collectors/backoff.ts';
import { WatchSession } from '../collectors/watch-session.ts';
import type { LabelGenerators } from '../labels/label-tasks.ts';
import type { Labels } from '../model/metric.ts';
import type { Node } from '../nodes/node.ts';
import type { Storage } from '../storages/storage.ts';
import { Discovery } from './discovery.ts';
import { MetricExporter } from './export-metrics.ts';
import { LabelledTasks } from './labelled-tasks.ts';
import { MeasurementLoop } from './measurement-loop.ts';
import { Outlets } from './outlets.ts';
import { describeFeatures, hostFacts, informationLabels } from './platform-labels.ts';
import type { Runner, RunnerEnvironment } from './runner.ts';

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
}

/** With a bound on iterations, how long to wait for a collector. */
const attachMs = 30_000;

/** Measures the tasks of a host and stores what it finds. Decides nothing. */
export class MeasurementRunner implements Runner {
  readonly #options: MeasurementOptions;

  constructor(options: MeasurementOptions) {
    this.#options = options;
  }

  async run(environment: RunnerEnvironment, signal: AbortSignal): Promise<number> {
    const logger = environment.logger('wca.runners.measurement');
    const outlets = new Outlets(new Map([['metrics_storage', this.#options.metricsStorage]]), environment);
    try {
      await outlets.start();
      for (const { name, describe } of outlets.status) logger.info({ storage: name }, describe);
      await this.#measure(environment, outlets, signal);
      return 0;
    } catch (thrown) {
      if (signal.aborted) return 0;
      const error = toWcaError(thrown, 'runner');
      const { code, subject, remedy } = error;
      logger.error({ code, subject, remedy, ...(code === 'INTERNAL' ? { err: thrown } : {}) }, error.toText());
      return 1;
    } finally {
      await outlets.stop();
      await this.#options.node.stop?.();
    }
  }

  async #measure(environment: RunnerEnvironment, outlets: Outlets, signal: AbortSignal): Promise<void> {
    const { node, discoveryTimeoutSeconds, discoveryKeepSeconds, labelGenerators, enableDerivedMetrics } =
      this.#options;
    const ending = new AbortController();
    const until = AbortSignal.any([signal, ending.signal]);
    const session = new WatchSession(this.#spec(), { ...environment, client: environment.collector });
    const discovery = new Discovery({
      ...environment,
      node,
      timeoutMs: discoveryTimeoutSeconds * 1000,
      keepMs: discoveryKeepSeconds * 1000,
    });
    environment.board.showStatus(() => ({
      collectors: [session.status],
      storages: outlets.status,
      endpoints: outlets.endpoints,
      discovery: discovery.text,
    }));
    const platform = await waitForPlatform(environment, until);
    environment.board.showHost(hostFacts(platform), describeFeatures(platform));
    const information = informationLabels(platform);
    const loop = new MeasurementLoop({
      environment,
      discovery,
      labels: new LabelledTasks(labelGenerators),
      session,
      exporter: new MetricExporter({ commonLabels: this.#commonLabels(platform, information) }),
      outlets,
      information,
      enableDerivedMetrics,
    });
    const attached = session.run(until);
    try {
      await loop.run(until);
    } finally {
      ending.abort();
      await attached;
    }
  }

  #spec() {
    const { intervalSeconds, eventNames, perfAggregateCpus, costlyInterval } = this.#options;
    const intervalMs = Math.round(intervalSeconds * 1000);
    return {
      client: apiVersion,
      intervalMs: Math.min(limits.maxIntervalMs, Math.max(limits.minIntervalMs, intervalMs)),
      events: eventNames,
      perCpu: !perfAggregateCpus,
      costlyEvery: costlyInterval,
    };
  }

  #commonLabels(platform: Platform, information: Labels): Labels {
    const optional = this.#options.includeOptionalLabels ? information : {};
    return { host: platform.hostname, ...optional, ...this.#options.extraLabels };
  }
}

/** Asks until the collector answers; an absent collector is a lasting trouble, not an end. */
async function waitForPlatform(environment: RunnerEnvironment, signal: AbortSignal): Promise<Platform> {
  const { collector, clock, episodes, random, iterations } = environment;
  const startMs = clock.monotonicMs();
  const episode = `collector ${collector.address}`;
  for (let attempt = 0; ; attempt += 1) {
    signal.throwIfAborted();
    let error: WcaError;
    try {
      const platform = await collector.getPlatform();
      episodes.ended(episode);
      return platform;
    } catch (thrown) {
      error = toWcaError(thrown, episode);
    }
    if (iterations !== undefined && clock.monotonicMs() - startMs > attachMs) throw error;
    episodes.failed(episode, error, { source: 'collector', doing: 'trying again' });
    await clock.sleep(chooseBackoffMs(attempt, random()), signal);
  }
}
