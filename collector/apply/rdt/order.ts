import { type KnobId, type KnobSession, knobKey } from '../knob.ts';
import type { DesiredKnob, PlannedWrite } from '../ports.ts';
import type { MembersEntry } from './entries.ts';

interface Neighbours {
  /** Targets that were put into a control group and whose cgroups are still there. */
  users(group: string): readonly MembersEntry[];
}

type MembersKnob = DesiredKnob & { readonly id: MembersEntry['knob'] };

/**
 * The writes towards what is desired: groups are made, the lines of groups that threads enter are set, threads move, the
 * lines of groups that they leave are restored, groups that nobody is in any more are removed. So threads are never in a
 * group with the masks of another (spec allocation §4.7, W34).
 */
export function orderRdtWrites(
  desired: readonly DesiredKnob[],
  session: KnobSession,
  neighbours: Neighbours,
): readonly PlannedWrite[] {
  const members = desired.filter(isMembers).map((knob) => towardsExisting(knob, desired, session));
  const entered = new Set(members.map(({ text }) => text));
  const removed = desired.filter((knob) => isRemovable(knob, members, neighbours));
  const lines = desired.filter((knob) => isLineOf(knob, (group) => staysOrComes(group, { desired, removed, session })));
  const isEntered = ({ id }: DesiredKnob): boolean => id.kind === 'rdt-line' && entered.has(id.group);
  return [
    ...desired.filter(({ id, text }) => id.kind === 'rdt-group' && text === 'present'),
    ...lines.filter(isEntered),
    ...members,
    ...lines.filter((line) => !isEntered(line)),
    ...removed,
  ].filter(({ id, text }) => isDifferent(session, id, text));
}

function isMembers(knob: DesiredKnob): knob is MembersKnob {
  return knob.id.kind === 'rdt-members';
}

/** Whether it is a line to be written, of a group that will be there. */
function isLineOf({ id, text }: DesiredKnob, isThere: (group: string) => boolean): boolean {
  return id.kind === 'rdt-line' && text !== '' && isThere(id.group);
}

function staysOrComes(
  group: string,
  plan: {
    readonly desired: readonly DesiredKnob[];
    readonly removed: readonly DesiredKnob[];
    readonly session: KnobSession;
  },
): boolean {
  if (group === '') return true;
  if (plan.removed.some(({ id }) => id.kind === 'rdt-group' && id.group === group)) return false;
  if (isMade(group, plan.desired)) return true;
  const there = plan.session.read({ kind: 'rdt-group', group });
  return !there.ok || there.value === 'present';
}

function isMade(group: string, desired: readonly DesiredKnob[]): boolean {
  return desired.some(({ id, text }) => id.kind === 'rdt-group' && id.group === group && text === 'present');
}

/** Threads whose group was removed by others go to the root. */
function towardsExisting(knob: MembersKnob, desired: readonly DesiredKnob[], session: KnobSession): MembersKnob {
  const group = knob.text;
  if (group === '') return knob;
  const there = isMade(group, desired) ? undefined : session.read({ kind: 'rdt-group', group });
  return there?.ok === true && there.value === 'absent' ? { ...knob, text: '' } : knob;
}

/** Whether a group that shall go holds nobody who stays. */
function isRemovable({ id, text }: DesiredKnob, members: readonly MembersKnob[], neighbours: Neighbours): boolean {
  if (id.kind !== 'rdt-group' || text !== 'absent') return false;
  if (members.some((knob) => knob.text === id.group)) return false;
  const moved = new Set(members.map((knob) => knobKey(knob.id)));
  return neighbours.users(id.group).every(({ knob }) => moved.has(knobKey(knob)));
}

/** What cannot be read is tried: the write says why. */
function isDifferent(session: KnobSession, id: KnobId, text: string): boolean {
  const now = session.read(id);
  return !now.ok || !session.isSame(id, now.value, text);
}
