import { type Anomaly, type ContendedResource, contendedResources } from '../../model/anomaly.ts';
import type { Metric } from '../../model/metric.ts';
import type { Contender, Judgement, Verdict } from './judge.ts';
import type { HostRates, TaskRates } from './rates.ts';
import type { PressureResource } from './sample.ts';

/** What is known of a contention that is told. */
export interface Finding {
  readonly resource: PressureResource;
  readonly id: string;
  /** Of the last interval that showed it: at least one. */
  readonly contenders: readonly Contender[];
  /** Of the interval that has just ended. */
  readonly judgement: Judgement;
  readonly rates: TaskRates;
  readonly host: HostRates;
}

const resourceNames: Readonly<Record<PressureResource, ContendedResource>> = {
  cpu: contendedResources.CPUS,
  memory: contendedResources.MEMORY,
  io: contendedResources.IO,
};

/** A contention with its evidence as metrics; what was not measured has none. */
export function anomalyOf({ resource, id, contenders, judgement, rates, host }: Finding): Anomaly {
  const labels = { contended_task_id: id, resource: resourceNames[resource] };
  const gauge = (name: string, value: number | undefined, more: Readonly<Record<string, string>> = {}): Metric[] =>
    value === undefined ? [] : [{ name, value, type: 'gauge', labels: { ...labels, ...more } }];
  return {
    kind: 'contention',
    resource: resourceNames[resource],
    contendedTaskId: id,
    contendingTaskIds: contenders.map((contender) => contender.id),
    metrics: [
      ...gauge('anomaly_pressure_ratio', judgement.pressure),
      ...gauge('anomaly_net_pressure_ratio', judgement.net),
      ...(resource === 'cpu' ? gauge('anomaly_throttled_ratio', rates.throttled) : []),
      ...(resource === 'cpu' ? gauge('anomaly_steal_ratio', host.steal) : []),
      ...(resource === 'cpu' ? gauge('anomaly_host_busy_ratio', host.busy) : []),
      ...(resource === 'memory' ? gauge('anomaly_host_memory_ratio', host.memoryShare) : []),
      ...gauge('anomaly_use', rates.use[resource], { used_by: id }),
      ...contenders.flatMap((contender) => gauge('anomaly_use', contender.use, { used_by: contender.id })),
    ],
  };
}

/** How many tasks have which verdict, by `resource verdict`. */
export class VerdictCounts {
  readonly #counts = new Map<string, { resource: PressureResource; verdict: Verdict; value: number }>();

  add(resource: PressureResource, verdict: Verdict): void {
    const key = `${resource} ${verdict}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { resource, verdict, value: 1 });
    else count.value += 1;
  }

  metrics(): readonly Metric[] {
    return [...this.#counts.values()].map(({ resource, verdict, value }) => ({
      name: 'psi_detector_tasks',
      value,
      type: 'gauge',
      labels: { resource, verdict },
    }));
  }
}
