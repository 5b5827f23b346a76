import { WcaError } from '../../../shared/errors/wca-error.ts';
import { namedUncoreEvents, parseUncoreEvent, type UncoreEvent } from '../../../shared/metrics/uncore-events.ts';
import { limits } from '../../../shared/rpc/limits.ts';

/**
 * Checks what a subscriber asks for: lists of events, each counted together. An event that is named again stays where it
 * was first. Throws INVALID_ARGUMENT naming the entry. Pure.
 */
export function parseUncoreLists(groups: readonly (readonly string[])[]): readonly (readonly UncoreEvent[])[] {
  const count = groups.reduce((sum, { length }) => sum + length, 0);
  if (count === 0 || count > limits.maxUncoreEvents) {
    const message = count === 0 ? 'no event is named' : `${count} events are named`;
    throw invalid('uncore.groups', message, `name 1 to ${limits.maxUncoreEvents} events`);
  }
  const known = new Map<string, UncoreEvent>();
  return groups.map((entries) =>
    entries.flatMap((entry) => {
      const event = parseEntry(entry);
      const before = known.get(event.name);
      if (before === undefined) {
        known.set(event.name, event);
        return [event];
      }
      if (isSame(before, event)) return [];
      throw invalid(
        `event ${quote(entry)}`,
        `${event.name} is already the name of another event`,
        'give it another name',
      );
    }),
  );
}

function parseEntry(entry: string): UncoreEvent {
  const event = parseUncoreEvent(entry);
  if (event.kind !== 'wrong') return event;
  throw invalid(
    `event ${quote(entry)}`,
    event.wrong,
    `give name/pmu/event=hex,umask=hex/ or one of ${namedUncoreEvents.join(', ')}`,
  );
}

function isSame(a: UncoreEvent, b: UncoreEvent): boolean {
  if (a.kind === 'named' || b.kind === 'named') return a.kind === b.kind;
  return a.pmu === b.pmu && a.description === b.description;
}

function invalid(subject: string, message: string, remedy: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject, message, remedy });
}

function quote(entry: string): string {
  return JSON.stringify(entry.length > 80 ? `${entry.slice(0, 80)}…` : entry);
}
