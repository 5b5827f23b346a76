import { spawnSync } from 'node:child_process';

/** stdout of a program of the guest; throws with stderr when it fails. */
export function runCommand(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `status ${status}: ${stderr}`}`);
}
