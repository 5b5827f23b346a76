/**
 * `npm run test:brokers`: storages against real servers, which are downloaded once (Kafka from Maven Central) or come
 * with Debian (prometheus, kcat). Arguments are parts of file names.
 */
import { fileURLToPath } from 'node:url';
import { findTestFiles } from '../find-tests.ts';
import { runTestFiles } from '../kit/node-test.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const files = findTestFiles(here, process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${process.argv.slice(2).join(' ')}\n`);
  process.exit(2);
}
process.exitCode = runTestFiles(files, { timeoutMs: 180_000 }) ? 0 : 1;
