/** Pages of a process that follow each other: numbers of pages, `end` not included. */
export interface PageRange {
  readonly start: number;
  readonly end: number;
}

/** Of the kernel (vdso, vvar, vsyscall), and huge pages of hugetlbfs, of which there are only as many as were reserved. */
const unmovable = /^\[v(?:dso|var|syscall|var_vclock)\]$|^\/anon_hugepage|^\/dev\/hugepages\//;
const line = /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) (\S{4}) [0-9a-f]+ \S+ \d+ *(.*)$/;

/**
 * Mappings of /proc/PID/maps whose pages may be moved, in its order (Documentation/filesystems/proc.rst):
 * `7f5a8c000000-7f5a8c021000 rw-p 00000000 00:00 0 [heap]`. Those that the process may not even read (guards, reserved
 * address space) have no pages. What is no line is left out.
 */
export function parseMovableRanges(text: string, pageSizeBytes: number): readonly PageRange[] {
  const size = BigInt(pageSizeBytes);
  return text.split('\n').flatMap((one): readonly PageRange[] => {
    const [, from = '', to = '', rights = '', name = ''] = line.exec(one) ?? [];
    if (from === '' || rights.startsWith('---') || unmovable.test(name)) return [];
    const [start, end] = [Number(BigInt(`0x${from}`) / size), Number(BigInt(`0x${to}`) / size)];
    return start < end ? [{ start, end }] : [];
  });
}

/**
 * Numbers of those pages, from `first` on, that are in memory (bit 63) in an excerpt of /proc/PID/pagemap, 64 bits a page
 * (Documentation/admin-guide/mm/pagemap.rst).
 */
export function presentPages(pagemap: Uint8Array, first: number): readonly number[] {
  const pages: number[] = [];
  for (let at = 7; at < pagemap.length; at += 8) {
    if (((pagemap[at] ?? 0) & 0x80) !== 0) pages.push(first + (at - 7) / 8);
  }
  return pages;
}

/** A mask of nodes as migrate_pages(2) takes it: 64-bit words of the machine, as many as the highest of `all` needs. */
export function encodeNodeMask(nodes: readonly number[], all: readonly number[]): Buffer {
  const highest = Math.max(0, ...nodes, ...all);
  const mask = Buffer.alloc((Math.floor(highest / 64) + 1) * 8);
  for (const node of nodes) mask[node >> 3] = (mask[node >> 3] ?? 0) | (1 << (node & 7));
  return mask;
}
