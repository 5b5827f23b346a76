import { setImmediate } from 'node:timers/promises';
import type { CgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import { readCgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import type { KernelRoots } from '../../collector/kernel/roots.ts';
import { TempKernel } from './temp-kernel.ts';

interface Hooks {
  after(clean: () => void): void;
}

/** Processes as plain files, in cgroups (v2) as plain files. */
export class ProcessTree {
  readonly kernel = new TempKernel('6.1-v2-2numa');
  readonly roots: KernelRoots = this.kernel.roots;
  readonly layout: CgroupLayout;

  constructor(t: Hooks) {
    t.after(() => this.kernel.remove());
    this.layout = readCgroupLayout(this.roots);
    for (const file of ['smaps', 'smaps_rollup', 'clear_refs']) this.kernel.write(`proc/self/${file}`, '');
  }

  /** Who is in a cgroup; its threads are the same ones. */
  setMembers(cgroup: string, ids: readonly number[]): void {
    const text = ids.map((id) => `${id}\n`).join('');
    this.kernel.write(`cgroup${cgroup}/cgroup.procs`, text);
    this.kernel.write(`cgroup${cgroup}/cgroup.threads`, text);
  }

  /** A process that references so much. */
  setReferenced(pid: number, kibibytes: number | string): void {
    this.kernel.write(`proc/${pid}/smaps_rollup`, `Rss: 99 kB\nReferenced: ${kibibytes} kB\n`);
    this.kernel.write(`proc/${pid}/clear_refs`, '');
  }

  /** A thread with these fields. */
  setSched(tid: number, fields: Readonly<Record<string, number | string>>): void {
    const lines = Object.entries(fields).map(([key, value]) => `${key.padEnd(45)}:${`${value}`.padStart(21)}\n`);
    this.kernel.write(`proc/${tid}/sched`, `x (${tid}, #threads: 1)\n${'-'.repeat(67)}\n${lines.join('')}`);
  }

  end(id: number): void {
    this.kernel.remove(`proc/${id}`);
  }

  /** Which of the processes had their referenced bits cleared since the last question. */
  takeCleared(pids: readonly number[]): number[] {
    return pids.filter((pid) => {
      const file = `proc/${pid}/clear_refs`;
      const text = this.kernel.read(file);
      this.kernel.write(file, '');
      return text === '1\n';
    });
  }
}

/** Lets the event loop turn until something is so; throws when it is not within ten seconds. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`not so within 10 s: ${what}`);
    await setImmediate();
  }
}
