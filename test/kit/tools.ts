import { spawnSync } from 'node:child_process';

/**
 * Whether a program is missing, as the reason for a test to skip. With WCA_TEST_REQUIRE_TOOLS set (CI, which installs
 * them) a missing program is a failure instead.
 */
export function skipWithout(program: string): string | false {
  const { error } = spawnSync(program, ['--version'], { stdio: 'ignore' });
  if (error === undefined) return false;
  if (process.env['WCA_TEST_REQUIRE_TOOLS'] !== undefined) throw new Error(`${program} is not installed`);
  return `${program} is not installed`;
}
