import type { MeasuredTarget } from '../ports.ts';

/** Which threads belong to which target. A thread has one RMID, so that it can count for one target only. */
export interface Coverage {
  /** The cgroups whose threads count for a target, by its path; none when others count all of them. */
  readonly cgroups: ReadonlyMap<string, readonly string[]>;
  /** All cgroups that some target names: none of them is part of one above it. */
  readonly named: ReadonlySet<string>;
  /** Targets inside of others. */
  readonly nested: readonly string[];
}

/**
 * Gives each cgroup to the target that names it, and what is below it unless that is named itself: the deepest wins. Of
 * two targets that name the same cgroup it is the one with the longer path, then the later one by name. Pure.
 */
export function planCoverage(targets: readonly MeasuredTarget[]): Coverage {
  const owners = new Map<string, string>();
  for (const { path, cgroups } of targets) {
    for (const cgroup of cgroups) {
      const owner = owners.get(cgroup);
      if (cgroup !== '/' && (owner === undefined || isStronger(path, owner))) owners.set(cgroup, path);
    }
  }
  const lists = new Map<string, string[]>(targets.map(({ path }) => [path, []]));
  const nested = new Set<string>();
  for (const [cgroup, owner] of owners) {
    lists.get(owner)?.push(cgroup);
    const above = ownerAbove(cgroup, owners);
    if (above !== undefined && above !== owner) nested.add(owner);
  }
  return { cgroups: lists, named: new Set(owners.keys()), nested: [...nested] };
}

function isStronger(path: string, than: string): boolean {
  return path.length === than.length ? path > than : path.length > than.length;
}

/** The owner of the nearest cgroup above that somebody names. */
function ownerAbove(cgroup: string, owners: ReadonlyMap<string, string>): string | undefined {
  for (let cut = cgroup.lastIndexOf('/'); cut > 0; cut = cgroup.lastIndexOf('/', cut - 1)) {
    const owner = owners.get(cgroup.slice(0, cut));
    if (owner !== undefined) return owner;
  }
  return undefined;
}
