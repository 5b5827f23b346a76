import type { Needing } from '../config/need.ts';
import type { AllocationResult } from '../model/allocation.ts';
import type { Platform } from '../model/platform.ts';
import type { TasksData } from '../model/task-data.ts';

/** Decides who gets what; asked once an iteration (spec allocation §1.1). State may be kept between calls. */
export interface Allocator extends Needing {
  /**
   * What to change; a task or type that is left out stays as it is. Aborted by `signal` when it takes too long: the
   * result is thrown away then. Throwing costs this iteration's allocations and nothing else.
   */
  allocate(platform: Platform, tasks: TasksData, signal: AbortSignal): AllocationResult | Promise<AllocationResult>;
  /** Called once when the controller stops. */
  close?(): void | Promise<void>;
}
