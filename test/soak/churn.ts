import { type ChildProcess, spawn } from 'node:child_process';
import type { TestCgroups } from '../kit/cgroups.ts';

/** Tasks that are born and die: a cgroup with a process each, some of which outlive their neighbours. */
export class Churn {
  born = 0;
  died = 0;
  readonly #cgroups: TestCgroups;
  readonly #children = new Set<ChildProcess>();
  #timer: NodeJS.Timeout | undefined;

  constructor(cgroups: TestCgroups) {
    this.#cgroups = cgroups;
  }

  get alive(): number {
    return this.#children.size;
  }

  start(perSecond: number): void {
    this.#timer = setInterval(() => this.#bear(), 1000 / perSecond);
  }

  /** Resolves when the last one is gone. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const child of this.#children) child.kill('SIGKILL');
    while (this.#children.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  #bear(): void {
    this.born += 1;
    const path = this.#cgroups.add(`short-${this.born}`);
    const child = spawn('sleep', [(0.2 + Math.random() * 3).toFixed(2)], { stdio: 'ignore' });
    this.#children.add(child);
    child.once('exit', () => {
      this.#children.delete(child);
      this.#drop(path, 0);
    });
    try {
      this.#cgroups.attach(path, child.pid ?? 0);
    } catch {
      child.kill('SIGKILL'); // it has ended before
    }
  }

  /** A cgroup of v2 whose process was just reaped can be busy for a moment. */
  #drop(path: string, attempt: number): void {
    try {
      this.#cgroups.drop(path);
      this.died += 1;
    } catch {
      if (attempt < 20) setTimeout(() => this.#drop(path, attempt + 1), 50);
    }
  }
}
