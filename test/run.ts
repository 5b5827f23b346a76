/**
 * `npm test`: the unit tests in one process (fast), then each file of test/integration in a process of its own.
 * Arguments are parts of file names: `npm test -- mountinfo` runs what matches.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTestFiles } from './find-tests.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);

/** Whether the files passed; undefined when there is nothing to run. */
function runTests(files: readonly string[], env: NodeJS.ProcessEnv = {}): boolean | undefined {
  if (files.length === 0) return undefined;
  const args = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-timeout=120000', ...files];
  return spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0;
}

const unit = findTestFiles(join(here, 'unit'), words);
const integration = findTestFiles(join(here, 'integration'), words);
if (unit.length + integration.length === 0) {
  process.stderr.write(`no test file matches ${words.join(' ')}\n`);
  process.exit(2);
}
const results = [
  runTests(unit.length === 0 ? [] : [join(here, 'unit.js')], { WCA_TEST_FILES: JSON.stringify(unit) }),
  runTests(integration),
];
process.exit(results.every((passed) => passed !== false) ? 0 : 1);
