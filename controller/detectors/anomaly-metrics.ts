import { createHash } from 'node:crypto';
import type { Anomaly } from '../model/anomaly.ts';
import type { Metric } from '../model/metric.ts';
import type { Task } from '../model/task.ts';

/** The same for the same set of tasks, whoever is contended (spec allocation §1.8). */
export function anomalyUuid({ contendedTaskId, contendingTaskIds }: Anomaly): string {
  // By code point, as the original sorts.
  const ids = [contendedTaskId, ...contendingTaskIds].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return uuidOfIds(ids);
}

/** First 16 bytes of SHA-256 of the joined ids, in the form of a UUID; its version bits are not set. */
export function uuidOfIds(sortedIds: readonly string[]): string {
  const hex = createHash('sha256').update(sortedIds.join(','), 'utf8').digest('hex').slice(0, 32);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** One metric a contending task, then the context of the anomaly (spec allocation §5.5; W37: own labels win). */
export function anomalyMetrics(anomalies: readonly Anomaly[], tasks: ReadonlyMap<string, Task>): readonly Metric[] {
  return anomalies.flatMap((anomaly) => {
    const uuid = anomalyUuid(anomaly);
    const contended = tasks.get(anomaly.contendedTaskId)?.labels ?? {};
    const own = anomaly.contendingTaskIds.map(
      (id): Metric => ({
        name: 'anomaly',
        value: 1,
        type: 'counter',
        labels: {
          ...contended,
          contended_task_id: anomaly.contendedTaskId,
          contending_task_id: id,
          contending_workload_instance: tasks.get(id)?.labels['workload_instance'] ?? 'workload not found',
          resource: anomaly.resource,
          uuid,
          type: anomaly.kind,
        },
      }),
    );
    const context = anomaly.metrics.map((metric) => ({
      ...metric,
      labels: { ...metric.labels, uuid, type: 'anomaly' },
    }));
    return [...own, ...context];
  });
}

/** How many anomalies there were, and when the last one (spec allocation §5.6). */
export class AnomalyStatistics {
  #count = 0;
  #lastUnixSeconds: number | undefined;

  /** Counts those of an iteration and answers the metrics. */
  record(anomalies: number, unixSeconds: number): readonly Metric[] {
    this.#count += anomalies;
    if (anomalies > 0) this.#lastUnixSeconds = unixSeconds;
    const last = this.#lastUnixSeconds;
    return [
      { name: 'anomaly_count', value: this.#count, type: 'counter', labels: {} },
      ...(last === undefined
        ? []
        : [{ name: 'anomaly_last_occurrence', value: last, type: 'counter', labels: {} } as const]),
    ];
  }
}
