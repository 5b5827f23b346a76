/**
 * `npm test`: the unit tests in one process (fast), then each file of test/integration in a process of its own, two at
 * a time. Arguments are parts of file names: `npm test -- mountinfo` runs what matches.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

function testFiles(folder: string, words: readonly string[]): string[] {
  return readdirSync(join(here, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort();
}

/** Runs test files with node:test; `undefined` when there is nothing to run. */
function runTests(args: readonly string[], files: readonly string[]): boolean | undefined {
  if (files.length === 0) return undefined;
  const result = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...args, ...files], {
    stdio: 'inherit',
  });
  return result.status === 0;
}

const words = process.argv.slice(2);
const results = [
  runTests(['--test-concurrency=2'], testFiles('unit', words)),
  runTests(['--test-concurrency=2'], testFiles('integration', words)),
];
if (results.every((result) => result === undefined)) {
  process.stderr.write(`no test file matches ${words.join(' ')}\n`);
  process.exit(2);
}
process.exit(results.every((result) => result !== false) ? 0 : 1);
