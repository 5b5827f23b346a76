import { catalog } from '../../shared/metrics/catalog.ts';
import { uncoreRows } from '../../shared/metrics/platform-rows.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { type ConfigNode, describeNode } from '../config/config-node.ts';
import type { Type } from '../config/site.ts';
import { suggestName } from '../config/suggest-name.ts';
import { list } from '../config/types.ts';
import { metricNameProblem } from '../model/metric-rules.ts';

/** What `enable_perf_uncore` of the original counts. */
export const defaultUncoreEvents: readonly string[] = [
  'platform_pmm_bandwidth_reads',
  'platform_pmm_bandwidth_writes',
  'platform_cas_count_reads',
  'platform_cas_count_writes',
  'platform_upi_rxl_flits',
  'platform_upi_txl_flits',
];

const knownEvents: readonly string[] = uncoreRows.flatMap(([name, type]) => (type === 'counter' ? [name] : []));
const pmus: readonly string[] = ['uncore_imc', 'uncore_cha', 'uncore_upi'];
const keys: readonly string[] = ['event', 'umask', 'config', 'config1'];
const maxTextLength = 400;

/** The name of an event as the collector wants it, or what is wrong with it. */
type ParsedEvent = { readonly event: string } | { readonly wrong: string };

/**
 * One entry of `uncore_event_names` (spec measurements §4.4). A known name stands for itself, whatever follows its
 * first slash; anything else is described: `my_reads/uncore_imc/event=0x4,umask=0x3/`, values always hexadecimal, the
 * last slash optional. Pure.
 */
export function parseUncoreEvent(text: string): ParsedEvent {
  const [name = '', pmu, description, ...rest] = text.replace(/\/$/, '').split('/');
  if (knownEvents.includes(name)) return { event: name };
  if (pmu === undefined) return { wrong: `no such event${suggestName(name, knownEvents)}` };
  const problem = metricNameProblem(name);
  if (problem !== undefined) return { wrong: problem };
  if (catalog.has(name)) return { wrong: `${name} is another metric of WCA` };
  if (!pmus.includes(pmu)) return { wrong: `the PMU must be one of ${pmus.join(', ')}` };
  if (description === undefined || rest.length > 0) return { wrong: 'not of the form name/pmu/key=hex,key=hex/' };
  const wrong = descriptionProblem(description);
  return wrong === undefined ? { event: `${name}/${pmu}/${description}/` } : { wrong };
}

function descriptionProblem(description: string): string | undefined {
  const given = new Set<string>();
  for (const part of description.split(',')) {
    const [key = '', value, ...rest] = part.split('=');
    if (!keys.includes(key)) return `${JSON.stringify(key.slice(0, 40))} is not one of ${keys.join(', ')}`;
    if (given.has(key)) return `${key} stands twice`;
    if (value === undefined || rest.length > 0 || !/^(0[xX])?[0-9a-fA-F]{1,16}$/.test(value)) {
      return `${key} needs a hexadecimal value of at most 64 bits`;
    }
    given.add(key);
  }
  if (!given.has('event') && !given.has('config')) return 'event or config is missing';
  const both = given.has('config') && (given.has('event') || given.has('umask'));
  return both ? 'config goes without event and umask' : undefined;
}

const uncoreEvent: Type<string> = {
  label: 'name of an uncore event, or name/pmu/key=hex,key=hex/',
  check(node, site) {
    const text = node.kind === 'scalar' && node.scalar.type === 'str' ? node.scalar.value : undefined;
    const parsed = text === undefined || text.length > maxTextLength ? undefined : parseUncoreEvent(text);
    if (parsed === undefined) return site.problem(node, `got ${describeNode(node)}`, this.label);
    if ('event' in parsed) return () => parsed.event;
    return site.problem(node, `got ${describeNode(node)}, ${parsed.wrong}`, this.label);
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
