import type { TroubleCount } from '../../shared/log/episodes.ts';
import type { LogCount } from '../../shared/log/logger.ts';
import type { SelfUsage } from '../../shared/self/self-usage.ts';
import type { Labels, Metric } from '../model/metric.ts';
import type { StorageFacts } from './board.ts';
import type { Durations } from './durations.ts';

/** What the controller knows of itself after an iteration. */
export interface InternalFacts {
  /** When the last iteration was completed; undefined before. */
  readonly upUnixSeconds: number | undefined;
  readonly tasks: number;
  readonly self: SelfUsage | undefined;
  /** Labels of wca_information; undefined until the collector has told what the host is. */
  readonly information: Labels | undefined;
  readonly durations: Durations;
  readonly logCounts: readonly LogCount[];
  readonly troubles: readonly TroubleCount[];
  readonly snapshotsLost: number;
  readonly discoveryAgeSeconds: number;
  readonly storages: readonly StorageFacts[];
  /** By name of the storage parameter. */
  readonly seriesDropped: ReadonlyMap<string, number>;
}

/** The metrics of the agent itself (spec measurements §8); help and types are in the catalogue. */
export function internalMetrics(facts: InternalFacts): readonly Metric[] {
  const metric = (name: string, value: number, labels: Labels = {}): Metric => ({ name, value, labels });
  return [
    ...(facts.upUnixSeconds === undefined ? [] : [metric('wca_up', facts.upUnixSeconds)]),
    metric('wca_tasks', facts.tasks),
    ...(facts.self === undefined
      ? []
      : [metric('wca_mem_usage_bytes', facts.self.rssBytes), metric('wca_cpu_usage_seconds', facts.self.cpuSeconds)]),
    ...(facts.information === undefined ? [] : [metric('wca_information', 1, facts.information)]),
    metric('wca_snapshots_lost', facts.snapshotsLost),
    metric('wca_discovery_age_seconds', facts.discoveryAgeSeconds),
    ...facts.durations
      .list()
      .flatMap(({ name, last, average }) => [
        metric('wca_duration_seconds', last, { function: name }),
        metric('wca_duration_seconds_avg', average, { function: name }),
      ]),
    ...facts.logCounts.flatMap(({ module, warnings, errors }) => [
      metric('wca_warning_count', warnings, { module }),
      metric('wca_error_count', errors, { module }),
    ]),
    ...facts.troubles.map(({ code, source, count }) => metric('wca_errors', count, { code, source })),
    ...facts.storages.flatMap(({ name, status }) => [
      metric('wca_batches_dropped', status.dropped, { storage: name }),
      metric('wca_batches_failed', status.failed, { storage: name }),
      metric('wca_batches_waiting', status.waiting, { storage: name }),
    ]),
    ...[...facts.seriesDropped].map(([storage, count]) => metric('wca_series_dropped', count, { storage })),
  ];
}
