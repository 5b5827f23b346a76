/**
 * The kernel's list format of CPU and node ids: `0-3,6` (Documentation/admin-guide/cputopology.rst, bitmap_parselist).
 */

/** CONFIG_NR_CPUS is at most 8192 in any architecture; ids above this are no ids. */
const maxId = 65_535;
const range = /^(\d{1,5})(?:\s*-\s*(\d{1,5}))?$/;

/**
 * Ids of a list, ascending, each once. A blank text is the empty list (a node without CPUs: `"\n"`). Throws
 * SyntaxError for anything that is no list.
 */
export function parseIdList(text: string): number[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  let ids: number[] = [];
  for (const part of trimmed.split(',')) {
    const [, first, last] = range.exec(part.trim()) ?? [];
    if (first === undefined) throw new SyntaxError(`not a list of ids: ${JSON.stringify(trimmed.slice(0, 80))}`);
    const from = Number(first);
    const to = Number(last ?? first);
    if (to < from || to > maxId) throw new SyntaxError(`not a range of ids: ${JSON.stringify(part.slice(0, 80))}`);
    const isNext = from > (ids.at(-1) ?? -1);
    for (let id = from; id <= to; id++) ids.push(id);
    if (!isNext) ids = ascending(ids);
  }
  return ids;
}

function ascending(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

/** The same for text that may be anything: undefined when it is no list. */
export function tryParseIdList(text: string): number[] | undefined {
  try {
    return parseIdList(text);
  } catch {
    return undefined;
  }
}

/** `0-3,6` of ids in any order; the empty list is the empty text. */
export function formatIdList(ids: readonly number[]): string {
  const isAscending = ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? id));
  const sorted = isAscending ? ids : ascending(ids);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] ?? 0;
    let run = 1;
    while (sorted[i + run] === first + run) run++;
    parts.push(run === 1 ? `${first}` : `${first}-${first + run - 1}`);
    i += run;
  }
  return parts.join(',');
}
