import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Task } from '../model/task.ts';

export interface CheckedTasks {
  readonly tasks: readonly Task[];
  /** Why others were left out. */
  readonly errors: readonly WcaError[];
}

/**
 * What a node answered, which may be a plugin's. A bad task is left out alone; of tasks with the same id the first one
 * stays. Throws DISCOVERY_FAILED for an answer that is no list. Pure.
 */
export function checkTasks(answer: unknown, subject: string): CheckedTasks {
  if (!Array.isArray(answer)) {
    throw new WcaError('DISCOVERY_FAILED', { subject, message: 'did not answer a list of tasks' });
  }
  const items: readonly unknown[] = answer;
  const tasks = new Map<string, Task>();
  const errors: WcaError[] = [];
  for (const [i, item] of items.entries()) {
    if (tasks.size >= limits.maxTargets) {
      const message = `of ${items.length} tasks only the first ${limits.maxTargets} are measured`;
      errors.push(new WcaError('LIMIT_REACHED', { subject, message }));
      break;
    }
    const fault = isTask(item) ? faultOf(item, tasks) : 'is not of the form of a task';
    if (fault === undefined && isTask(item)) tasks.set(item.id, item);
    else errors.push(new WcaError('DISCOVERY_FAILED', { subject, message: `task ${i} ${fault}` }));
  }
  return { tasks: [...tasks.values()], errors };
}

function faultOf(task: Task, others: ReadonlyMap<string, Task>): string | undefined {
  if (task.id === '') return 'has an empty id';
  if (others.has(task.id)) return `has the id of another one: ${task.id.slice(0, 200)}`;
  if (task.subcgroupPaths.length > limits.maxChildren) return `has more than ${limits.maxChildren} containers`;
  const tooLong = [task.cgroupPath, ...task.subcgroupPaths].some(
    (path) => Buffer.byteLength(path) > limits.maxPathBytes,
  );
  return tooLong ? `has a path longer than ${limits.maxPathBytes} bytes` : undefined;
}

function isTask(value: unknown): value is Task {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, cgroupPath, subcgroupPaths, labels, resources }: Readonly<Record<string, unknown>> = { ...value };
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    typeof cgroupPath === 'string' &&
    Array.isArray(subcgroupPaths) &&
    subcgroupPaths.every((path) => typeof path === 'string') &&
    isRecordOf(labels, (label) => typeof label === 'string') &&
    isRecordOf(resources, (amount) => typeof amount === 'string' || typeof amount === 'number')
  );
}

function isRecordOf(value: unknown, isRight: (item: unknown) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isRight);
}
