import { WcaError } from '../errors/wca-error.ts';
import { limits } from '../rpc/limits.ts';
import { type AllocationValue, shareConversions } from './values.ts';

/** Ids in one list: CONFIG_NR_CPUS is at most 8192 on any architecture. */
const maxIds = 8_192;
/** Lines of schemata in one value: there are not so many resources. */
const maxLines = 16;
/** A list of ids or a line of schemata; the kernel takes one page. */
const maxTextBytes = 4_095;
/** NAME_MAX of the kernel. */
const maxGroupBytes = 255;

/**
 * Whether a value can be worked with at all: numbers exact, texts short and on one line. INVALID_ARGUMENT otherwise. What
 * the kernel and the machine make of it is the collector's question.
 */
export function checkAllocationValue(value: AllocationValue): WcaError | undefined {
  const fault = faultOf(value);
  return fault === undefined ? undefined : new WcaError('INVALID_ARGUMENT', { subject: value.type, message: fault });
}

function faultOf(value: AllocationValue): string | undefined {
  switch (value.type) {
    case 'cpu_quota':
      return faultOfCount('quota_us', value.quotaUs) ?? faultOfCount('period_us', value.periodUs);
    case 'cpu_shares':
      if (!shareConversions.includes(value.conversion)) return 'there is no such conversion';
      return faultOfCount('shares', value.shares);
    case 'cpuset_cpus':
    case 'cpuset_mems':
      return faultOfIds(value.ids);
    case 'migrate_pages':
      return faultOfCount('node', value.node);
    case 'rdt':
      return faultOfGroup(value.group) ?? faultOfLines(value.lines);
    case 'cpu_burst':
      return faultOfCount('burst_us', value.burstUs);
    case 'memory_high':
    case 'memory_low':
      return faultOfCount('bytes', value.bytes);
    case 'io_weight':
      return faultOfCount('weight', value.weight);
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      return undefined;
  }
}

function faultOfCount(name: string, value: number | undefined): string | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return undefined;
  return `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${value}`;
}

/** Counts before anything is built: `0-65535` a hundred times is a short text. */
function faultOfIds(text: string): string | undefined {
  if (text.length > maxTextBytes) return `a list of ids has at most ${maxTextBytes} characters`;
  let ids = 0;
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d{1,5})(?:\s*-\s*(\d{1,5}))?\s*$/.exec(part) ?? [];
    if (first === undefined) return `not a list of ids: ${JSON.stringify(text.slice(0, 80))}`;
    ids += Math.max(0, Number(last ?? first) - Number(first)) + 1;
  }
  return ids > maxIds ? `a list names at most ${maxIds} ids` : undefined;
}

function faultOfGroup(group: string | undefined): string | undefined {
  if (group === undefined || group === '') return undefined;
  if (Buffer.byteLength(group) > maxGroupBytes) return `the name of a group has at most ${maxGroupBytes} bytes`;
  if (!/^[\x21-\x7e]+$/.test(group) || group.includes('/'))
    return 'the name of a group is printable and without blank and /';
  return group === '.' || group === '..' ? `${group} is no name of a group` : undefined;
}

function faultOfLines(lines: readonly string[]): string | undefined {
  if (lines.length > maxLines) return `at most ${maxLines} lines, got ${lines.length}`;
  if (lines.some((line) => line.length > maxTextBytes)) return `a line has at most ${maxTextBytes} characters`;
  return lines.every((line) => /^[\x20-\x7e]*$/.test(line)) ? undefined : 'a line of schemata is printable text';
}

/** The name of a lease or of a request: 1 to 128 printable characters without blanks. */
export function isPrintableId(text: string): boolean {
  return text.length <= limits.maxLeaseIdBytes && /^[\x21-\x7e]+$/.test(text);
}
