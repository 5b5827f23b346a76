import { basename } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** What became of a test, or what was said meanwhile. */
export interface TestResult {
  readonly kind: 'pass' | 'fail' | 'skip' | 'note';
  /** Name of the test; the text of a note. */
  readonly text: string;
  readonly file: string;
  readonly durationMs: number;
  /** Why it failed or was skipped. */
  readonly detail: string;
}

/** What an event of node:test tells a person; undefined: nothing. Pure. */
export function resultOf(event: TestEvent): TestResult | undefined {
  switch (event.type) {
    case 'test:pass':
      return resultOfPass(event.data);
    case 'test:fail':
      return resultOfFail(event.data);
    case 'test:stdout':
    case 'test:stderr':
    case 'test:diagnostic':
      return event.data.file === undefined ? undefined : noteOf(event.data.file, event.data.message);
    default:
      return undefined;
  }
}

type Data<Type extends TestEvent['type']> = Extract<TestEvent, { type: Type }>['data'];

function resultOfPass({ name, file, details, skip }: Data<'test:pass'>): TestResult | undefined {
  if (details.type === 'suite') return undefined;
  const skipped = skip !== undefined && skip !== false;
  const common = { text: name, file: basename(file ?? ''), durationMs: details.duration_ms };
  return skipped ? { ...common, kind: 'skip', detail: String(skip) } : { ...common, kind: 'pass', detail: '' };
}

/** A parent says of itself only that a child failed, which is known by then: undefined. */
function resultOfFail({ name, file, details }: Data<'test:fail'>): TestResult | undefined {
  const { error } = details;
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined;
  const detail = explain(error);
  return { kind: 'fail', text: name, file: basename(file ?? ''), durationMs: details.duration_ms, detail };
}

/** The error with its stack, without Node's own frames. */
function explain({ cause, message }: Error): string {
  const whole = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? message);
  return whole.replaceAll(/\n +at .*\(?node:.*/g, '').slice(0, 4000);
}

/** Programs under test may say a lot; an empty line says nothing. */
function noteOf(file: string, message: string): TestResult | undefined {
  const text = message.trimEnd();
  return text === '' ? undefined : { kind: 'note', text, file: basename(file), durationMs: 0, detail: '' };
}

/** A result for a person, indented under what it belongs to. Pure. */
export function formatResult({ kind, text, file, durationMs, detail }: TestResult): string {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const indented = (lines: string) => lines.replaceAll('\n', '\n       ');
  switch (kind) {
    case 'pass':
      return `  ok   ${text} (${seconds})`;
    case 'skip':
      return `  skip ${text}: ${detail}`;
    case 'fail':
      return `  FAIL ${text} (${file}, ${seconds})\n       ${indented(detail)}`;
    case 'note':
      return `       ${indented(text)}`;
  }
}
