import { type Reading, WcaError } from '../errors/wca-error.ts';
import { formatIdList, tryParseIdList } from '../kernel-text/list-format.ts';
import { parseSchemataLine } from '../kernel-text/schemata.ts';
import type { AllocationType, AllocationValue, ShareConversion } from './values.ts';

/** What normalised values are relative to. */
export interface AllocationUnits {
  /** Online logical CPUs: what a cpu_quota of 1 stands for. */
  readonly cpus: number;
  readonly periodUs: number;
  /** Shares of a cpu_shares of 1. */
  readonly sharesUnit: number;
  readonly conversion: ShareConversion;
  /** Pages are moved by one system call a process. */
  readonly bulkMigration?: boolean;
}

/** A value in kernel units; `note` tells of what was not possible as it was wished. */
export interface Normalised {
  readonly value: AllocationValue;
  readonly note?: string | undefined;
}

const leastQuotaUs = 1000;
const [leastShares, mostShares] = [2, 262_144];

/**
 * A value in the units of plugins and rules (`cpu_quota: 0.5`) in those of the kernel (spec allocation §2). INVALID_ARGUMENT
 * that names the type, the value and the rule. The arithmetic is the original's: double, left to right, truncated.
 */
export function normalise(type: AllocationType, value: unknown, units: AllocationUnits): Reading<Normalised> {
  switch (type) {
    case 'cpu_quota':
      return inRange(type, value, 0, 1, (part) => normaliseQuota(part, units));
    case 'cpu_burst':
      return inRange(type, value, 0, 1, (part) => ({
        value: { type, burstUs: Math.trunc(part * units.periodUs * units.cpus) },
      }));
    case 'cpu_shares':
      return inRange(type, value, 0, Number.MAX_SAFE_INTEGER, (part) => normaliseShares(part, units));
    case 'cpuset_cpus':
    case 'cpuset_mems':
      return normaliseIds(type, value);
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      return normaliseSwitch(type, value);
    case 'migrate_pages':
      return whole(type, value, 0, 65_535, (node) => ({ value: { type, node, bulk: units.bulkMigration ?? false } }));
    case 'memory_high':
    case 'memory_low':
      if (value === 'max') return { ok: true, value: { value: { type, bytes: undefined } } };
      return whole(type, value, 0, Number.MAX_SAFE_INTEGER, (bytes) => ({ value: { type, bytes } }));
    case 'io_weight':
      return whole(type, value, 1, 10_000, (weight) => ({ value: { type, weight } }));
    case 'rdt':
      return normaliseRdt(value);
  }
}

function normaliseQuota(part: number, { periodUs, cpus }: AllocationUnits): Normalised {
  const type = 'cpu_quota';
  if (part >= 1) return { value: { type, quotaUs: undefined, periodUs } };
  const quotaUs = Math.trunc(part * periodUs * cpus);
  if (quotaUs >= leastQuotaUs) return { value: { type, quotaUs, periodUs } };
  const least = leastQuotaUs / periodUs;
  const note = `cpu_quota ${part} is less than the kernel's least quota, ${least} CPUs with a period of ${periodUs} µs: that is used${periodUs < 100_000 ? ' (a cpu_quota_period of 100000 allows less)' : ''}`;
  return { value: { type, quotaUs: leastQuotaUs, periodUs }, note };
}

function normaliseShares(part: number, { sharesUnit, conversion }: AllocationUnits): Normalised {
  const wished = Math.trunc(part * sharesUnit);
  const shares = Math.min(mostShares, Math.max(leastShares, wished));
  const note =
    shares === wished
      ? undefined
      : `cpu_shares ${part} are ${wished} shares; the kernel has ${leastShares} to ${mostShares}: ${shares} are used`;
  return { value: { type: 'cpu_shares', shares, conversion }, note };
}

function normaliseIds(type: 'cpuset_cpus' | 'cpuset_mems', value: unknown): Reading<Normalised> {
  const text = Array.isArray(value) ? value.join(',') : typeof value === 'number' ? String(value) : value;
  const ids = typeof text === 'string' ? tryParseIdList(text) : undefined;
  if (ids === undefined || ids.length === 0) return invalid(type, value, 'must be a list of ids such as 0-3,6');
  return { ok: true, value: { value: { type, ids: formatIdList(ids) } } };
}

function normaliseSwitch(type: 'cpuset_memory_migrate' | 'cpu_idle', value: unknown): Reading<Normalised> {
  if (value !== 0 && value !== 1 && typeof value !== 'boolean') return invalid(type, value, 'must be 0 or 1');
  return { ok: true, value: { value: { type, on: value === 1 || value === true } } };
}

/** Keys of an RdtAllocation with lines, and the resource of each. */
const lineKeys = { l3: 'L3', mb: 'MB', l3code: 'L3CODE', l3data: 'L3DATA', l2: 'L2' } as const;

function normaliseRdt(value: unknown): Reading<Normalised> {
  const type = 'rdt';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return invalid(type, value, 'must be a mapping with name, l3, mb');
  const lines: string[] = [];
  let group: string | undefined;
  for (const [key, text] of Object.entries(value)) {
    if (text === undefined || text === null) continue;
    const resource = Object.entries(lineKeys).find(([name]) => name === key)?.[1];
    if (key !== 'name' && resource === undefined)
      return invalid(type, key, `is unknown, known are name, ${Object.keys(lineKeys).join(', ')}`);
    if (typeof text !== 'string') return invalid(type, text, `${key} must be a text`);
    if (key === 'name') {
      group = text;
      continue;
    }
    const fault = faultOfLine(text, resource ?? '');
    if (fault !== undefined) return invalid(type, text, fault);
    lines.push(text);
  }
  return { ok: true, value: { value: { type, group, lines } } };
}

function faultOfLine(text: string, resource: string): string | undefined {
  try {
    const line = parseSchemataLine(text);
    return line.resource === resource ? undefined : `must begin with ${resource}:`;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

function whole(
  type: AllocationType,
  value: unknown,
  min: number,
  max: number,
  make: (value: number) => Normalised,
): Reading<Normalised> {
  if (typeof value === 'number' && !Number.isInteger(value)) return invalid(type, value, 'must be a whole number');
  return inRange(type, value, min, max, make);
}

function inRange(
  type: AllocationType,
  value: unknown,
  min: number,
  max: number,
  make: (value: number) => Normalised,
): Reading<Normalised> {
  if (typeof value !== 'number' || !Number.isFinite(value)) return invalid(type, value, 'must be a finite number');
  const rule = max === Number.MAX_SAFE_INTEGER ? `must be at least ${min}` : `must be from ${min} to ${max}`;
  return value < min || value > max ? invalid(type, value, rule) : { ok: true, value: make(value) };
}

function invalid(type: AllocationType, value: unknown, rule: string): Reading<Normalised> {
  const shown = JSON.stringify(value)?.slice(0, 80) ?? String(value);
  return { ok: false, error: new WcaError('INVALID_ARGUMENT', { subject: type, message: `${shown}: ${rule}` }) };
}
