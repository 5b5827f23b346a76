import { spawnSync } from 'node:child_process';

/** Whether a program is installed; for tests to skip with a reason. */
export function skipWithout(program: string): string | false {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  return error === undefined ? false : `${program} is not installed`;
}
