import { type AllocationUnits, normalise } from '../../shared/allocation/normalise.ts';
import {
  type AllocationType,
  type AllocationValue,
  allocationTypes,
  isAllocationType,
} from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';

/** What `wca-ctl allocate` was given: whose values, and which. */
export interface AllocationWords {
  readonly names: readonly string[];
  /** In the units of plugins and rules; not checked yet. */
  readonly wishes: ReadonlyMap<AllocationType, unknown>;
}

const rdtKeys = ['name', 'l3', 'mb', 'l2', 'l3code', 'l3data'];
const help = `known are ${allocationTypes.filter((type) => type !== 'rdt').join(', ')}, ${rdtKeys.map((key) => `rdt.${key}`).join(', ')}`;

/**
 * Words such as `redis-0 cpu_quota=0.5 rdt.l3=L3:0=f`: what has a type before its first `=` is a value, anything else a
 * task. Throws INVALID_ARGUMENT.
 */
export function parseAllocationWords(words: readonly string[]): AllocationWords {
  const names: string[] = [];
  const wishes = new Map<AllocationType, unknown>();
  const rdt: Record<string, string> = {};
  for (const word of words) {
    const cut = word.indexOf('=');
    const key = cut < 0 ? '' : word.slice(0, cut);
    const text = word.slice(cut + 1);
    if (key === '' || key.includes('/')) {
      names.push(word);
    } else if (key.startsWith('rdt.') && rdtKeys.includes(key.slice(4))) {
      if (rdt[key.slice(4)] !== undefined) throw twice(key);
      rdt[key.slice(4)] = text;
      wishes.set('rdt', rdt);
    } else if (key !== 'rdt' && isAllocationType(key)) {
      if (wishes.has(key)) throw twice(key);
      wishes.set(key, parseText(key, text));
    } else {
      throw new WcaError('INVALID_ARGUMENT', { subject: word, message: `${key} is no allocation`, remedy: help });
    }
  }
  return { names, wishes };
}

/** The values in kernel units, with remarks on what was not possible as it was wished. Throws INVALID_ARGUMENT. */
export function normaliseWishes(
  wishes: AllocationWords['wishes'],
  units: AllocationUnits,
): { readonly values: readonly AllocationValue[]; readonly notes: readonly string[] } {
  const values: AllocationValue[] = [];
  const notes: string[] = [];
  for (const [type, wish] of wishes) {
    const found = normalise(type, wish, units);
    if (!found.ok) throw found.error;
    values.push(found.value.value);
    if (found.value.note !== undefined) notes.push(found.value.note);
  }
  return { values, notes };
}

/** `90`, `90s`, `5m`, `2h` in milliseconds. Throws INVALID_ARGUMENT. */
export function parseDuration(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(s|m|h|)$/.exec(text.trim()) ?? [];
  const factor = unit === 'h' ? 3_600_000 : unit === 'm' ? 60_000 : 1000;
  const ms = Math.round(Number(digits) * factor);
  if (digits !== '' && ms > 0) return ms;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: option,
    message: `${JSON.stringify(text)} is no duration`,
    remedy: 'give seconds (60 or 60s), minutes (5m) or hours (1h)',
  });
}

/** Sizes may have the suffixes of Kubernetes: `memory_high=512Mi`. */
function parseText(type: AllocationType, text: string): unknown {
  if (type === 'cpuset_cpus' || type === 'cpuset_mems') return text;
  if (type === 'cpu_idle' || type === 'cpuset_memory_migrate') {
    if (text === 'on' || text === 'true') return true;
    if (text === 'off' || text === 'false') return false;
  }
  if (type === 'memory_high' || type === 'memory_low') {
    if (text === 'max') return text;
    const [, digits, suffix = ''] = /^(\d+(?:\.\d+)?)([KMGT]i?)?$/.exec(text) ?? [];
    if (digits !== undefined) return Math.floor(Number(digits) * sizeOf(suffix));
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function sizeOf(suffix: string): number {
  const power = 'KMGT'.indexOf(suffix.charAt(0)) + 1;
  return suffix === '' ? 1 : (suffix.endsWith('i') ? 1024 : 1000) ** power;
}

function twice(key: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject: key, message: 'is given twice' });
}
