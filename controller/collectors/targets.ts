import type { Target } from '../../shared/rpc/watch-messages.ts';

/** What is to be sent so that the collector's set of targets becomes the wanted one. */
export interface TargetChange {
  readonly upsert: readonly Target[];
  readonly remove: readonly string[];
}

/** The difference between two sets of targets; undefined when there is none. Pure. */
export function planTargetChange(
  sent: ReadonlyMap<string, Target>,
  wanted: ReadonlyMap<string, Target>,
): TargetChange | undefined {
  const upsert: Target[] = [];
  for (const [id, target] of wanted) {
    const known = sent.get(id);
    if (known === undefined || !sameTarget(known, target)) upsert.push(target);
  }
  const remove: string[] = [];
  for (const id of sent.keys()) if (!wanted.has(id)) remove.push(id);
  return upsert.length === 0 && remove.length === 0 ? undefined : { upsert, remove };
}

function sameTarget(a: Target, b: Target): boolean {
  if (a === b) return true;
  return (
    a.cgroupPath === b.cgroupPath &&
    a.childCgroupPaths.length === b.childCgroupPaths.length &&
    a.childCgroupPaths.every((path, i) => path === b.childCgroupPaths[i])
  );
}
