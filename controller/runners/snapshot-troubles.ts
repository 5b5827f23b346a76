import { isErrorCode } from '../../shared/errors/codes.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Episodes } from '../../shared/log/episodes.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Schema, Snapshot, WireError } from '../../shared/rpc/watch-messages.ts';
import type { MetricBatch } from '../model/metric-batch.ts';

const episode = 'measurements of tasks';

/** Tells what the collector could not measure and what could not be exported: once when it begins, once when it ends. */
export class SnapshotTroubles {
  readonly #episodes: Episodes;
  readonly #logger: Logger;
  /** Episodes open for what the host cannot measure. */
  #unavailable: ReadonlySet<string> = new Set();
  #refused: ReadonlySet<string> = new Set();
  #schema: Schema | undefined;

  constructor(episodes: Episodes, logger: Logger) {
    this.#episodes = episodes;
    this.#logger = logger;
  }

  tell(schema: Schema, snapshot: Snapshot, batch: MetricBatch): void {
    if (schema !== this.#schema) {
      this.#tellUnavailable(schema);
      this.#tellNotes(schema);
      this.#schema = schema;
    }
    // A cgroup that ends, or lives on some hierarchies only, is nothing to complain of; its task shows it.
    const errors = snapshot.errors.filter(({ error }) => error.code !== 'CGROUP_GONE');
    const [first] = errors;
    if (first === undefined) this.#episodes.ended(episode);
    else {
      const doing = `leaving out what could not be read (${errors.length} this time)`;
      this.#episodes.failed(episode, wcaErrorOf(first.error), { source: 'collector', doing });
    }
    this.#tellRefused(batch);
  }

  #tellUnavailable(schema: Schema): void {
    const now = new Set<string>();
    for (const error of schema.unavailable) {
      const name = `measuring ${error.subject}`;
      const key = now.has(name) ? `${name}: ${error.message}` : name;
      now.add(key);
      this.#episodes.failed(key, wcaErrorOf(error), { source: 'measurements', doing: 'going on without it' });
    }
    this.#endAllBut(this.#unavailable, now);
    this.#unavailable = now;
  }

  /** Nothing is wrong then: said once, and in the status as long as it holds. */
  #tellNotes({ notes }: Schema): void {
    const before = new Set(this.#schema?.notes.map(textOf));
    for (const note of notes) {
      if (before.has(textOf(note))) continue;
      const { code, subject, message, remedy } = note;
      this.#logger.info({ code, subject, remedy }, `${subject}: ${message}`);
    }
  }

  #tellRefused({ refused = [] }: MetricBatch): void {
    if (refused.length === 0 && this.#refused.size === 0) return;
    const now = new Set<string>();
    for (const { name, reason } of refused.slice(0, 20)) {
      const key = `metric ${name}`;
      now.add(key);
      const error = new WcaError('INVALID_ARGUMENT', { subject: key, message: reason });
      this.#episodes.failed(key, error, { source: 'metrics', doing: 'leaving it out' });
    }
    this.#endAllBut(this.#refused, now);
    this.#refused = now;
  }

  #endAllBut(before: ReadonlySet<string>, now: ReadonlySet<string>): void {
    for (const key of before) if (!now.has(key)) this.#episodes.ended(key);
  }
}

function textOf({ subject, message }: WireError): string {
  return `${subject}: ${message}`;
}

/** An error of the wire; a code of a newer collector is told as INTERNAL. */
function wcaErrorOf({ code, subject, message, remedy, errno }: WireError): WcaError {
  return new WcaError(isErrorCode(code) ? code : 'INTERNAL', {
    subject,
    message,
    ...(remedy === '' ? {} : { remedy }),
    ...(errno === '' ? {} : { errno }),
  });
}
