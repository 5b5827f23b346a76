import { formatDomains, parseDomains } from '../../../shared/kernel-text/schemata.ts';

/** Texts of the knob rdt-line: `0=f;1=ff`; empty for a control group that is not there. */

/** Values as the kernel writes them, `007`, ` 50`, `00F`, without padding. `maximum`: greater ones mean the same. */
export function formatLineText(domains: ReadonlyMap<number, string>, maximum?: number): string {
  const canonical = new Map<number, string>();
  for (const [id, value] of domains) {
    const plain = value
      .trim()
      .toLowerCase()
      .replace(/^0+(?=.)/, '');
    canonical.set(id, maximum !== undefined && Number(plain) > maximum ? String(maximum) : plain);
  }
  return formatDomains(canonical);
}

/**
 * Whether two texts say the same of each domain that both name: a line names only what it changes, and a domain whose
 * CPUs are offline is not there. Without a domain in common they differ.
 */
export function isSameLine(a: string, b: string): boolean {
  if (a === b) return true;
  const [first, second] = [tryParse(a), tryParse(b)];
  let common = 0;
  for (const [id, value] of first) {
    const other = second.get(id);
    if (other === undefined) continue;
    if (other !== value) return false;
    common += 1;
  }
  return common > 0;
}

/** What of a text is about domains that are there; undefined when nothing is. */
export function keepDomains(text: string, present: ReadonlyMap<number, string>): string | undefined {
  const kept = new Map([...tryParse(text)].filter(([id]) => present.has(id)));
  return kept.size === 0 ? undefined : formatDomains(kept);
}

/** Empty for what is no line. */
export function tryParse(text: string): ReadonlyMap<number, string> {
  try {
    return text === '' ? new Map() : parseDomains(text);
  } catch {
    return new Map();
  }
}
