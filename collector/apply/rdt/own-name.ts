import { hashedControlName, legacyControlName } from '../../../shared/kernel-text/control-group-name.ts';
import type { RdtEntries } from './entries.ts';

interface NameQuestion {
  readonly path: string;
  readonly entries: RdtEntries;
  /** Names given in this request so far, with the path they stand for. */
  readonly claims: Map<string, string>;
  readonly exists: (group: string) => boolean;
}

/**
 * The name of a target's own control group: the legacy one (`kubepods-podX` of `/kubepods/podX`) unless that is
 * another's: of a path that reads the same (`/a/b` and `/a-b`), or of a group that WCA did not make (W31). A target that
 * has one of the two keeps it.
 */
export function chooseOwnName({ path, entries, claims, exists }: NameQuestion): string {
  const hashed = hashedControlName(path);
  const legacy = legacyControlName(path);
  const name = legacy !== undefined && isFree(legacy, hashed) ? legacy : hashed;
  claims.set(name, path);
  return name;

  function isFree(candidate: string, other: string): boolean {
    const claimed = claims.get(candidate);
    if (claimed !== undefined) return claimed === path;
    if (entries.users(candidate).some((entry) => entry.path === path)) return true;
    if (entries.users(other).some((entry) => entry.path === path)) return false;
    if (entries.users(candidate).length > 0) return false;
    return !exists(candidate) || entries.isOwnGroup(candidate);
  }
}
