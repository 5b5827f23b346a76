import type { TaskId } from './allocation.ts';
import type { CurrentTaskAllocations } from './current-allocations.ts';
import type { Measurements } from './measurements.ts';
import type { Task } from './task.ts';

/** A task with what was measured of it (spec allocation §1.6). Frozen. */
export interface TaskData extends Task {
  readonly measurements: Measurements;
  /** In force now; undefined in detection mode and where they could not be read. */
  readonly allocations: CurrentTaskAllocations | undefined;
}

export type TasksData = ReadonlyMap<TaskId, TaskData>;
