import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import report from '../../kit/reporter.ts';
import { formatResult, resultOf, type TestResult } from '../../kit/test-results.ts';

const pass: TestResult = { kind: 'pass', text: 'a name', file: 'a.test.js', durationMs: 1234, detail: '' };

for (const [result, text] of [
  [pass, '  ok   a name (1.2 s)'],
  [
    { ...pass, kind: 'fail', detail: 'Error: x\n  at y' },
    '  FAIL a name (a.test.js, 1.2 s)\n       Error: x\n         at y',
  ],
  [{ ...pass, kind: 'skip', detail: 'no PMU' }, '  skip a name: no PMU'],
  [{ ...pass, kind: 'note' }, '       a name'],
] as const) {
  test(`the line of a ${result.kind}`, () => {
    assert.equal(formatResult(result), text);
  });
}

/** An event as node:test makes it, of the test `name` in `file`. */
function event(
  type: 'test:pass' | 'test:fail',
  of: { file: string; name: string; [more: string]: unknown },
): TestEvent {
  const { details, ...rest } = { details: {}, ...of };
  return {
    type,
    data: { ...rest, file: `/t/${of.file}`, details: { duration_ms: 400, ...(details as object) } },
  } as TestEvent;
}

function failure(message: string, failureType = 'testCodeFailure'): { error: Error } {
  return { error: Object.assign(new Error(message), { failureType, cause: message }) };
}

test('a suite and a parent that only says that a child failed are no results', () => {
  const suite = event('test:pass', { file: 'a.test.js', name: 's', details: { type: 'suite' } });
  const parent = event('test:fail', { file: 'a.test.js', name: 'p', details: failure('1 failed', 'subtestsFailed') });
  assert.deepEqual([suite, parent].map(resultOf), [undefined, undefined]);
});

async function shown(events: readonly TestEvent[]): Promise<string> {
  async function* source() {
    yield* events;
  }
  let text = '';
  for await (const part of report(source())) text += part;
  return text.replace(/in [\d.]+ s\n$/, 'in T\n');
}

test('what passes quickly is a number, slow files have a line', async () => {
  const quick = [0, 1].map((n) => event('test:pass', { file: 'quick.test.js', name: `q${n}` }));
  const slow = [0, 1, 2].map((n) => event('test:pass', { file: 'slow.test.js', name: `s${n}` }));
  assert.equal(await shown([...quick, ...slow]), '  ok   slow: 3 tests (1.2 s)\n5 passed, 0 failed, 0 skipped in T\n');
});

test('a failure is told at once and at the end, with what its file said; a skip with its reason', async () => {
  const said = (message: string, file?: string) =>
    ({ type: 'test:diagnostic', data: { nesting: 0, message, file } }) as TestEvent;
  const text = await shown([
    said('of another file', '/t/a.test.js'),
    event('test:pass', { file: 'a.test.js', name: 'a' }),
    event('test:fail', { file: 'b.test.js', name: 'b', details: failure('1 is not 2') }),
    said('measured 1', '/t/b.test.js'),
    event('test:pass', { file: 'c.test.js', name: 'c', skip: 'no PMU' }),
    said('tests 3'),
  ]);
  assert.equal(
    text,
    `  FAIL b (b.test.js, 0.4 s)
       1 is not 2
       measured 1
  skip c: no PMU

failed:
  FAIL b (b.test.js, 0.4 s)
       1 is not 2
1 passed, 1 failed, 1 skipped in T
`,
  );
});
