/** Types of units that have a cgroup; systemd.unit(5). */
const suffixes = ['.slice', '.scope', '.service', '.socket', '.mount', '.swap'] as const;

/**
 * The unit whose own cgroup this is; undefined for the root and for what lies below a service or scope, which is left to
 * that unit's processes (Delegate=). `/a.slice/a-b.slice/x.scope` is `x.scope`: systemd's slices nest as their names
 * say, so a folder that only looks like one is none. systemd.slice(5), "Control Group APIs and Delegation".
 */
export function unitOfCgroup(path: string): string | undefined {
  const names = path.split('/').slice(1).map(unescapeName);
  const unit = names.pop();
  if (unit === undefined || !isUnitName(unit)) return undefined;
  const isNested = names.every((name, i) => isSliceIn(name, names[i - 1]));
  if (!isNested || (unit.endsWith('.slice') && !isSliceIn(unit, names.at(-1)))) return undefined;
  return unit;
}

/** systemd puts `_` before names that the kernel could take for a file of its own: `_cpu.service`, `__x.service`. */
function unescapeName(name: string): string {
  return name.startsWith('_') ? name.slice(1) : name;
}

/** Characters of unit names; escapes (`\x2d`) are part of the name. */
function isUnitName(name: string): boolean {
  return (
    suffixes.some((suffix) => name.endsWith(suffix)) && /^[A-Za-z0-9:_.\\@-]{1,255}$/.test(name) && !/^\./.test(name)
  );
}

/** Whether this is a slice right below another; below the root when there is none. */
function isSliceIn(name: string, parent: string | undefined): boolean {
  if (!name.endsWith('.slice') || !isUnitName(name)) return false;
  const stem = name.slice(0, -'.slice'.length);
  const prefix = parent === undefined ? '' : `${parent.slice(0, -'.slice'.length)}-`;
  const own = stem.slice(prefix.length);
  return stem.startsWith(prefix) && own !== '' && !own.includes('-');
}
