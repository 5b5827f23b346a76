import { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import type { Target, TargetUpdate } from '../../shared/rpc/watch-messages.ts';
import { checkCgroupPath } from '../kernel/cgroup/path.ts';

/** What an update changed. */
export interface TargetChanges {
  readonly removed: readonly string[];
  /** New, or with other paths than before. */
  readonly upserted: readonly Target[];
}

interface Entry {
  readonly target: Target;
  readonly bytes: number;
}

/** The targets of one subscriber. Pure; all bounds of limits.ts hold at any time. */
export class TargetSet {
  readonly #entries = new Map<string, Entry>();
  #paths = 0;
  #bytes = 0;
  #revision = 0;

  /** Revision of the last update applied. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** In the order of the rows. */
  ids(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /**
   * Removes, then inserts or replaces. Throws INVALID_ARGUMENT for an unusable id, LIMIT_REACHED when the set outgrows
   * a bound; the set is of no use then (its subscriber is sent away). Whether paths are allowed: `refusalOf`.
   */
  apply(update: TargetUpdate): TargetChanges {
    const removed = [...new Set(update.remove)].filter((id) => this.#remove(id));
    const upserted = new Map<string, Target>();
    for (const target of update.upsert.map(normalise)) {
      if (this.#upsert(target)) upserted.set(target.id, target);
    }
    this.#checkBounds();
    this.#revision = update.revision;
    return { removed, upserted: [...upserted.values()] };
  }

  #remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    this.#count(entry, -1);
    return true;
  }

  /** Whether this changed anything. A target keeps its row when it is replaced. */
  #upsert(target: Target): boolean {
    const known = this.#entries.get(target.id);
    if (known !== undefined && sameTarget(known.target, target)) return false;
    const entry = { target, bytes: checkedBytes(target) };
    if (known !== undefined) this.#count(known, -1);
    this.#entries.set(target.id, entry);
    this.#count(entry, 1);
    return true;
  }

  #count(entry: Entry, sign: 1 | -1): void {
    this.#paths += sign * (1 + entry.target.childCgroupPaths.length);
    this.#bytes += sign * entry.bytes;
  }

  #checkBounds(): void {
    const bounds = [
      { name: 'targets', value: this.#entries.size, bound: limits.maxTargets },
      { name: 'cgroup paths', value: this.#paths, bound: limits.maxCgroups },
      { name: 'bytes of ids and paths', value: this.#bytes, bound: limits.maxTargetSetBytes },
    ];
    for (const { name, value, bound } of bounds) {
      if (value <= bound) continue;
      throw new WcaError('LIMIT_REACHED', {
        subject: 'targets',
        message: `${value} ${name}, at most ${bound} a subscriber`,
        remedy: 'watch fewer targets, or split them over several subscribers',
      });
    }
  }
}

/** Why a target cannot be measured whatever the host has: the first of its paths that is not allowed. */
export function refusalOf(target: Target): WcaError | undefined {
  for (const path of [target.cgroupPath, ...target.childCgroupPaths]) {
    const checked = checkCgroupPath(path);
    if (!checked.ok) return checked.error;
  }
  return undefined;
}

/** A container named twice would be counted twice. */
function normalise(target: Target): Target {
  return { ...target, childCgroupPaths: [...new Set(target.childCgroupPaths)] };
}

function sameTarget(a: Target, b: Target): boolean {
  return (
    a.cgroupPath === b.cgroupPath &&
    a.childCgroupPaths.length === b.childCgroupPaths.length &&
    a.childCgroupPaths.every((path, i) => path === b.childCgroupPaths[i])
  );
}

function checkedBytes(target: Target): number {
  const idBytes = Buffer.byteLength(target.id);
  if (idBytes === 0 || idBytes > limits.maxIdBytes) {
    throw new WcaError('INVALID_ARGUMENT', {
      subject: 'target id',
      message: `an id has 1 to ${limits.maxIdBytes} bytes, got ${idBytes}`,
    });
  }
  if (target.childCgroupPaths.length > limits.maxChildren) {
    throw new WcaError('LIMIT_REACHED', {
      subject: `target ${target.id}`,
      message: `${target.childCgroupPaths.length} containers, at most ${limits.maxChildren}`,
    });
  }
  return target.childCgroupPaths.reduce((sum, path) => sum + path.length, idBytes + target.cgroupPath.length);
}
