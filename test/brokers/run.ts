/**
 * `npm run test:brokers`: storages against real servers, which are downloaded once (Kafka from Maven Central) or come
 * with Debian (prometheus, kcat). Arguments are parts of file names.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findTestFiles } from '../find-tests.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const files = findTestFiles(here, process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`no test file matches ${process.argv.slice(2).join(' ')}\n`);
  process.exit(2);
}
const args = ['--enable-source-maps', '--test', '--test-concurrency=1', '--test-timeout=180000', ...files];
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
