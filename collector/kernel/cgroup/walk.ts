import { openCgroupDirectory } from './directory.ts';
import { type Folder, hasProcesses, makeHead, readChildren, readPopulated, topFolder } from './folder.ts';
import type { CgroupLayout, Hierarchy } from './layout.ts';
import { checkCgroupPath, pathBelowMount } from './path.ts';

export interface ListCgroupsOptions {
  /** Only these, where they exist; all cgroups of the host when absent or empty. Checked by checkCgroupPath. */
  readonly paths?: readonly string[];
  /** Also cgroups that hold no process, themselves or below. */
  readonly includeEmpty: boolean;
  readonly max: number;
}

/** A cgroup, whichever hierarchies it is on. */
export interface ListedCgroup {
  readonly path: string;
  /** It or a cgroup below holds a process, on any hierarchy. */
  readonly populated: boolean;
  /**
   * No cgroup below holds a process; or none does on the hierarchy that counts CPU time: where the kernel tells no
   * finer, this is what a task is (a v1 host whose cpuacct tree is flat).
   */
  readonly leaf: boolean;
  /** Where it was found: v1 controllers (`cpu`, `name=systemd`) and `unified`. */
  readonly controllers: readonly string[];
}

export interface CgroupListing {
  /** Ascending by path. */
  readonly cgroups: readonly ListedCgroup[];
  /** There are more than `max`. */
  readonly truncated: boolean;
}

interface Found {
  readonly controllers: string[];
  populated: boolean;
  leaf: boolean;
  leafOfCpu: boolean;
}

/** Folders looked at on one hierarchy, in multiples of `max`: empty cgroups are looked at too. */
const visitsPerListed = 2;

/**
 * The cgroups of the host over all its hierarchies; never follows links, and what vanishes meanwhile is left out.
 * Throws INVALID_ARGUMENT for a path that is none.
 *
 * Nothing is remembered between calls: a process may enter or leave a cgroup at any time without a trace. Within a call
 * no question is asked twice: the hierarchies that answer cheapest go first, a cgroup known to be populated is not asked
 * again on the next one nor when one below it is, and the empty branches of cgroup v2 are not entered.
 */
export function listCgroups(layout: CgroupLayout, options: ListCgroupsOptions): CgroupListing {
  const walk = new Walk(options, layout);
  // v2 knows the answer for whole branches; systemd's v1 tree is where every unit's processes are.
  const order = (hierarchy: Hierarchy): number =>
    hierarchy.version === 2 ? 0 : hierarchy.name === 'name=systemd' ? 1 : 2;
  const hierarchies = [...layout.hierarchies].sort((a, b) => order(a) - order(b));
  for (const hierarchy of hierarchies) {
    if (options.paths === undefined || options.paths.length === 0) walk.walkAll(hierarchy);
    else for (const path of new Set(options.paths)) walk.look(hierarchy, path);
  }
  return walk.listing();
}

class Walk {
  readonly #options: ListCgroupsOptions;
  /** Do not enter empty branches of v2; with v1 beside it their cgroups may hold processes there. */
  readonly #pruneEmpty: boolean;
  /** Where CPU time is counted. */
  readonly #cpuHierarchy: Hierarchy | undefined;
  readonly #found = new Map<string, Found>();
  readonly #head = makeHead();
  #visitsLeft = 0;
  #truncated = false;

  constructor(options: ListCgroupsOptions, layout: CgroupLayout) {
    this.#options = options;
    this.#pruneEmpty = layout.mode === 'v2' && !options.includeEmpty;
    this.#cpuHierarchy = layout.controller('cpuacct');
  }

  walkAll(hierarchy: Hierarchy): void {
    this.#visitsLeft = visitsPerListed * this.#options.max;
    this.#visit(topFolder(hierarchy));
  }

  /** Adds a cgroup and what is below it; whether it is populated as far as known. */
  #visit(folder: Folder): boolean {
    const events = folder.hierarchy.version === 2 ? readPopulated(folder.folder, this.#head) : undefined;
    if (events === false && this.#pruneEmpty) return false;
    const found = this.#add(folder);
    let below = false;
    for (const child of this.#children(folder)) below = this.#visit(child) || below;
    if (below) found.leaf = false;
    else if (folder.hierarchy === this.#cpuHierarchy)
      found.leafOfCpu = events ?? hasProcesses(folder.folder, this.#head);
    found.populated ||= events ?? (below || hasProcesses(folder.folder, this.#head));
    return found.populated;
  }

  /** Adds one cgroup without those below it. */
  look(hierarchy: Hierarchy, path: string): void {
    const checked = checkCgroupPath(path);
    if (!checked.ok) throw checked.error;
    const directory = openCgroupDirectory(hierarchy, path);
    if (!directory.ok) return;
    directory.value.close();
    const below = pathBelowMount(hierarchy, path) ?? '';
    const folder = {
      hierarchy,
      path,
      folder: below === '' ? hierarchy.mountPoint : `${hierarchy.mountPoint}/${below}`,
    };
    this.#visitsLeft = visitsPerListed * this.#options.max;
    const found = this.#add(folder);
    if (found.leaf && this.#children(folder).some((child) => this.#isPopulated(child))) {
      found.leaf = false;
      found.populated = true;
    }
    found.populated ||= this.#isPopulated(folder);
  }

  /** Searches a branch until a process is found. */
  #isPopulated(folder: Folder): boolean {
    const events = folder.hierarchy.version === 2 ? readPopulated(folder.folder, this.#head) : undefined;
    if (events !== undefined) return events;
    if (hasProcesses(folder.folder, this.#head)) return true;
    return this.#children(folder).some((child) => this.#isPopulated(child));
  }

  #children(folder: Folder): readonly Folder[] {
    const children = readChildren(folder, this.#visitsLeft + 1);
    if (children.length > this.#visitsLeft) {
      this.#truncated = true;
      children.length = this.#visitsLeft;
    }
    this.#visitsLeft -= children.length;
    return children.filter(({ path }) => checkCgroupPath(path).ok);
  }

  #add({ hierarchy, path }: Folder): Found {
    const found = this.#found.get(path) ?? { controllers: [], populated: false, leaf: true, leafOfCpu: false };
    this.#found.set(path, found);
    found.controllers.push(...(hierarchy.version === 2 ? ['unified'] : hierarchy.controllers));
    return found;
  }

  listing(): CgroupListing {
    const { includeEmpty, max } = this.#options;
    const cgroups = [...this.#found]
      .filter(([, { populated }]) => populated || includeEmpty)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, { controllers, populated, leaf, leafOfCpu }]) => {
        return { path, controllers, populated, leaf: leaf || leafOfCpu };
      });
    return { cgroups: cgroups.slice(0, max), truncated: this.#truncated || cgroups.length > max };
  }
}
