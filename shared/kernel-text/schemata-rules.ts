import { findMaskFault, formatMask, type MaskRules, parseMask } from './cbm.ts';
import { parseSchemataLine, type SchemataLine } from './schemata.ts';

/** A cache whose portions are divided: `L3`, `L3CODE`, `L2`. */
export interface CacheRules extends MaskRules {
  readonly resource: string;
  /** Ids that are there now; may have gaps. */
  readonly domains: readonly number[];
}

/** A bandwidth that is throttled: `MB`, `SMBA`. */
export interface BandwidthRules {
  readonly resource: string;
  /** For messages: `percent`, `MBps`, `eighth_GBps`. */
  readonly unit: string;
  readonly minimum: number;
  /** Values are rounded up to a multiple of it; 0: they are not. */
  readonly granularity: number;
  /** What means unlimited. */
  readonly maximum: number;
  readonly domains: readonly number[];
}

/** What this machine can control. */
export interface SchemataRules {
  readonly caches: readonly CacheRules[];
  readonly bandwidths: readonly BandwidthRules[];
}

/**
 * A line as people and plugins write it, checked against the machine and with the values that the kernel will show:
 * `L3:0=0F` becomes `0=f`, `MB:0=12` becomes `0=20` (spec allocation §4.6, W24). Throws SyntaxError for what is no line,
 * RangeError for what this machine does not have or the kernel would refuse.
 */
export function normaliseSchemataLine(text: string, rules: SchemataRules): SchemataLine {
  const { resource, domains } = parseSchemataLine(text);
  const cache = rules.caches.find((one) => one.resource === resource);
  const bandwidth = rules.bandwidths.find((one) => one.resource === resource);
  const found = cache ?? bandwidth;
  if (found === undefined) throw new RangeError(`${resource} cannot be controlled here: ${describe(rules)}`);
  const values = new Map<number, string>();
  for (const [id, value] of [...domains].sort(([a], [b]) => a - b)) {
    if (!found.domains.includes(id)) {
      throw new RangeError(`${resource} has no domain ${id}, only ${found.domains.join(', ')}`);
    }
    values.set(id, cache === undefined ? checkBandwidth(value, bandwidth) : checkMask(value, cache));
  }
  return { resource, domains: values };
}

function describe({ caches, bandwidths }: SchemataRules): string {
  const names = [...caches, ...bandwidths].map(({ resource }) => resource);
  return names.length === 0 ? 'nothing can' : `only ${names.join(', ')} can`;
}

function checkMask(value: string, rules: CacheRules): string {
  const mask = parseMask(value);
  const fault = findMaskFault(mask, rules);
  if (fault !== undefined) throw new RangeError(`${rules.resource}: ${fault}`);
  return formatMask(mask);
}

function checkBandwidth(value: string, rules: BandwidthRules | undefined): string {
  if (!/^\d{1,15}$/.test(value)) throw new SyntaxError(`${JSON.stringify(value.slice(0, 40))} is no whole number`);
  return rules === undefined ? value : String(roundBandwidth(Number(value), rules));
}

/** The value the kernel makes of one: rounded up to the granularity. Throws RangeError outside of what it takes. */
export function roundBandwidth(
  value: number,
  { resource, unit, minimum, granularity, maximum }: BandwidthRules,
): number {
  if (value < minimum || value > maximum) {
    throw new RangeError(`${resource} ${value} is not within ${minimum}..${maximum} (${unit})`);
  }
  return granularity > 0 ? Math.min(maximum, Math.ceil(value / granularity) * granularity) : value;
}
