import { spawnSync } from 'node:child_process';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a program to its end; its stdout. Throws with what it said when it fails. */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  throw new Error(`${[program, ...args].join(' ').slice(0, 500)}: ${error?.message ?? `status ${status}: ${stderr}`}`);
}
