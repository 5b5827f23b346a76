/** Ascending ids in the kernel's list format: `[0, 1, 2, 8]` → `0-2,8`; empty → `none`. */
export function formatIdList(ids: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const id of [...ids].sort((a, b) => a - b)) {
    const open = ranges.at(-1);
    if (open !== undefined && id <= open.last + 1) open.last = id;
    else ranges.push({ first: id, last: id });
  }
  if (ranges.length === 0) return 'none';
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}
