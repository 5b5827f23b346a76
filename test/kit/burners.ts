import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import type { TestCgroups } from './cgroups.ts';

/** Starts processes that burn CPU in a cgroup, from the moment the promise is kept. */
export type Burn = (task: string, count: number) => Promise<void>;

/** The processes end with the test, and then the cgroups. Shells: on an emulated machine Node takes seconds to start. */
export function makeBurn(t: TestContext, cgroups: TestCgroups): Burn {
  const children: ChildProcess[] = [];
  t.after(async () => {
    const ended = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
    cgroups.remove();
  });
  return async (task, count) => {
    const started = Array.from({ length: count }, () => {
      const script = 'read line; echo; while :; do :; done';
      const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
      children.push(child);
      cgroups.attach(task, child.pid ?? 0);
      return child;
    });
    const burning = started.map((child) => once(child.stdout, 'data'));
    for (const child of started) child.stdin.write('go\n');
    await Promise.all(burning);
  };
}
