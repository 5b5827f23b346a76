import { namedUncoreEvents, parseUncoreEvent } from '../../shared/metrics/uncore-events.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { type ConfigNode, describeNode } from '../config/config-node.ts';
import type { Type } from '../config/site.ts';
import { suggestName } from '../config/suggest-name.ts';
import { list } from '../config/types.ts';

const uncoreEvent: Type<string> = {
  label: 'name of an uncore event, or name/pmu/key=hex,key=hex/',
  check(node, site) {
    const text = node.kind === 'scalar' && node.scalar.type === 'str' ? node.scalar.value : undefined;
    if (text === undefined) return site.problem(node, `got ${describeNode(node)}`, uncoreEvent.label);
    const event = parseUncoreEvent(text);
    if (event.kind === 'named') return () => event.name;
    if (event.kind === 'described') return () => `${event.name}/${event.pmu}/${event.description}/`;
    const hint = suggestName(text, namedUncoreEvents);
    return site.problem(node, `got ${describeNode(node)}, ${event.wrong}${hint}`, uncoreEvent.label);
  },
};

const eventGroup = list(uncoreEvent);

const eventOrGroup: Type<string | readonly string[]> = {
  label: `${uncoreEvent.label}, or a list of these`,
  check: (node, site) => (node.kind === 'list' ? eventGroup : uncoreEvent).check(node, site),
};

const entries = list(eventOrGroup);

/**
 * The original's `List[Union[List[str], str]]`, as groups of events that are counted together: names that stand in the
 * list itself are one group, each list inside it another one.
 */
export const uncoreGroups: Type<readonly (readonly string[])[]> = {
  label: entries.label,
  check(node, site) {
    if (countEvents(node) > limits.maxUncoreEvents) {
      return site.problem(node, `more than ${limits.maxUncoreEvents} events`, entries.label);
    }
    const checked = entries.check(node, site);
    return checked === undefined ? undefined : (context) => groupsOf(checked(context));
  },
};

function groupsOf(given: readonly (string | readonly string[])[]): readonly (readonly string[])[] {
  const alone = given.filter((entry) => typeof entry === 'string');
  const groups = given.filter((entry) => typeof entry !== 'string');
  return [alone, ...groups].filter(({ length }) => length > 0);
}

/** Deeper lists are refused anyway. */
function countEvents(node: ConfigNode): number {
  if (node.kind !== 'list') return 1;
  return node.items.reduce((count, item) => count + (item.kind === 'list' ? Math.max(1, item.items.length) : 1), 0);
}
