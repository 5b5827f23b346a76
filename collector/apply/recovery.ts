import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type { AuditRecord } from './allocation-service.ts';
import type { BookStore } from './book.ts';
import type { AnnouncedWrite } from './entry.ts';
import type { KnobSession, Knobs } from './knob.ts';
import { writeOne } from './transaction.ts';

export interface RecoveryParts {
  readonly store: BookStore;
  readonly knobs: Knobs;
  readonly audit: (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>) => void;
}

/**
 * Undoes the batches in which a collector died: it had done a first part of the announced writes. In reverse, each that
 * is done is undone, so that no target is left half-applied. Answers how many writes it undid; never rejects.
 */
export async function recover({ store, knobs, audit }: RecoveryParts): Promise<number> {
  let undone = 0;
  const session = knobs.open();
  try {
    for (const [batch, writes] of [...store.state.unfinished].toReversed()) {
      for (const write of writes.toReversed()) {
        if (!wasDone(write, session)) continue;
        const { path, from, to } = write;
        const context = { session, path, cause: 'recovery', peer: '', requestId: '', audit } as const;
        if ((await safely(() => writeOne({ ...write, from: to, to: from }, context, []))) === undefined) undone += 1;
      }
      store.append({ kind: 'commit', batch, entries: [], forget: [] });
    }
  } finally {
    session.close();
  }
  return undone;
}

/** A write whose value is there now. Threads may be half-moved: they are always moved back. */
function wasDone({ knob, from, to }: AnnouncedWrite, session: KnobSession): boolean {
  if (knob.kind === 'rdt-members') return true;
  const found = session.read(knob);
  return found.ok && session.isSame(knob, found.value, to) && !session.isSame(knob, found.value, from);
}

async function safely(work: () => Promise<WcaError | undefined>): Promise<WcaError | undefined> {
  try {
    return await work();
  } catch (thrown) {
    return toWcaError(thrown, 'recovery');
  }
}
