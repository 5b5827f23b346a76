import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Real cgroups of this host, made for a test or a bench and removed after it. The same path is made on every hierarchy
 * that WCA reads.
 */
export class TestCgroups {
  readonly root: string;
  readonly #mounts: readonly string[];
  readonly #made: string[] = [];

  private constructor(root: string, mounts: readonly string[]) {
    this.root = root;
    this.#mounts = mounts;
  }

  /** undefined, with the reason printed by `skip`, where this process may not make cgroups. */
  static make(skip: (reason: string) => void): TestCgroups | undefined {
    const mounts = mountPoints();
    if (mounts.length === 0) {
      skip('no cgroup hierarchy is mounted');
      return undefined;
    }
    const root = `/wca-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
    const cgroups = new TestCgroups(root, mounts);
    try {
      cgroups.add('');
    } catch (error) {
      cgroups.remove();
      skip(`cannot make cgroups here: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
    return cgroups;
  }

  /** The same root on the hierarchy of cpusets (v1), each cgroup with what its parent has; undefined where there is none. */
  static makeCpuset(root: string): TestCgroups | undefined {
    const mount = '/sys/fs/cgroup/cpuset';
    if (!existsSync(join(mount, 'cpuset.cpus'))) return undefined;
    const cgroups = new TestCgroups(root, [mount]);
    cgroups.add('');
    return cgroups;
  }

  /** Makes a cgroup below the root on every hierarchy; returns its path as WCA names it. */
  add(name: string): string {
    const path = name === '' ? this.root : `${this.root}/${name}`;
    if (name.includes('/')) this.add(dirname(name));
    for (const mount of this.#mounts) {
      const folder = join(mount, path);
      if (existsSync(folder)) continue;
      mkdirSync(folder);
      this.#made.push(folder);
      enableControllers(mount, folder);
      fillCpuset(folder);
    }
    return path;
  }

  /** Moves a process into a cgroup of `add` on every hierarchy. */
  attach(path: string, pid: number): void {
    for (const mount of this.#mounts) writeFileSync(join(mount, path, 'cgroup.procs'), `${pid}\n`);
  }

  /** Removes one cgroup (without children) from every hierarchy. */
  drop(path: string): void {
    for (const mount of this.#mounts) rmdirSync(join(mount, path));
  }

  /** The folder of a path on the hierarchy that holds a file, for looking at the kernel's own numbers. */
  file(path: string, name: string): string | undefined {
    return this.#mounts.map((mount) => join(mount, path, name)).find((file) => existsSync(file));
  }

  /** Removes everything, processes' cgroups last emptied by their parents' end. Safe to call twice. */
  remove(): void {
    for (const folder of this.#made.splice(0).reverse()) {
      try {
        rmdirSync(folder);
      } catch {
        // Already gone, or still held by a process that is about to end; the next run uses another name.
      }
    }
  }
}

/** Mount points of cgroup v2 and of the v1 controllers that WCA reads, from /proc/self/mountinfo. */
function mountPoints(): string[] {
  const wanted = ['cpu', 'cpuacct', 'memory', 'perf_event'];
  const points: string[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    const point = left.split(' ')[4];
    if (point === undefined) continue;
    if (type === 'cgroup2' || (type === 'cgroup' && options.split(',').some((option) => wanted.includes(option))))
      points.push(point);
  }
  return [...new Set(points)];
}

/** A new cpuset of v1 has neither CPUs nor nodes. */
function fillCpuset(folder: string): void {
  if (!existsSync(join(folder, 'cpuset.memory_migrate'))) return;
  for (const name of ['cpuset.cpus', 'cpuset.mems'])
    writeFileSync(join(folder, name), readFileSync(join(dirname(folder), name)));
}

/** On v2 the files of a controller exist only where every ancestor hands it down. */
function enableControllers(mount: string, folder: string): void {
  const ancestors: string[] = [];
  for (let parent = dirname(folder); parent.startsWith(mount); parent = dirname(parent)) ancestors.unshift(parent);
  for (const file of ancestors
    .map((ancestor) => join(ancestor, 'cgroup.subtree_control'))
    .filter((file) => existsSync(file))) {
    for (const controller of ['cpu', 'memory', 'cpuset', 'io']) {
      try {
        writeFileSync(file, `+${controller}`);
      } catch {
        // Not available here, or the ancestor holds processes: the files are absent then, which is what is tested.
      }
    }
  }
}
