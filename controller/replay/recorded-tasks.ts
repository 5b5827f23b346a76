import { limits } from '../../shared/rpc/limits.ts';
import type { Task } from '../model/task.ts';
import { checkTasks } from '../runners/checked-tasks.ts';
import { parseJson } from './take.ts';

/** Labels and resources of one task, and bytes of each of their texts. */
const maxEntries = 256;
const maxTextBytes = 16_384;

/** All tasks, as JSON. */
export function encodeTasks(tasks: readonly Task[]): Buffer {
  const plain = tasks.map(({ id, name, cgroupPath, subcgroupPaths, labels, resources }) => ({
    id,
    name,
    cgroupPath,
    subcgroupPaths,
    labels,
    resources,
  }));
  return Buffer.from(JSON.stringify(plain));
}

/** The tasks, or what is wrong with them: a recorder writes none that a node could not have answered. Pure. */
export function decodeTasks(bytes: Buffer): readonly Task[] | string {
  const answer = parseJson(bytes);
  if (!Array.isArray(answer)) return 'the list of tasks is no list';
  if (answer.length > limits.maxTargets) return `there are more than ${limits.maxTargets} tasks`;
  const { tasks, errors } = checkTasks(answer, 'recording');
  const [first] = errors;
  if (first !== undefined) return first.message;
  const tooLong = tasks.find((task) => !isBounded(task));
  return tooLong === undefined ? tasks : `task ${tooLong.id.slice(0, 100)} has texts or labels beyond all bounds`;
}

function isBounded({ id, name, labels, resources }: Task): boolean {
  const entries = [...Object.entries(labels), ...Object.entries(resources)];
  const texts = [id, name, ...entries.flatMap(([key, value]) => [key, String(value)])];
  return entries.length <= 2 * maxEntries && texts.every((text) => Buffer.byteLength(text) <= maxTextBytes);
}
