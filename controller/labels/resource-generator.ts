import { defineComponent } from '../config/component.ts';
import { required } from '../config/parameters.ts';
import { str } from '../config/types.ts';
import type { Task } from '../model/task.ts';
import { formatPythonFloat } from '../python/float.ts';
import type { TaskLabelGenerator } from './label-generator.ts';

/** A resource of the task as text (spec config §3.8). */
export class TaskLabelResourceGenerator implements TaskLabelGenerator {
  readonly #name: string;

  constructor(resourceName: string) {
    this.#name = resourceName;
  }

  /** `8.0`, a text as it is, or `unknown` when the task does not have the resource. */
  generate(task: Task): string {
    const value = Object.hasOwn(task.resources, this.#name) ? task.resources[this.#name] : undefined;
    if (value === undefined) return 'unknown';
    return typeof value === 'number' ? formatPythonFloat(value) : value;
  }
}

/** The tag !TaskLabelResourceGenerator. */
export const taskLabelResourceGenerator = defineComponent({
  tag: 'TaskLabelResourceGenerator',
  kind: 'labels',
  since: 'seed',
  doc: 'Makes a label of a resource that the task was given. Numbers print with a fraction (8.0); without the resource the label is "unknown".',
  parameters: {
    resource_name: required(str(), { doc: 'The resource: cpus, mem, disk or a name of the orchestrator.' }),
  },
  example: `!TaskLabelResourceGenerator
  resource_name: cpus`,
  create: ({ resource_name }) => new TaskLabelResourceGenerator(resource_name),
});
