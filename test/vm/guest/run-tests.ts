/**
 * In the guest: `run-tests.js FOLDER FILE...` runs test files one by one; what becomes of each test goes to
 * FOLDER/events.jsonl. After a reset of the machine the file that was running is run again, from its first line.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { resultOf } from '../../kit/test-results.ts';
import type { GuestEvent } from '../results.ts';

/** The guest is some 30 times slower than the machine below it. */
const testTimeoutMs = 240_000;

const [folder = '', ...files] = process.argv.slice(2);
const events = join(folder, 'events.jsonl');
/** Number of the file that runs. */
const progress = join(folder, 'progress');
let failed = false;

function write(event: GuestEvent): void {
  appendFileSync(events, `${JSON.stringify(event)}\n`);
}

function tell(event: TestEvent): void {
  if (event.type === 'test:fail') failed = true;
  const result = resultOf(event);
  if (result !== undefined && !result.text.includes('--expose_wasm')) write(result);
}

const first = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) : 0;
for (const [i, file] of files.entries()) {
  if (i < first) continue;
  writeFileSync(progress, String(i));
  for await (const event of run({ files: [file], concurrency: 1, timeout: testTimeoutMs })) tell(event);
}
write({ kind: 'end', text: '', file: '', durationMs: 0, detail: '' });
process.exitCode = failed ? 1 : 0;
