import type { ValueResult } from '../../shared/allocation/results.ts';
import {
  type AllocationType,
  type AllocationValue,
  allocationTypes,
  type ValueOf,
} from '../../shared/allocation/values.ts';
import { toWcaError, WcaError } from '../../shared/errors/wca-error.ts';
import type { Actor, TargetWish } from './allocation-service.ts';
import type { Book } from './book.ts';
import type { Breaker } from './breaker.ts';
import type { AnnouncedWrite } from './entry.ts';
import { type KnobSession, knobKey, knobName } from './knob.ts';
import type { DesiredKnob, Planner, Policy } from './ports.ts';
import { announceWrites } from './transaction.ts';

export interface PlanParts {
  readonly planners: readonly Planner[];
  readonly policy: Policy;
  readonly book: Book;
  readonly breaker: Breaker;
  /** Identity of a cgroup; undefined when there is none. */
  readonly readIdentity: (path: string, session?: KnobSession) => bigint | undefined;
}

export interface PlanCall {
  readonly actor: Actor;
  readonly reassert: boolean;
  readonly session: KnobSession;
  /** Of the whole request about this target. */
  readonly problem: WcaError | undefined;
}

/** What is to be done for a target. */
export interface TargetPlan {
  readonly desired: readonly DesiredKnob[];
  readonly writes: readonly AnnouncedWrite[];
  readonly migration: ValueOf<'migrate_pages'> | undefined;
}

/** Why nothing is done for a target. */
export interface TargetRefusal {
  readonly error: WcaError | undefined;
  readonly values: readonly ValueResult[];
}

/** Checks the wishes of a target and finds the writes. All that is wrong is told at once; nothing is written. */
export function planTarget(wish: TargetWish, call: PlanCall, parts: PlanParts): TargetPlan | TargetRefusal {
  const whole = call.problem ?? checkTarget(wish, call.session, parts);
  if (whole !== undefined) return { error: whole, values: [] };
  const values = wish.values.toSorted((a, b) => allocationTypes.indexOf(a.type) - allocationTypes.indexOf(b.type));
  const problems = new Map<AllocationType, WcaError>();
  const note = (type: AllocationType, error: WcaError): void => {
    if (!problems.has(type)) problems.set(type, error);
  };
  const desired = values.flatMap((value) => {
    const found = translate(wish, value, call, parts);
    if (found instanceof WcaError) note(value.type, found);
    return found instanceof WcaError ? [] : found;
  });
  for (const { type, id, text } of desired) {
    const drift = findDrift({ type, id, text }, call, parts.book);
    if (drift !== undefined) note(type, drift);
  }
  for (const planner of parts.planners) {
    const found = planner.checkTogether?.(desired, call.session);
    if (found !== undefined) note(found.type, found.error);
  }
  const writes = problems.size > 0 ? [] : orderAll(wish, desired, call.session, parts.planners);
  if (writes instanceof WcaError) return { error: writes, values: [] };
  for (const { knob, type, to } of writes) {
    const refused = parts.breaker.check(knob, to);
    if (refused !== undefined) note(type, refused);
  }
  if (problems.size > 0) return { error: undefined, values: refuseAll(values, problems) };
  return { desired, writes, migration: values.find((value) => value.type === 'migrate_pages') };
}

function checkTarget(
  { target, identity, values }: TargetWish,
  session: KnobSession,
  { book, readIdentity }: PlanParts,
): WcaError | undefined {
  const { path } = target;
  if (book.isHeld(path)) {
    const message = 'an operator holds it: nothing is allocated to it';
    return new WcaError('ALLOCATION_HELD', { subject: path, message, remedy: `wca-ctl release ${path}` });
  }
  const found = readIdentity(path, session);
  if (found === undefined || (identity !== 0n && identity !== found)) {
    const message =
      found === undefined ? 'there is no such cgroup' : 'is another cgroup than the one that was measured';
    return new WcaError('CGROUP_GONE', { subject: path, message });
  }
  if (new Set(values.map(({ type }) => type)).size === values.length) return undefined;
  return new WcaError('INVALID_ARGUMENT', { subject: path, message: 'two values of one type' });
}

function translate(
  { target }: TargetWish,
  value: AllocationValue,
  { actor, session }: PlanCall,
  { planners, policy }: PlanParts,
): readonly DesiredKnob[] | WcaError {
  const { type } = value;
  try {
    for (const path of [target.path, ...target.children]) {
      const denied = policy.check(path, type, actor.pid);
      if (denied !== undefined) return denied;
    }
    if (type === 'migrate_pages') return [];
    const planner = planners.find(({ types }) => types.includes(type));
    if (planner === undefined) {
      return new WcaError('FEATURE_ABSENT', { subject: `${target.path} ${type}`, message: 'cannot be allocated here' });
    }
    const found = planner.translate(target, value, session);
    return found.ok ? found.value : found.error;
  } catch (thrown) {
    return toWcaError(thrown, `${target.path} ${type}`);
  }
}

/** Whether somebody else changed a knob since it was allocated. */
function findDrift({ id, text }: DesiredKnob, { session, reassert }: PlanCall, book: Book): WcaError | undefined {
  const key = knobKey(id);
  const entry = book.find(key);
  if (entry === undefined) return undefined;
  const found = session.read(id);
  if (!found.ok) return undefined;
  const isExpected = [entry.written, entry.original, text].some((known) => session.isSame(id, found.value, known));
  book.setDrift(key, isExpected || reassert ? undefined : found.value);
  if (isExpected || reassert) return undefined;
  return changedByOthers(knobName(id), entry.written, found.value);
}

export function changedByOthers(subject: string, ours: string, theirs: string): WcaError {
  return new WcaError('CHANGED_BY_OTHERS', {
    subject,
    message: `somebody else changed it from ${JSON.stringify(ours)} to ${JSON.stringify(theirs)}; that is left as it is`,
    remedy:
      'wca-ctl release lets WCA allocate again from there, wca-ctl restore --force puts the original back; on_drift: reassert overwrites always',
  });
}

function orderAll(
  { target }: TargetWish,
  desired: readonly DesiredKnob[],
  session: KnobSession,
  planners: readonly Planner[],
): readonly AnnouncedWrite[] | WcaError {
  try {
    return announceWrites(
      target.path,
      planners.flatMap((planner) => planner.order(desired, session)),
      session,
    );
  } catch (thrown) {
    return toWcaError(thrown, target.path);
  }
}

/** A target gets all its values or keeps its own. */
function refuseAll(
  values: readonly AllocationValue[],
  problems: ReadonlyMap<AllocationType, WcaError>,
): readonly ValueResult[] {
  const [[first] = []] = problems;
  return values.map(({ type }) => {
    const own = problems.get(type);
    const message = `not tried, for ${first} was rejected: a target gets all its values or none`;
    const error = own ?? new WcaError('CANCELLED', { subject: type, message });
    return { type, outcome: 'rejected', error, writes: [] };
  });
}
