import { CounterSet, keyOf } from './counter-set.ts';
import type { CgroupHost, EventList } from './ports.ts';
import { SharedCgroup } from './shared-cgroup.ts';

/** All cgroups and event lists in use, each once, counted by their users. */
export class CgroupPool {
  readonly host: CgroupHost;
  readonly #cgroups = new Map<string, SharedCgroup>();
  readonly #sets = new Map<string, CounterSet>();
  /** Acquired and not tried to open yet, in order of arrival. */
  readonly #unopened = new Set<SharedCgroup>();

  constructor(host: CgroupHost) {
    this.host = host;
  }

  get size(): number {
    return this.#cgroups.size;
  }

  /** How many cgroups wait to be opened. */
  get unopened(): number {
    return this.#unopened.size;
  }

  /** Descriptors that all cgroups in use take when nothing is given up. */
  get descriptorsNeeded(): number {
    let needed = 0;
    for (const cgroup of this.#cgroups.values()) needed += this.host.descriptorsOf(cgroup.events);
    return needed;
  }

  acquireSet(list: EventList): CounterSet {
    const key = keyOf(list);
    const set = this.#sets.get(key) ?? new CounterSet(list, this.host);
    this.#sets.set(key, set);
    set.users += 1;
    return set;
  }

  releaseSet(set: CounterSet): void {
    set.users -= 1;
    if (set.users === 0) this.#sets.delete(set.key);
  }

  /** Opens nothing yet: `openNext` does, or the first reading. */
  acquire(path: string, set: CounterSet | undefined): SharedCgroup {
    let cgroup = this.#cgroups.get(path);
    if (cgroup === undefined) {
      cgroup = new SharedCgroup(path, this.host);
      this.#cgroups.set(path, cgroup);
      this.#unopened.add(cgroup);
    }
    cgroup.users += 1;
    if (set !== undefined && cgroup.useCounters(set)) this.#unopened.add(cgroup);
    return cgroup;
  }

  release(cgroup: SharedCgroup, set: CounterSet | undefined): void {
    if (set !== undefined) cgroup.releaseCounters(set);
    cgroup.users -= 1;
    if (cgroup.users > 0) return;
    cgroup.close();
    this.#cgroups.delete(cgroup.path);
    this.#unopened.delete(cgroup);
  }

  /** Opens one of the waiting cgroups; false when none waits. */
  openNext(): boolean {
    const [cgroup] = this.#unopened;
    if (cgroup === undefined) return false;
    this.#unopened.delete(cgroup);
    cgroup.open();
    return true;
  }

  setOnlineCpus(cpus: readonly number[]): void {
    for (const set of this.#sets.values()) set.refreshColumns(this.host);
    for (const cgroup of this.#cgroups.values()) cgroup.setOnlineCpus(cpus);
  }
}
