/** One line of a `schemata` file. */
interface SchemataLine {
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
