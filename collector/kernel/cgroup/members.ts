import { join } from 'node:path';
import { KernelFile } from '../kernel-file.ts';
import type { Scratch } from '../scratch.ts';
import { type Folder, readChildren } from './folder.ts';
import type { CgroupLayout, Hierarchy } from './layout.ts';
import { pathBelowMount } from './path.ts';

/** Cgroups below one target that are looked at: a bound on what a task can make the collector do. */
const maxDescendants = 1_000;

/** Which ids a cgroup has: `processes` are thread group leaders, `threads` all of them. */
export type MemberKind = 'processes' | 'threads';

/**
 * Who is in cgroups, those below them included: a container may have made cgroups of its own, and on cgroup v2 only the
 * leaves hold processes. Asked on the hierarchy that counts CPU time, as the original does (spec measurements §1.7).
 */
export class CgroupMembers {
  readonly #hierarchy: Hierarchy | undefined;
  readonly #scratch: Scratch;

  constructor(layout: CgroupLayout, scratch: Scratch) {
    this.#hierarchy = layout.controller('cpu') ?? layout.controller('cpuacct') ?? layout.hierarchies[0];
    this.#scratch = scratch;
  }

  /**
   * Ids as this process sees them, each once; none of cgroups that are gone. Cgroups in `except`, and those below them,
   * are left out.
   */
  read(paths: readonly string[], kind: MemberKind, except: ReadonlySet<string> = new Set()): Set<number> {
    const ids = new Set<number>();
    const hierarchy = this.#hierarchy;
    if (hierarchy === undefined) return ids;
    for (const path of paths) {
      const below = pathBelowMount(hierarchy, path);
      if (below === undefined) continue;
      const budget = { left: maxDescendants };
      this.#visit({ hierarchy, path, folder: join(hierarchy.mountPoint, below) }, { kind, except, budget, ids });
    }
    return ids;
  }

  #visit(folder: Folder, search: Search): void {
    this.#readInto(folder, search);
    // The root is the machine's own remainder, not all of its tasks.
    if (folder.path === '/') return;
    for (const child of readChildren(folder, search.budget.left)) {
      search.budget.left -= 1;
      if (!search.except.has(child.path)) this.#visit(child, search);
    }
  }

  #readInto({ hierarchy, folder }: Folder, { kind, ids }: Search): void {
    const name = kind === 'processes' ? 'cgroup.procs' : hierarchy.version === 2 ? 'cgroup.threads' : 'tasks';
    const file = new KernelFile({ path: join(folder, name), subject: name, keepOpen: false, pieces: true });
    // A threaded cgroup of v2 refuses cgroup.procs: its processes are its domain's.
    if (file.read(this.#scratch) === 'read') addIds(this.#scratch, ids);
  }
}

interface Search {
  readonly kind: MemberKind;
  readonly except: ReadonlySet<string>;
  readonly budget: { left: number };
  readonly ids: Set<number>;
}

/** `71\n4711\n`; 0 stands for a process of another pid namespace. */
function addIds({ bytes, length }: Scratch, ids: Set<number>): void {
  let id = 0;
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte >= 48 && byte <= 57) {
      id = id * 10 + (byte - 48);
      continue;
    }
    if (id > 0) ids.add(id);
    id = 0;
  }
  if (id > 0) ids.add(id);
}
