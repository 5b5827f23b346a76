/** Which files of node_modules a package holds. Pure. */

/** What package-lock.json says of one package. */
export interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** Types only; nothing loads them when the agent runs. */
const typesOnly = /(^|\/)node_modules\/(@types\/|undici-types$)/;

/**
 * Paths (`node_modules/yaml`) of the packages that run: neither for development nor types. Those that are optional may be
 * absent: koffi has one for each platform, and npm installs this machine's.
 */
export function chooseProductionPackages(
  packages: Readonly<Record<string, LockedPackage>>,
): readonly { readonly path: string; readonly optional: boolean }[] {
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .filter(([path]) => !typesOnly.test(path))
    .map(([path, { optional }]) => ({ path, optional: optional === true }));
}

/** Sources of native code, of types, of debuggers; documentation and tests of the packages themselves. */
const neverLoaded =
  /\.(d\.[cm]?ts|[cm]?ts|map|cc|hh|h|S|asm|inc|def|yml|markdown|zip|sh|png|svg)$|(^|\/)(tests?|docs|examples|benchmarks?|\.github|\.vscode)\//;
const license = /(^|\/)(LICEN[CS]E|NOTICE|COPYING)[^/]*$/i;

/** Whether a file of a package (path within it) is shipped. Licences always are. */
export function isShipped(file: string): boolean {
  if (license.test(file)) return true;
  return !neverLoaded.test(file) && !/\.md$/i.test(file);
}

/** Debian's names of architectures. */
const debianArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', riscv64: 'riscv64' };

/** `x64` → `amd64`; undefined where the collector cannot run. */
export function debianArchitecture(arch: string): string | undefined {
  return debianArchitectures[arch];
}
