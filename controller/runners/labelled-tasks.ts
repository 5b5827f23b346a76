import type { WcaError } from '../../shared/errors/wca-error.ts';
import type { LabelGenerators } from '../labels/label-tasks.ts';
import { labelTasks } from '../labels/label-tasks.ts';
import { targetIdOf } from '../model/target-id.ts';
import type { Task } from '../model/task.ts';

interface Labelled {
  readonly source: Task;
  readonly labelled: Task;
}

/** Labels each task once: as long as a task stays as it is, so do its labels. */
export class LabelledTasks {
  readonly #generators: LabelGenerators;
  #known: ReadonlyMap<string, Labelled> = new Map();
  #tasks: ReadonlyMap<string, Task> = new Map();

  constructor(generators: LabelGenerators) {
    this.#generators = generators;
  }

  /** By target id; the same object as before when nothing changed. `onError` hears of generators that threw. */
  update(tasks: readonly Task[], onError: (error: WcaError) => void): ReadonlyMap<string, Task> {
    const known = new Map<string, Labelled>();
    let changed = tasks.length !== this.#known.size;
    for (const task of tasks) {
      const before = this.#known.get(task.id);
      if (before !== undefined && sameTask(before.source, task)) {
        known.set(task.id, before);
        continue;
      }
      changed = true;
      const { tasks: labelled, errors } = labelTasks([task], this.#generators);
      for (const error of errors) onError(error);
      known.set(task.id, { source: task, labelled: labelled[0] ?? task });
    }
    this.#known = known;
    if (changed) this.#tasks = new Map([...known].map(([id, { labelled }]) => [targetIdOf(id), labelled]));
    return this.#tasks;
  }
}

function sameTask(a: Task, b: Task): boolean {
  return (
    a === b ||
    (a.name === b.name &&
      a.cgroupPath === b.cgroupPath &&
      sameList(a.subcgroupPaths, b.subcgroupPaths) &&
      sameRecord(a.labels, b.labels) &&
      sameRecord(a.resources, b.resources))
  );
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function sameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
