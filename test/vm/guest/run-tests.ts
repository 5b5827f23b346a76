/** In the guest: `run-tests.js EVENTS FILE...` runs test files one by one; what becomes of each test goes to EVENTS. */
import { appendFileSync } from 'node:fs';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { resultOf } from '../../kit/test-results.ts';
import type { GuestEvent } from '../results.ts';

/** The guest is some 30 times slower than the machine below it. */
const testTimeoutMs = 240_000;

const [events = '', ...files] = process.argv.slice(2);
let failed = false;

function write(event: GuestEvent): void {
  appendFileSync(events, `${JSON.stringify(event)}\n`);
}

function tell(event: TestEvent): void {
  if (event.type === 'test:fail') failed = true;
  const result = resultOf(event);
  if (result !== undefined && !result.text.includes('--expose_wasm')) write(result);
}

for await (const event of run({ files, concurrency: 1, timeout: testTimeoutMs })) tell(event);
write({ kind: 'end', text: '', file: '', durationMs: 0, detail: '' });
process.exitCode = failed ? 1 : 0;
