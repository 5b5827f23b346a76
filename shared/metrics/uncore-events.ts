import { catalog } from './catalog.ts';
import { uncoreRows } from './platform-rows.ts';

/** What `enable_perf_uncore` of the original counts: traffic of DRAM, of persistent memory and of the UPI links. */
export const defaultUncoreEvents: readonly string[] = [
  'platform_pmm_bandwidth_reads',
  'platform_pmm_bandwidth_writes',
  'platform_cas_count_reads',
  'platform_cas_count_writes',
  'platform_upi_rxl_flits',
  'platform_upi_txl_flits',
];

/** Events whose encodings WCA knows. */
export const namedUncoreEvents: readonly string[] = uncoreRows.flatMap(([name, type]) =>
  type === 'counter' ? [name] : [],
);

/** An event of a socket's PMU as somebody asked for it. */
export type UncoreEvent =
  /** One of `namedUncoreEvents`: the encoding depends on the CPU. */
  { readonly kind: 'named'; readonly name: string } | DescribedUncoreEvent;

export interface DescribedUncoreEvent {
  readonly kind: 'described';
  /** Name of the metric. */
  readonly name: string;
  /** Name of the PMUs without their index: `uncore_imc`. */
  readonly pmu: string;
  /** Everything between the slashes after the PMU, as it was given. */
  readonly description: string;
  /** The words of perf_event_attr, or the fields that the kernel's format of the PMU puts into them. */
  readonly encoding: { readonly event: bigint; readonly umask: bigint } | { readonly config: bigint };
  readonly config1: bigint;
}

const keys: readonly string[] = ['event', 'umask', 'config', 'config1'];
/** Of the kernel's names of PMUs; no dots and slashes, for it becomes part of a path. */
const pmuName = /^[a-z][a-z0-9_]{0,63}$/;
const maxLength = 400;

/**
 * Parses an entry of `uncore_event_names` (spec measurements §4.4). A known name stands for itself, whatever follows its
 * first slash; anything else is described: `my_reads/uncore_imc/event=0x4,umask=0x3/`, values always hexadecimal, with or
 * without 0x, the last slash optional. Unlike the original `event=0,umask=1` keeps its umask (W-24). `wrong` says what
 * is not right. Pure.
 */
export function parseUncoreEvent(text: string): UncoreEvent | { readonly kind: 'wrong'; readonly wrong: string } {
  if (text.length > maxLength) return wrong(`longer than ${maxLength} characters`);
  const [name = '', pmu, description, ...rest] = text.replace(/\/$/, '').split('/');
  if (namedUncoreEvents.includes(name)) return { kind: 'named', name };
  if (pmu === undefined) return wrong('no such event');
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) return wrong(`${JSON.stringify(name)} is no metric name`);
  if (catalog.has(name)) return wrong(`${name} is another metric of WCA`);
  if (!pmuName.test(pmu)) return wrong(`${JSON.stringify(pmu.slice(0, 40))} is no name of a PMU`);
  if (description === undefined || rest.length > 0) return wrong('not of the form name/pmu/key=hex,key=hex/');
  const words = parseDescription(description);
  return typeof words === 'string' ? wrong(words) : { kind: 'described', name, pmu, description, ...words };
}

function wrong(text: string): { readonly kind: 'wrong'; readonly wrong: string } {
  return { kind: 'wrong', wrong: text };
}

/** What is wrong with it, or its words. */
function parseDescription(description: string): Pick<DescribedUncoreEvent, 'encoding' | 'config1'> | string {
  const given = new Map<string, bigint>();
  for (const part of description.split(',')) {
    const [key = '', value = '', ...rest] = part.split('=');
    if (!keys.includes(key)) return `${JSON.stringify(key.slice(0, 40))} is not one of ${keys.join(', ')}`;
    if (given.has(key)) return `${key} stands twice`;
    const [, digits] = /^(?:0[xX])?([0-9a-fA-F]{1,16})$/.exec(value) ?? [];
    if (digits === undefined || rest.length > 0) return `${key} needs a hexadecimal value of at most 64 bits`;
    given.set(key, BigInt(`0x${digits}`));
  }
  const [event, umask, config] = [given.get('event'), given.get('umask'), given.get('config')];
  const config1 = given.get('config1') ?? 0n;
  if (config !== undefined) {
    if (event !== undefined || umask !== undefined) return 'config goes without event and umask';
    return { encoding: { config }, config1 };
  }
  if (event === undefined) return 'event or config is missing';
  return { encoding: { event, umask: umask ?? 0n }, config1 };
}
