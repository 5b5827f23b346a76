import type { Task } from '../model/task.ts';

/** Makes one more label of what is known of a task. Pure. */
export interface TaskLabelGenerator {
  /** undefined: the label is not set. An empty string is set. */
  generate(task: Task): string | undefined;
}
