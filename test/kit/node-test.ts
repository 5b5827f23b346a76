import { spawnSync } from 'node:child_process';

const reporter = new URL('./reporter.js', import.meta.url).href;

/** Runs test files one after the other, each in a process of its own; whether all passed. */
export function runTestFiles(
  files: readonly string[],
  { timeoutMs, env = {} }: { readonly timeoutMs: number; readonly env?: NodeJS.ProcessEnv },
): boolean {
  const options = ['--test-concurrency=1', `--test-timeout=${timeoutMs}`, `--test-reporter=${reporter}`];
  const args = ['--enable-source-maps', '--test', ...options, '--test-reporter-destination=stdout', ...files];
  return spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}
