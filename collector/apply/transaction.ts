import type { KernelWrite } from '../../shared/allocation/results.ts';
import type { AllocationType } from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { AuditCause, AuditRecord } from './allocation-service.ts';
import type { AnnouncedWrite } from './entry.ts';
import { type KnobId, type KnobSession, knobKey, knobName } from './knob.ts';
import type { PlannedWrite } from './ports.ts';

/** On whose behalf and why the kernel is written to. */
export interface WriteContext {
  readonly session: KnobSession;
  readonly path: string;
  readonly cause: AuditCause;
  /** Empty: the collector by itself. */
  readonly peer: string;
  readonly requestId: string;
  readonly audit: (record: Omit<AuditRecord, 'sequence' | 'realtimeNs'>) => void;
}

/** A write that was done. */
export interface DoneWrite extends KernelWrite {
  readonly type: AllocationType;
  readonly knob: KnobId;
  readonly key: string;
}

export interface WriteFailure {
  readonly write: AnnouncedWrite;
  readonly error: WcaError;
}

/** A knob that others of the same request may have brought to what is wanted meanwhile. */
export function isShared(id: KnobId): boolean {
  return id.kind === 'controller' || id.kind === 'rdt-group';
}

/** What each write finds, as far as is known before any of them; reads each knob once. `undefined`: it cannot be read. */
export function announceWrites(
  path: string,
  planned: readonly PlannedWrite[],
  session: KnobSession,
): readonly AnnouncedWrite[] {
  const texts = new Map<string, string>();
  return planned.map(({ id, type, text }) => {
    const key = knobKey(id);
    let from = texts.get(key);
    if (from === undefined) {
      const reading = session.read(id);
      // A file that a controller brings first is empty or has a default then: nothing that can be told before.
      from = reading.ok ? reading.value : '';
    }
    texts.set(key, text);
    return { knob: id, path, type, from, to: text };
  });
}

export interface WriteOutcome {
  /** What stays done: everything, or what could not be undone after a failure. */
  readonly done: readonly DoneWrite[];
  readonly failure: WriteFailure | undefined;
}

/**
 * Writes one after the other and reads back. At the first failure everything done is undone in reverse, through states
 * that the kernel had accepted on the way.
 */
export async function writeAll(writes: readonly AnnouncedWrite[], context: WriteContext): Promise<WriteOutcome> {
  const done: DoneWrite[] = [];
  for (const write of writes) {
    const { knob, to } = write;
    const found = isShared(knob) || write.from === '' ? readOr(context.session, knob, write.from) : write.from;
    if (isShared(knob) && context.session.isSame(knob, found, to)) continue;
    const error = await writeOne({ ...write, from: found }, context, done);
    if (error === undefined) continue;
    const stuck = await undo(done, { ...context, cause: 'rollback' });
    return { done: stuck, failure: { write: { ...write, from: found }, error } };
  }
  return { done, failure: undefined };
}

/** Undoes writes in reverse; answers those that the kernel does not let undo. */
async function undo(done: readonly DoneWrite[], context: WriteContext): Promise<readonly DoneWrite[]> {
  const stuck: DoneWrite[] = [];
  for (const write of done.toReversed()) {
    const { knob, type, before, after } = write;
    const error = await writeOne({ knob, type, path: context.path, from: after, to: before }, context, []);
    if (error !== undefined && error.code !== 'CGROUP_GONE') stuck.unshift(write);
  }
  return stuck;
}

/** Writes, tells the audit and adds to what is done; the error when the kernel refuses or ignores it. */
export async function writeOne(
  { knob, type, from, to }: AnnouncedWrite,
  { session, path, cause, peer, requestId, audit }: WriteContext,
  done: DoneWrite[],
): Promise<WcaError | undefined> {
  const result = await session.write(knob, to);
  const file = knobName(knob);
  let error = result.ok ? undefined : result.error;
  if (result.ok && !session.isSame(knob, result.value, to) && session.isSame(knob, result.value, from)) {
    const message = `the kernel still has ${JSON.stringify(from)} after ${JSON.stringify(to)} was written`;
    error = new WcaError('KERNEL_REFUSED', { subject: file, message });
  }
  const after = result.ok ? result.value : to;
  audit({ peer, cause, path, type, file, before: from, after, error, requestId });
  if (error === undefined) done.push({ type, knob, key: knobKey(knob), file, before: from, after });
  return error;
}

function readOr(session: KnobSession, knob: KnobId, otherwise: string): string {
  const reading = session.read(knob);
  return reading.ok ? reading.value : otherwise;
}
