import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../scratch.ts';
import { readControlGroups } from './control-reader.ts';
import { groupFolder, readPlacement, readTaskIds } from './placement.ts';

interface ThreadControlsParts {
  readonly mountPoint: string;
  readonly procfs: string;
  readonly scratch: Scratch;
}

/** In which control groups threads are, for the time of one look. */
export class ThreadControls {
  readonly #parts: ThreadControlsParts;
  readonly #canAsk: boolean;
  /** Threads that are not in the root: of kernels before 5.6, where the lists of all groups must be searched. */
  #table: ReadonlyMap<number, string> | undefined;

  constructor(parts: ThreadControlsParts) {
    this.#parts = parts;
    this.#canAsk = existsSync(join(parts.procfs, 'self/cpu_resctrl_groups'));
  }

  /** '' for the root; undefined when the thread has ended. */
  read(id: number): string | undefined {
    const { procfs, scratch } = this.#parts;
    if (this.#canAsk) {
      const placement = readPlacement(procfs, id, scratch);
      return placement === 'gone' ? undefined : (placement?.control ?? '');
    }
    this.#table ??= this.#readTable();
    return this.#table.get(id) ?? '';
  }

  /** Threads were moved: what was read is not true any more. */
  forget(): void {
    this.#table = undefined;
  }

  #readTable(): ReadonlyMap<number, string> {
    const { mountPoint, scratch } = this.#parts;
    const table = new Map<number, string>();
    for (const control of readControlGroups(mountPoint) ?? []) {
      for (const id of readTaskIds(groupFolder(mountPoint, { control, monitoring: '' }), scratch) ?? []) {
        table.set(id, control);
      }
    }
    return table;
  }
}
