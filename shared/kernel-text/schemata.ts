/** One line of a `schemata` file. */
export interface SchemataLine {
  /** `L3`, `L3CODE`, `L2`, `MB`, ... */
  readonly resource: string;
  /** Value by id of the domain, as written by the kernel without blanks: `7ff`, `100`. Ids may have gaps. */
  readonly domains: ReadonlyMap<number, string>;
}

/**
 * `schemata` of a control group; Documentation/arch/x86/resctrl.rst: `    MB:0=100;1= 50\n    L3:0=7ff;1=00f\n`. Empty on
 * a system that only monitors. Lines and entries of another shape are left out (`L3:uninitialized` while a cache is
 * being locked).
 */
export function parseSchemata(text: string): readonly SchemataLine[] {
  return text.split('\n').flatMap((line) => {
    const [, resource, entries] = /^\s*([A-Za-z0-9]+):(.*)$/.exec(line) ?? [];
    if (resource === undefined || entries === undefined) return [];
    const domains = new Map<number, string>();
    for (const entry of entries.split(';')) {
      const [, id, value] = /^\s*(\d{1,9})\s*=\s*([0-9a-fA-F]+)\s*$/.exec(entry) ?? [];
      if (id !== undefined && value !== undefined) domains.set(Number(id), value);
    }
    return domains.size === 0 ? [] : [{ resource, domains }];
  });
}

const maxLineLength = 65_536;

/**
 * One line as people and plugins write it, `L3:0=f;1=0xF`, in the strict grammar of spec allocation §4.5: blanks only
 * around ids and values, no empty entry, no domain twice. Values are as written. Throws SyntaxError.
 */
export function parseSchemataLine(text: string): SchemataLine {
  const shown = JSON.stringify(text.slice(0, 80));
  if (text.length > maxLineLength) throw new SyntaxError(`${shown}... is too long`);
  const [, resource, entries] = /^([A-Za-z0-9]+):([^\n]*)$/.exec(text) ?? [];
  if (resource === undefined || entries === undefined) {
    throw new SyntaxError(`${shown} is no line of schemata such as L3:0=f;1=f`);
  }
  return { resource, domains: parseDomains(entries) };
}

/** `0=f;1=ff`. Throws SyntaxError. */
export function parseDomains(text: string): ReadonlyMap<number, string> {
  const domains = new Map<number, string>();
  for (const entry of text.split(';')) {
    const shown = JSON.stringify(entry.slice(0, 40));
    const [, id, value] = /^[ \t]*(\d{1,9})[ \t]*=[ \t]*([^\s=]+)[ \t]*$/.exec(entry) ?? [];
    if (id === undefined || value === undefined) throw new SyntaxError(`${shown} is not DOMAIN=VALUE`);
    if (domains.has(Number(id))) throw new SyntaxError(`domain ${Number(id)} is there twice`);
    domains.set(Number(id), value);
  }
  return domains;
}

/** `0=f;1=ff`, by ascending id. */
export function formatDomains(domains: ReadonlyMap<number, string>): string {
  return [...domains]
    .sort(([a], [b]) => a - b)
    .map(([id, value]) => `${id}=${value}`)
    .join(';');
}

/** `L3:0=f;1=ff`. */
export function formatSchemataLine({ resource, domains }: SchemataLine): string {
  return `${resource}:${formatDomains(domains)}`;
}
