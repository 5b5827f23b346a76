import type { CollectorEntry } from '../config/collectors-key.ts';

/** What has to change that exactly the wanted collectors are followed. */
export interface FleetChange {
  /** Names, of collectors that are gone or are another than before. */
  readonly stop: readonly string[];
  readonly start: readonly CollectorEntry[];
}

/** Pure. */
export function planFleet(
  followed: ReadonlyMap<string, CollectorEntry>,
  wanted: readonly CollectorEntry[],
): FleetChange {
  const byName = new Map(wanted.map((entry) => [entry.name, entry]));
  const isKept = (entry: CollectorEntry): boolean => {
    const other = byName.get(entry.name);
    return other !== undefined && isSame(entry, other);
  };
  return {
    stop: [...followed.values()].filter((entry) => !isKept(entry)).map((entry) => entry.name),
    start: wanted.filter(({ name }) => {
      const known = followed.get(name);
      return known === undefined || !isKept(known);
    }),
  };
}

function isSame(a: CollectorEntry, b: CollectorEntry): boolean {
  const names = Object.keys(a.labels);
  return (
    a.address === b.address &&
    names.length === Object.keys(b.labels).length &&
    names.every((name) => a.labels[name] === b.labels[name])
  );
}
