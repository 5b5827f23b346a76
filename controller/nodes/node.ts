import type { Task } from '../model/task.ts';

/** Task discovery: knows which tasks run on the host now. */
export interface Node {
  describe(): string;
  /** The tasks of this moment. Rejecting is survived: the last list stays in force for a while. */
  tasks(signal: AbortSignal): Promise<readonly Task[]>;
  stop?(): Promise<void>;
}
