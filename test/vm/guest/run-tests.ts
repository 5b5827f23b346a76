/** In the guest: `run-tests.js EVENTS FILE...` runs test files one by one; what becomes of each test goes to EVENTS. */
import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type EventData, run } from 'node:test';
import type { GuestEvent } from '../results.ts';

/** The guest is some 30 times slower than the machine below it. */
const testTimeoutMs = 240_000;

const [events = '', ...files] = process.argv.slice(2);
let failed = false;

function write(event: GuestEvent): void {
  appendFileSync(events, `${JSON.stringify(event)}\n`);
}

function note(file: string | undefined, message: string): void {
  const text = message.trimEnd();
  if (text !== '' && !text.includes('--expose_wasm'))
    write({ kind: 'note', text, file: basename(file ?? ''), durationMs: 0, detail: '' });
}

/** A parent says of itself only that a child failed, which is known by then. */
function isEcho(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed';
}

function explain(error: Error): string {
  const { cause } = error;
  return (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? error.message)).slice(0, 4000);
}

function finished({ name, file, details, skip }: EventData.TestPass | EventData.TestFail, error?: Error): void {
  if (details.type === 'suite' && error === undefined) return;
  if (error !== undefined) failed = true;
  if (error !== undefined && isEcho(error)) return;
  const common = { text: name, file: basename(file ?? ''), durationMs: details.duration_ms };
  if (error !== undefined) write({ ...common, kind: 'fail', detail: explain(error) });
  else if (skip !== undefined && skip !== false) write({ ...common, kind: 'skip', detail: String(skip) });
  else write({ ...common, kind: 'pass', detail: '' });
}

const stream = run({ files, concurrency: 1, timeout: testTimeoutMs });
stream.on('test:pass', (data) => finished(data));
stream.on('test:fail', (data) => finished(data, data.details.error));
stream.on('test:stdout', ({ file, message }) => note(file, message));
stream.on('test:stderr', ({ file, message }) => note(file, message));
stream.on('test:diagnostic', ({ file, message }) => {
  if (file !== undefined) note(file, message); // the totals have no file; the host counts
});
stream.on('end', () => {
  write({ kind: 'end', text: '', file: '', durationMs: 0, detail: '' });
  process.exitCode = failed ? 1 : 0;
});
stream.resume();
