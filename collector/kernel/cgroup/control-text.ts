import { formatIdList, tryParseIdList } from '../../../shared/kernel-text/list-format.ts';

/**
 * Texts of control files in one form, so that what was written and what is read back can be compared:
 * Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/cpusets.rst, scheduler/sched-bwc.rst.
 */

const lists = new Set(['cpuset.cpus', 'cpuset.mems']);
const defaulted = new Set(['io.weight', 'io.bfq.weight']);

/** `0-2,4` of `0,1,2,4\n`; `100` of `default 100\n8:16 200\n`; else the text without blanks at its ends. */
export function canonicalControlText(file: string, raw: string): string {
  const text = raw.trim();
  if (lists.has(file)) {
    const ids = tryParseIdList(text);
    return ids === undefined ? text : formatIdList(ids);
  }
  if (defaulted.has(file)) return /^default (\d+)$/m.exec(text)?.[1] ?? text;
  return text;
}

/** What is to be written for a canonical text. An empty one is a line break: writing nothing changes nothing. */
export function writtenControlText(file: string, text: string): string {
  if (text === '') return '\n';
  return defaulted.has(file) ? `default ${text}` : text;
}

/** `max 100000`, `400000 100000` of cpu.max; undefined for another text. */
export function parseCpuMax(
  text: string,
): { readonly quotaUs: number | undefined; readonly periodUs: number } | undefined {
  const [, quota = '', period = ''] = /^(max|\d{1,15}) (\d{1,15})$/.exec(text) ?? [];
  if (period === '') return undefined;
  return { quotaUs: quota === 'max' ? undefined : Number(quota), periodUs: Number(period) };
}

export function formatCpuMax(quotaUs: number | undefined, periodUs: number): string {
  return `${quotaUs ?? 'max'} ${periodUs}`;
}

/** A decimal number; undefined for anything else. */
export function parseNumber(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}
