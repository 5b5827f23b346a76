import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  groupFolder,
  isLiving,
  type Placement,
  readGroupTree,
  readPlacement,
  readTaskIds,
} from '../../kernel/resctrl/placement.ts';
import type { Scratch } from '../../kernel/scratch.ts';
import type { PlacedThread } from './rdt-plan.ts';
import type { Slices } from './slices.ts';

interface LocatorParts {
  readonly mountPoint: string;
  readonly procfs: string;
  readonly scratch: Scratch;
}

const idsPerPause = 16;
const root: Placement = { control: '', monitoring: '' };

/** Finds out in which groups threads are. */
export class ThreadLocator {
  readonly #parts: LocatorParts;
  /** Whether the kernel tells of a thread where it is (5.6); before, the tasks files of all groups are searched. */
  readonly canAsk: boolean;
  /** Of the round it was made in. */
  #table: { readonly slices: Slices; readonly places: ReadonlyMap<number, Placement> } | undefined;

  constructor(parts: LocatorParts) {
    this.#parts = parts;
    this.canAsk = existsSync(join(parts.procfs, 'self/cpu_resctrl_groups'));
  }

  /** Asks the kernel of one thread; undefined when it has ended or the kernel does not tell. */
  ask(id: number): Placement | undefined {
    const { procfs, scratch } = this.#parts;
    const placement = readPlacement(procfs, id, scratch);
    return placement === 'gone' ? undefined : placement;
  }

  isLiving(id: number): boolean {
    return isLiving(this.#parts.procfs, id, this.#parts.scratch);
  }

  /** Those of the threads that live, with their places; undefined: stopped. */
  async locate(ids: readonly number[], slices: Slices): Promise<readonly PlacedThread[] | undefined> {
    if (!this.canAsk) return this.#lookUp(ids, slices);
    const { procfs, scratch } = this.#parts;
    const placed: PlacedThread[] = [];
    for (let i = 0; i < ids.length; i += 1) {
      if (i % idsPerPause === 0 && !(await slices.pause())) return undefined;
      const id = ids[i] ?? 0;
      const at = readPlacement(procfs, id, scratch);
      if (at !== 'gone') placed.push({ id, at: at ?? root });
    }
    return placed;
  }

  async #lookUp(ids: readonly number[], slices: Slices): Promise<readonly PlacedThread[] | undefined> {
    if (this.#table?.slices !== slices) {
      const places = await this.#readTable(slices);
      if (places === undefined) return undefined;
      this.#table = { slices, places };
    }
    const { places } = this.#table;
    return ids.map((id) => ({ id, at: places.get(id) ?? root }));
  }

  /** All threads that are not in the root group alone. */
  async #readTable(slices: Slices): Promise<ReadonlyMap<number, Placement> | undefined> {
    const { mountPoint, scratch } = this.#parts;
    const places = new Map<number, Placement>();
    for (const [control, names] of readGroupTree(mountPoint) ?? []) {
      // The control group first: its list has the threads of its monitoring groups too.
      for (const monitoring of control === '' ? names : ['', ...names]) {
        const at = { control, monitoring };
        for (const id of readTaskIds(groupFolder(mountPoint, at), scratch) ?? []) places.set(id, at);
        if (!(await slices.pause())) return undefined;
      }
    }
    return places;
  }
}
