import { type AllocationUnits, normalise } from '../../shared/allocation/normalise.ts';
import {
  type AllocationType,
  type AllocationValue,
  allocationTypes,
  isAllocationType,
} from '../../shared/allocation/values.ts';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Anomaly } from '../model/anomaly.ts';
import { contendedResources } from '../model/anomaly.ts';
import type { Metric } from '../model/metric.ts';
import type { TasksData } from '../model/task-data.ts';
import { AnswerMemo, type RightAnswer } from './answer-memo.ts';

/** An allocator's answer, checked and in kernel units. */
export interface CheckedResult {
  /** Task id → wishes. */
  readonly wishes: ReadonlyMap<string, readonly AllocationValue[]>;
  readonly anomalies: readonly Anomaly[];
  readonly metrics: readonly Metric[];
  /** What was rejected, each with task and type; the task keeps what it has. */
  readonly problems: readonly WcaError[];
  /** What was accepted otherwise than it was wished. */
  readonly notes: readonly string[];
}

export interface CheckOptions {
  readonly units: AllocationUnits;
  /** What was right in the iteration before need not be checked again. */
  readonly memo?: AnswerMemo;
}

/**
 * Checks what a plugin answered, which may be anything (spec allocation §1.9). Throws PLUGIN_FAILED for an answer of the
 * wrong shape; what is wrong with one task costs that task only (W5, W8), a wrong list of anomalies or metrics that list.
 */
export function checkAllocationResult(
  answer: unknown,
  tasks: TasksData,
  { units, memo = new AnswerMemo() }: CheckOptions,
): CheckedResult {
  if (!isObject(answer) || !(answer['allocations'] instanceof Map)) {
    throw nonsense('the answer has no `allocations` that is a Map of task ids');
  }
  const wishes = new Map<string, readonly AllocationValue[]>();
  const problems: WcaError[] = [];
  const notes: string[] = [];
  const allocations: ReadonlyMap<unknown, unknown> = answer['allocations'];
  memo.useUnits(units);
  for (const [id, wanted] of allocations) {
    if (typeof id === 'string' && tasks.has(id) && isObject(wanted)) {
      const known = memo.find(id, wanted);
      const found = known ?? checkTask(id, wanted, units);
      if ('problems' in found) problems.push(...found.problems);
      else {
        if (known === undefined) memo.keep(id, wanted, found);
        wishes.set(id, found.values);
      }
      if (found.notes.length > 0) notes.push(...found.notes);
    } else {
      const message =
        typeof id === 'string' && tasks.has(id) ? 'its allocations are no object' : 'there is no such task';
      problems.push(refusal(id, message));
    }
  }
  memo.prune(wishes);
  const listOf = <T>(check: (value: unknown) => readonly T[], value: unknown): readonly T[] => {
    try {
      return check(value ?? []);
    } catch (thrown) {
      problems.push(toWcaError(thrown, 'allocator'));
      return [];
    }
  };
  const anomalies = listOf(checkAnomalies, answer['anomalies']);
  const metrics = listOf(checkMetrics, answer['metrics']);
  return { wishes, problems, notes, anomalies, metrics };
}

type CheckedTask = RightAnswer | { readonly problems: readonly WcaError[]; readonly notes: readonly string[] };

function checkTask(id: string, wanted: Readonly<Record<string, unknown>>, units: AllocationUnits): CheckedTask {
  const values: AllocationValue[] = [];
  const problems: WcaError[] = [];
  const notes: string[] = [];
  for (const [type, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    if (!isAllocationType(type)) {
      const known = allocationTypes.join(', ');
      return {
        problems: [refusal(id, `there is no allocation ${JSON.stringify(type)}; known are ${known}`)],
        notes: [],
      };
    }
    const found = normalise(type, value, units);
    if (!found.ok) problems.push(named(found.error, id, type));
    else {
      values.push(found.value.value);
      if (found.value.note !== undefined) notes.push(`task ${id}: ${found.value.note}`);
    }
  }
  return problems.length > 0 ? { problems, notes } : { values, notes };
}

function refusal(id: unknown, message: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject: `task ${nameOf(id)}`, message, remedy: taskRemedy });
}

const taskRemedy = 'correct the allocator: it answers a Map of ids of the tasks it was shown to their allocations';

/** Keys of the answer may be anything, also what has no text. */
function nameOf(id: unknown): string {
  return typeof id === 'string' ? id.slice(0, 100) : `(a key that is ${id === null ? 'null' : typeof id})`;
}

function named({ code, message, remedy }: WcaError, id: string, type: AllocationType): WcaError {
  return new WcaError(code, {
    subject: `task ${id} ${type}`,
    message,
    remedy: remedy ?? 'correct the value in the allocator or its rules',
  });
}

/** Throws PLUGIN_FAILED. */
export function checkAnomalies(value: unknown): readonly Anomaly[] {
  if (!Array.isArray(value)) throw nonsense('`anomalies` is no list');
  const items: readonly unknown[] = value;
  return items.map((item) => {
    if (!isAnomaly(item))
      throw nonsense('an anomaly is not of the form {kind: contention, resource, contendedTaskId, …}');
    return item;
  });
}

function isAnomaly(value: unknown): value is Anomaly {
  return (
    isObject(value) &&
    value['kind'] === 'contention' &&
    Object.values<unknown>(contendedResources).includes(value['resource']) &&
    typeof value['contendedTaskId'] === 'string' &&
    Array.isArray(value['contendingTaskIds']) &&
    value['contendingTaskIds'].every((id) => typeof id === 'string') &&
    Array.isArray(value['metrics'])
  );
}

/** Throws PLUGIN_FAILED; the metrics themselves are checked when they are exported. */
export function checkMetrics(value: unknown): readonly Metric[] {
  if (!Array.isArray(value)) throw nonsense('`metrics` is no list');
  const items: readonly unknown[] = value;
  return items.map((item) => {
    if (!isMetric(item)) throw nonsense('a metric is not of the form {name, value, labels}');
    return item;
  });
}

function isMetric(value: unknown): value is Metric {
  return isObject(value) && typeof value['name'] === 'string' && isObject(value['labels']) && 'value' in value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nonsense(message: string): WcaError {
  return new WcaError('PLUGIN_FAILED', { subject: 'plugin', message, remedy: 'correct what the plugin answers' });
}
