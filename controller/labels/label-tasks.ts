import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type { Task } from '../model/task.ts';
import type { TaskLabelGenerator } from './label-generator.ts';
import { TaskLabelRegexGenerator } from './regex-generator.ts';
import { sanitiseLabelName, sanitiseLabels } from './sanitise-labels.ts';

/** Target label → generator, in the order in which they are applied. */
export type LabelGenerators = ReadonlyMap<string, TaskLabelGenerator>;

export interface LabelledTasks {
  readonly tasks: readonly Task[];
  /** What generators threw: the label is not set, everything else is. */
  readonly errors: readonly WcaError[];
}

/**
 * The tasks with all their labels (spec config §4.2): names made valid, `task_id` and `task_name` set over whatever the
 * orchestrator said, then each generator in order, which sees the labels made before it and never replaces one.
 */
export function labelTasks(tasks: readonly Task[], generators: LabelGenerators): LabelledTasks {
  const errors: WcaError[] = [];
  const labelled = tasks.map((task) => labelTask(task, generators, errors));
  return { tasks: labelled, errors };
}

function labelTask(task: Task, generators: LabelGenerators, errors: WcaError[]): Task {
  const labels = sanitiseLabels(task.labels);
  labels.set('task_id', task.id);
  labels.set('task_name', task.name);
  let current: Task = { ...task, labels: Object.fromEntries(labels) };
  for (const [target, generator] of generators) {
    const name = sanitiseLabelName(target);
    if (labels.has(name)) continue;
    const value = generate(generator, current, { name, errors });
    if (value === undefined) continue;
    labels.set(name, value);
    current = { ...task, labels: Object.fromEntries(labels) };
  }
  return current;
}

interface Target {
  readonly name: string;
  readonly errors: WcaError[];
}

function generate(generator: TaskLabelGenerator, task: Task, { name, errors }: Target): string | undefined {
  try {
    const value: unknown = generator.generate(task);
    // A plugin is not bound by types.
    if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
    throw new TypeError(`a generator returns a string or undefined, not ${typeof value}`);
  } catch (thrown) {
    errors.push(toWcaError(thrown, `label ${name} of task ${task.id}`, 'PLUGIN_FAILED'));
    return undefined;
  }
}

/**
 * The generators in force when `task_label_generators` is absent, as in the original's seed (an empty mapping switches
 * them off): `application` is the task's name, `application_version_name` is empty.
 */
export function defaultLabelGenerators(): LabelGenerators {
  return new Map([
    ['application', new TaskLabelRegexGenerator({ pattern: '$', repl: '', source: 'task_name' })],
    ['application_version_name', new TaskLabelRegexGenerator({ pattern: '.*$', repl: '', source: 'task_name' })],
  ]);
}
