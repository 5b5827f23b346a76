import type { Logger } from '../shared/log/logger.ts';
import type { AuditRecord } from './apply/allocation-service.ts';

/** Writes in one line. */
const maxWrites = 200;

/**
 * Writes to the kernel as lines of the log: those of one request that are done together in one line, each that was
 * refused in its own.
 */
export class AuditLines {
  readonly #logger: Logger;
  #waiting: AuditRecord[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(record: AuditRecord): void {
    const [first] = this.#waiting;
    if (first !== undefined && !isTogether(first, record)) this.flush();
    if (record.error === undefined) {
      this.#waiting.push(record);
      if (this.#waiting.length >= maxWrites) this.flush();
      else if (this.#waiting.length === 1) setImmediate(() => this.flush());
      return;
    }
    this.flush();
    const { error, realtimeNs: _when, ...facts } = record;
    this.#logger.warn({ ...facts, code: error.code, reason: error.toText() }, 'audit');
  }

  flush(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const { cause, peer, requestId } = first;
    const writes = this.#waiting.map(({ file, before, after }) => ({ file, before, after }));
    this.#waiting = [];
    this.#logger.info({ cause, peer, requestId, sequence: first.sequence, writes }, 'audit');
  }
}

function isTogether(a: AuditRecord, b: AuditRecord): boolean {
  return a.cause === b.cause && a.peer === b.peer && a.requestId === b.requestId;
}
