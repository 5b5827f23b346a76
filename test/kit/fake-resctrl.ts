import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Placement } from '../../collector/kernel/resctrl/placement.ts';
import type { KernelRoots } from '../../collector/kernel/roots.ts';
import { type FakeMachine, FakeResctrlCalls } from './fake-resctrl-calls.ts';
import { FakeSchemata, fakeResources } from './fake-schemata.ts';

interface Thread {
  cgroup: string;
  control: string;
  monitoring: string;
}

interface Machine {
  readonly domains: readonly number[];
  readonly features: readonly string[];
  readonly numRmids: number;
  readonly numClosids: number;
  /** `MB` beside `L3`. */
  readonly bandwidth: 'none' | 'percent' | 'MBps';
  /** /proc/TID/cpu_resctrl_groups (5.6). */
  readonly tellsPlacement: boolean;
  /** `71,72` in a tasks file (6.7). */
  readonly takesLists: boolean;
  /** mount options in mountinfo. */
  readonly mount: string;
}

const defaults: Machine = {
  domains: [0, 1],
  features: ['llc_occupancy', 'mbm_total_bytes', 'mbm_local_bytes'],
  numRmids: 32,
  numClosids: 8,
  bandwidth: 'none',
  tellsPlacement: true,
  takesLists: true,
  mount: 'rw,relatime shared:7 - resctrl resctrl rw',
};

/**
 * resctrl, the threads of a machine and their cgroups (v2) as plain files, with the kernel's rules of making, removing
 * and moving (measured on 6.1 and 6.12) behind the calls that a writer uses. Remove it when done.
 */
export class FakeResctrl implements FakeMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'wca-resctrl-'));
  readonly mountPoint = join(this.folder, 'sys/fs/resctrl');
  readonly cgroups = join(this.folder, 'cgroup');
  readonly roots: KernelRoots = { procfs: join(this.folder, 'proc'), sysfs: join(this.folder, 'sys') };
  readonly threads = new Map<number, Thread>();
  /** What was done: `mkdir /mon_groups/wca-a`, `rmdir ...`, `write /mon_groups/wca-a 71`. */
  readonly log: string[] = [];
  /** Freed RMIDs that cannot be used yet. */
  limbo = 0;
  /** What a writer changes this machine with. */
  readonly calls = new FakeResctrlCalls(this);
  /** Asked before a call; an errno is thrown. */
  fail: (call: string, path: string) => string | undefined = () => undefined;
  readonly schemata: FakeSchemata;
  readonly #machine: Machine;
  #domains: readonly number[];
  #next = 100;

  constructor(machine: Partial<Machine> = {}) {
    this.#machine = { ...defaults, ...machine };
    this.#domains = this.#machine.domains;
    const { features, numRmids, tellsPlacement, mount } = this.#machine;
    this.write('proc/self/mountinfo', [
      `30 1 0:26 / ${this.cgroups} rw - cgroup2 cgroup2 rw`,
      `40 1 0:38 / ${this.mountPoint} ${mount}${this.#machine.bandwidth === 'MBps' ? ',mba_MBps' : ''}`,
    ]);
    this.write('proc/self/status', ['Uid:\t0\t0\t0\t0', 'CapEff:\t000001ffffffffff']);
    if (tellsPlacement) this.write('proc/self/cpu_resctrl_groups', ['res:/', 'mon:']);
    this.write('cgroup/cgroup.controllers', ['cpu memory']);
    this.write('cgroup/cgroup.procs', []);
    if (features.length > 0) {
      this.write('sys/fs/resctrl/info/L3_MON/mon_features', features);
      this.write('sys/fs/resctrl/info/L3_MON/num_rmids', [`${numRmids}`]);
      this.write('sys/fs/resctrl/info/L3_MON/max_threshold_occupancy', ['65536']);
      mkdirSync(join(this.mountPoint, 'mon_groups'));
    }
    const resources = fakeResources(this.#machine, (name, text) => this.write(`sys/fs/resctrl/info/${name}`, [text]));
    this.schemata = new FakeSchemata(this.mountPoint, resources, this.#domains);
    this.#fill({ control: '', monitoring: '' });
  }

  /** Lines of a file below the folder. */
  write(path: string, lines: readonly string[]): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  addCgroup(path: string): void {
    for (let at = path; at !== '/' && at !== ''; at = dirname(at)) {
      if (!existsSync(join(this.cgroups, at, 'cgroup.threads'))) this.write(join('cgroup', at, 'cgroup.threads'), []);
    }
  }

  removeCgroup(path: string): void {
    rmSync(join(this.cgroups, path), { recursive: true, force: true });
    for (const [id, { cgroup }] of this.threads) {
      if (cgroup === path || cgroup.startsWith(`${path}/`)) this.endThread(id);
    }
  }

  get numRmids(): number {
    return this.#machine.numRmids;
  }

  get numClosids(): number {
    return this.#machine.numClosids;
  }

  get takesLists(): boolean {
    return this.#machine.takesLists;
  }

  /** A new thread of a cgroup, made when it is not there; `parent`: forked from it, which inherits its groups. */
  addThread(cgroup: string, parent?: number): number {
    this.addCgroup(cgroup);
    this.#next += 1;
    const { control = '', monitoring = '' } = (parent === undefined ? undefined : this.threads.get(parent)) ?? {};
    this.threads.set(this.#next, { cgroup, control, monitoring });
    this.#show(this.#next);
    this.#listCgroup(cgroup);
    this.#listGroup({ control, monitoring });
    return this.#next;
  }

  /** Moves a thread to another cgroup; its groups stay. */
  enterCgroup(id: number, cgroup: string): void {
    const thread = this.threads.get(id);
    if (thread === undefined) return;
    const before = thread.cgroup;
    thread.cgroup = cgroup;
    this.#listCgroup(before);
    this.#listCgroup(cgroup);
  }

  endThread(id: number): void {
    const thread = this.threads.get(id);
    if (thread === undefined) return;
    this.threads.delete(id);
    rmSync(join(this.roots.procfs, `${id}`), { recursive: true, force: true });
    this.#listCgroup(thread.cgroup);
    this.#listGroup(thread);
  }

  /** What another tool does: a thread goes to a group. A control group takes it out of its monitoring group. */
  place(id: number, at: Placement): void {
    const thread = this.threads.get(id);
    if (thread === undefined) return;
    const before = { ...thread };
    Object.assign(thread, at);
    this.#show(id);
    this.#listGroup(before);
    this.#listGroup(at);
  }

  /** What another tool does: makes a group. */
  addGroup(at: Placement): void {
    mkdirSync(this.#folder(at));
    if (at.monitoring === '') {
      mkdirSync(join(this.#folder(at), 'mon_groups'));
      this.schemata.add(at.control);
    }
    this.#fill(at);
  }

  /** What another tool does: removes a group. */
  removeGroup(at: Placement): void {
    rmSync(this.#folder(at), { recursive: true });
    if (at.monitoring === '') this.schemata.remove(at.control);
    for (const [id, thread] of this.threads) {
      if (thread.control !== at.control || (at.monitoring !== '' && thread.monitoring !== at.monitoring)) continue;
      this.place(id, { control: at.monitoring === '' ? '' : at.control, monitoring: '' });
    }
  }

  /** Names of all monitoring groups, as `/mon_groups/x` and `/batch/mon_groups/x`. */
  get groups(): string[] {
    return this.#controls().flatMap((control) =>
      this.#monitorings(control).map((name) => shown({ control, monitoring: name })),
    );
  }

  at(id: number): string {
    const thread = this.threads.get(id);
    return thread === undefined ? 'ended' : shown(thread);
  }

  /** Sets what a counter reads: a number, or `Unavailable`. */
  count(at: Placement, domain: number, values: Readonly<Record<string, string | number | bigint>>): void {
    for (const [feature, value] of Object.entries(values)) {
      writeFileSync(join(this.#folder(at), 'mon_data', domainName(domain), feature), `${value}\n`);
    }
  }

  /** CPUs went offline or came online. */
  setDomains(domains: readonly number[]): void {
    this.#domains = domains;
    this.schemata.setDomains(domains);
    for (const control of this.#controls()) {
      for (const monitoring of ['', ...this.#monitorings(control)]) this.#fillDomains({ control, monitoring });
    }
  }

  /** Names, without the root. */
  get controlGroups(): readonly string[] {
    return this.#controls().slice(1);
  }

  /** CLOSIDs of all control groups. */
  get usedClosids(): number {
    return this.#controls().length;
  }

  /** RMIDs of all groups. */
  get usedRmids(): number {
    return this.#controls().reduce((sum, control) => sum + 1 + this.#monitorings(control).length, 0);
  }

  #controls(): string[] {
    const others = readdirSync(this.mountPoint).filter((name) => existsSync(join(this.mountPoint, name, 'mon_groups')));
    return ['', ...others];
  }

  #monitorings(control: string): string[] {
    const folder = join(this.mountPoint, control, 'mon_groups');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  #folder({ control, monitoring }: Placement): string {
    return join(this.mountPoint, control, monitoring === '' ? '' : `mon_groups/${monitoring}`);
  }

  #fill(at: Placement): void {
    this.#listGroup(at);
    this.#fillDomains(at);
  }

  #fillDomains(at: Placement): void {
    if (this.#machine.features.length === 0) return;
    const data = join(this.#folder(at), 'mon_data');
    const before = existsSync(data) ? readdirSync(data) : [];
    const now = this.#domains.map(domainName);
    for (const name of before) if (!now.includes(name)) rmSync(join(data, name), { recursive: true });
    for (const domain of this.#domains) {
      if (before.includes(domainName(domain))) continue;
      mkdirSync(join(data, domainName(domain)), { recursive: true });
      this.count(at, domain, Object.fromEntries(this.#machine.features.map((feature) => [feature, 0])));
    }
  }

  /** A control group lists the threads of its monitoring groups too. */
  #listGroup({ control, monitoring }: Placement): void {
    for (const name of monitoring === '' ? [''] : ['', monitoring]) {
      const folder = this.#folder({ control, monitoring: name });
      if (!existsSync(folder)) continue;
      const inside = [...this.threads].filter(
        ([, thread]) => thread.control === control && (name === '' || thread.monitoring === name),
      );
      writeFileSync(join(folder, 'tasks'), inside.map(([id]) => `${id}\n`).join(''));
    }
  }

  #listCgroup(path: string): void {
    if (!existsSync(join(this.cgroups, path))) return;
    const inside = [...this.threads].filter(([, { cgroup }]) => cgroup === path);
    this.write(
      join('cgroup', path, 'cgroup.threads'),
      inside.map(([id]) => `${id}`),
    );
  }

  #show(id: number): void {
    const { control = '', monitoring = '' } = this.threads.get(id) ?? {};
    this.write(`proc/${id}/stat`, [`${id} (a) Z b) S 1 1`]);
    if (!this.#machine.tellsPlacement) return;
    this.write(`proc/${id}/cpu_resctrl_groups`, [`res:${control === '' ? '/' : control}`, `mon:${monitoring}`]);
  }
}

function shown({ control, monitoring }: Placement): string {
  const above = control === '' ? '' : `/${control}`;
  return monitoring === '' ? above || '/' : `${above}/mon_groups/${monitoring}`;
}

function domainName(domain: number): string {
  return `mon_L3_${String(domain).padStart(2, '0')}`;
}
