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
  const lines = desired.filter(({ id, text }) => id.kind === 'rdt-line' && text !== '');
  const isEntered = ({ id }: DesiredKnob): boolean => id.kind === 'rdt-line' && entered.has(id.group);
  return [
    ...desired.filter(({ id, text }) => id.kind === 'rdt-group' && text === 'present'),
    ...lines.filter(isEntered),
    ...members,
    ...lines.filter((line) => !isEntered(line)),
    ...desired.filter((knob) => isRemovable(knob, members, neighbours)),
  ].filter(({ id, text }) => isDifferent(session, id, text));
}

function isMembers(knob: DesiredKnob): knob is MembersKnob {
  return knob.id.kind === 'rdt-members';
}

/** Threads whose group was removed by others go to the root. */
function towardsExisting(knob: MembersKnob, desired: readonly DesiredKnob[], session: KnobSession): MembersKnob {
  const group = knob.text;
  if (group === '') return knob;
  const isMade = desired.some(({ id, text }) => id.kind === 'rdt-group' && id.group === group && text === 'present');
  const there = isMade ? undefined : session.read({ kind: 'rdt-group', group });
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
