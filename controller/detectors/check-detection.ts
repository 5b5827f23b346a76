import { WcaError } from '../../shared/errors/wca-error.ts';
import { checkAnomalies, checkMetrics } from '../allocators/check-result.ts';
import type { Anomaly } from '../model/anomaly.ts';
import type { Metric } from '../model/metric.ts';

/** More of them is a detector that has gone wrong. */
export const maxAnomalies = 1_000;
export const maxContending = 1_000;
export const maxMetrics = 10_000;

/** A detector's answer, checked. */
export interface CheckedDetection {
  readonly anomalies: readonly Anomaly[];
  readonly metrics: readonly Metric[];
}

/**
 * Checks what a detector answered, which may be anything (spec allocation §1.9): shape and amount. Throws PLUGIN_FAILED.
 * Ids of tasks that are gone are no mistake (W5).
 */
export function checkDetectionResult(answer: unknown): CheckedDetection {
  if (!isObject(answer)) throw nonsense(`the answer is ${answer === null ? 'null' : typeof answer}, not an object`);
  const anomalies = checkAnomalies(bounded('anomalies', answer['anomalies'], maxAnomalies));
  let context = 0;
  for (const { contendedTaskId, contendingTaskIds, metrics } of anomalies) {
    bounded('contendingTaskIds', contendingTaskIds, maxContending);
    if (contendingTaskIds.includes(contendedTaskId)) {
      throw nonsense(`task ${contendedTaskId.slice(0, 100)} is said to disturb itself`);
    }
    context += checkMetrics(metrics).length;
  }
  const metrics = checkMetrics(bounded('metrics', answer['metrics'] ?? [], maxMetrics));
  if (context > maxMetrics) throw nonsense(`anomalies have ${context} metrics, at most ${maxMetrics} are taken`);
  return { anomalies, metrics };
}

function bounded(name: string, value: unknown, most: number): unknown {
  if (Array.isArray(value) && value.length > most) {
    throw nonsense(`\`${name}\` has ${value.length} entries, at most ${most} are taken`);
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nonsense(message: string): WcaError {
  return new WcaError('PLUGIN_FAILED', {
    subject: 'detector',
    message,
    remedy: 'correct the detector: it answers { anomalies: [...], metrics: [...] }',
  });
}
