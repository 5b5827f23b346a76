import { dirname } from 'node:path';
import { TestCgroups } from '../kit/cgroups.ts';

export interface BenchCgroups {
  /** As WCA names them. */
  readonly paths: readonly string[];
  /** Folders on the hierarchy that perf counts on. */
  readonly perfFolders: readonly string[];
  remove(): void;
}

/** `n` empty cgroups on every hierarchy. Throws where cgroups cannot be made. */
export function makeBenchCgroups(n: number): BenchCgroups {
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
  return { paths, perfFolders, remove: () => cgroups.remove() };
}
