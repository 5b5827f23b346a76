import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { TestCgroups } from '../kit/cgroups.ts';

export interface BenchCgroups {
  /** As WCA names them. */
  readonly paths: readonly string[];
  /** Folders on the hierarchy that perf counts on. */
  readonly perfFolders: readonly string[];
  /** Of the sleeping processes. */
  readonly pids: readonly number[];
  remove(): Promise<void>;
}

/** `n` cgroups on every hierarchy, each with a sleeping process if asked for. Throws where cgroups cannot be made. */
export function makeBenchCgroups(n: number, withProcesses: boolean): BenchCgroups {
  let reason = '';
  const cgroups = TestCgroups.make((text) => {
    reason = text;
  });
  if (cgroups === undefined) throw new Error(`the bench needs to make cgroups: ${reason}`);
  const paths = Array.from({ length: n }, (_, i) => cgroups.add(`task${i}`));
  const perfFolders = paths.flatMap((path) => {
    const file = cgroups.file(path, 'cgroup.events');
    return file === undefined ? [] : [dirname(file)];
  });
  const sleepers = withProcesses ? paths.map((path) => startSleeper(cgroups, path)) : [];
  return {
    paths,
    perfFolders,
    pids: sleepers.map(({ pid }) => pid),
    async remove() {
      await Promise.all(sleepers.map((sleeper) => sleeper.stop()));
      cgroups.remove();
    },
  };
}

function startSleeper(cgroups: TestCgroups, path: string): { readonly pid: number; stop(): Promise<unknown> } {
  const child = spawn('sleep', ['infinity'], { stdio: 'ignore' });
  const { pid } = child;
  if (pid === undefined) throw new Error('cannot start sleep(1)');
  cgroups.attach(path, pid);
  return {
    pid,
    stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      return ended;
    },
  };
}
