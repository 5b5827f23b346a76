import type { ErrorCode } from './codes.ts';

/** What a failure is about. All texts are for people; only `code` is for programs. */
export interface ErrorFacts {
  /** On what: `/kubepods/pod1 memory.stat`, `runner.node.tasks[3]`. */
  readonly subject: string;
  /** What happened, with the kernel's own words where there are any. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy?: string;
  /** Name of the system call's error: `EACCES`. */
  readonly errno?: string;
  readonly cause?: unknown;
}

/** The only error type of WCA. Thrown for start-up and programming errors; returned in a `Reading` for everything else. */
export class WcaError extends Error {
  override readonly name = 'WcaError';
  readonly code: ErrorCode;
  readonly subject: string;
  readonly remedy: string | undefined;
  readonly errno: string | undefined;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.subject = facts.subject;
    this.remedy = facts.remedy;
    this.errno = facts.errno;
  }

  /** One line for a person: `subject: message (remedy)`. */
  toText(): string {
    const remedy = this.remedy === undefined ? '' : ` (${this.remedy})`;
    return `${this.subject}: ${this.message}${remedy}`;
  }
}

/** The outcome of reading something that may be absent or refuse to be read. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WcaError };

/** The single funnel from anything that can be thrown; what is not a WcaError becomes `fallback`. */
export function toWcaError(thrown: unknown, subject: string, fallback: ErrorCode = 'INTERNAL'): WcaError {
  if (thrown instanceof WcaError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = errnoName(thrown);
  return new WcaError(fallback, { subject, message, cause: thrown, ...(errno === undefined ? {} : { errno }) });
}

/** `ENOENT` of a Node system error, or undefined. */
export function errnoName(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' && /^E[A-Z0-9]+$/.test(thrown.code) ? thrown.code : undefined;
}
