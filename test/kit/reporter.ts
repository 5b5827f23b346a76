/**
 * Reporter of `npm test` for node:test: what failed or was skipped, and files that took a second or more, as they end.
 * WCA_TEST_VERBOSE=1: every test and everything said. What failed is said again at the end, where it is looked for.
 */
import type { TestEvent } from 'node:test/reporters';
import { formatResult, resultOf, type TestResult } from './test-results.ts';

const slowFileMs = 1000;

// biome-ignore lint/style/noDefaultExport: node:test takes the default export as the reporter.
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const startMs = performance.now();
  const verbose = process.env['WCA_TEST_VERBOSE'] !== undefined;
  const counts = { pass: 0, fail: 0, skip: 0, note: 0 };
  const failed: TestResult[] = [];
  let ofFile: TestResult[] = [];
  for await (const event of events) {
    const result = resultOf(event);
    if (result === undefined) continue;
    if (result.file !== ofFile[0]?.file) {
      yield formatFile(ofFile, verbose);
      ofFile = [];
    }
    ofFile.push(result);
    counts[result.kind]++;
    if (result.kind === 'fail') failed.push(result);
    if (verbose || result.kind === 'fail' || result.kind === 'skip') yield `${formatResult(result)}\n`;
  }
  yield formatFile(ofFile, verbose);
  if (failed.length > 0) yield `\nfailed:\n${failed.map((result) => `${formatResult(result)}\n`).join('')}`;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  yield `${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped in ${seconds} s\n`;
}

/** The end of a file: its line if it was slow; what was said in it if a test failed. */
function formatFile(results: readonly TestResult[], verbose: boolean): string {
  const tests = results.filter(({ kind }) => kind !== 'note');
  const durationMs = tests.reduce((sum, test) => sum + test.durationMs, 0);
  const failed = tests.some(({ kind }) => kind === 'fail');
  const notes = failed && !verbose ? results.filter(({ kind }) => kind === 'note') : [];
  const said = notes.map((note) => `${formatResult(note)}\n`).join('');
  if (failed || durationMs < slowFileMs) return said;
  const text = `${results[0]?.file.replace('.test.js', '') ?? ''}: ${tests.length} tests`;
  return `${formatResult({ kind: 'pass', text, file: '', durationMs, detail: '' })}\n`;
}
