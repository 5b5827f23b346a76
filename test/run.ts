/**
 * `npm test`: the unit tests in one process (fast), then each file of test/integration in a process of its own.
 * Arguments are parts of file names: `npm test -- mountinfo` runs what matches.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTestFiles } from './find-tests.ts';
import { runTestFiles } from './kit/node-test.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);

const unit = findTestFiles(join(here, 'unit'), words);
const integration = findTestFiles(join(here, 'integration'), words);
if (unit.length + integration.length === 0) {
  process.stderr.write(`no test file matches ${words.join(' ')}\n`);
  process.exit(2);
}
const timeoutMs = 120_000;
let passed = true;
if (unit.length > 0) {
  process.stdout.write(`unit tests: ${unit.length} files\n`);
  passed = runTestFiles([join(here, 'unit.js')], { timeoutMs, env: { WCA_TEST_FILES: JSON.stringify(unit) } });
}
if (integration.length > 0) {
  process.stdout.write(`integration tests: ${integration.length} files\n`);
  passed = runTestFiles(integration, { timeoutMs }) && passed;
}
process.exitCode = passed ? 0 : 1;
