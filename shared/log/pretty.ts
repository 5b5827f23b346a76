import type { DestinationStream } from 'pino';

const colours: Readonly<Record<string, string>> = {
  fatal: '\u001b[1;31m',
  error: '\u001b[31m',
  warn: '\u001b[33m',
  info: '\u001b[32m',
  debug: '\u001b[36m',
  trace: '\u001b[90m',
};
const reset = '\u001b[0m';
const dim = '\u001b[2m';
/** Fields that have a place of their own in the line. */
const placed = new Set(['level', 'time', 'module', 'msg', 'err']);

/** Turns pino's JSON lines into lines for people. For terminals only. */
export function prettyDestination(out: DestinationStream): DestinationStream {
  return { write: (line: string) => out.write(formatLogLine(line)) };
}

/** `12:00:01.123 WARN  wca.nodes: cannot list tasks, keeping the last list  error="…"`; a line that is not JSON stays. */
export function formatLogLine(line: string): string {
  const record = parseRecord(line);
  if (record === undefined) return line;
  const level = String(record['level'] ?? '');
  const time = String(record['time'] ?? '').slice(11, 23);
  const fields = Object.entries(record)
    .filter(([key]) => !placed.has(key))
    .map(([key, value]) => `  ${dim}${key}=${reset}${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const colour = colours[level] ?? '';
  return (
    `${dim}${time}${reset} ${colour}${level.toUpperCase().padEnd(5)}${reset} ${dim}${String(record['module'] ?? '')}:${reset} ` +
    `${String(record['msg'] ?? '')}${fields.join('')}${formatError(record['err'])}\n`
  );
}

function formatError(err: unknown): string {
  if (typeof err !== 'object' || err === null) return '';
  const { message, stack, code } = err as Readonly<Record<string, unknown>>;
  // A WcaError explains itself; anything else is a bug, for which the stack is wanted.
  return typeof code === 'string' ? `  ${String(message)}` : `\n${String(stack ?? message)}`;
}

function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
