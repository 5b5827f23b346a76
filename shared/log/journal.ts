import { fstatSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Priorities of syslog(3), by the number of the level here. */
const priorities: readonly (readonly [level: number, priority: number])[] = [
  [60, 2], // fatal: critical
  [50, 3], // error
  [40, 4], // warn: warning
  [30, 6], // info
];

/** 50 → 3: the priority of a level; 7, debug, for all below info. Pure. */
export function journalPriority(level: number): number {
  return priorities.find(([from]) => level >= from)?.[1] ?? 7;
}

/**
 * Whether a descriptor of this process is the journal's: JOURNAL_STREAM of systemd.exec(5), `9:24579`, device and inode.
 */
export function isJournal(fd: number, env: NodeJS.ProcessEnv): boolean {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return stream === `${dev}:${ino}`;
  } catch {
    return false; // it is closed
  }
}

/** Puts its priority before each line, `<4>{…}`, which the journal takes off again; sd-daemon(3). */
export function journalDestination(out: DestinationStream): DestinationStream {
  const stream = {
    // pino sets lastLevel before each line, for who asks for it like this.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 30,
    write: (line: string): void => out.write(`<${journalPriority(stream.lastLevel)}>${line}`),
  };
  return stream;
}
