import { checkAllocationValue } from '../allocation/check-value.ts';
import {
  type KernelWrite,
  type Outcome,
  outcomes,
  type TargetResult,
  type ValueResult,
} from '../allocation/results.ts';
import { type AllocationValue, isAllocationType } from '../allocation/values.ts';
import { parseConversion } from './allocation-value-codec.ts';
import { decodeError, encodeError } from './error-codec.ts';
import type { AllocationValue as WireValue } from './gen/wca/v1/AllocationValue.ts';
import type { KernelWrite__Output } from './gen/wca/v1/KernelWrite.ts';
import type { TargetResult__Output, TargetResult as WireTargetResult } from './gen/wca/v1/TargetResult.ts';
import type { ValueResult__Output, ValueResult as WireValueResult } from './gen/wca/v1/ValueResult.ts';

/** Allocations between the types of shared/allocation and the plain objects of proto-loader. All pure. */

/** For AllocateRequest.targets.values. Throws INVALID_ARGUMENT for what no collector takes. */
export function encodeAllocationValue(value: AllocationValue): WireValue {
  const fault = checkAllocationValue(value);
  if (fault !== undefined) throw fault;
  switch (value.type) {
    case 'cpu_quota': {
      const { quotaUs, periodUs } = value;
      return { cpuQuota: { periodUs, ...(quotaUs === undefined ? {} : { quotaUs }) } };
    }
    case 'cpu_shares':
      return { cpuShares: { shares: value.shares, conversion: value.conversion } };
    case 'cpuset_cpus':
      return { cpusetCpus: value.ids };
    case 'cpuset_mems':
      return { cpusetMems: value.ids };
    case 'cpuset_memory_migrate':
      return { cpusetMemoryMigrate: value.on };
    case 'migrate_pages':
      return { migratePages: { node: value.node, bulk: value.bulk } };
    case 'rdt':
      return { rdt: { lines: [...value.lines], ...(value.group === undefined ? {} : { group: value.group }) } };
    case 'cpu_idle':
      return { cpuIdle: value.on };
    case 'cpu_burst':
      return { cpuBurstUs: value.burstUs };
    case 'memory_high':
      return { memoryHigh: value.bytes === undefined ? {} : { bytes: value.bytes } };
    case 'memory_low':
      return { memoryLow: value.bytes === undefined ? {} : { bytes: value.bytes } };
    case 'io_weight':
      return { ioWeight: value.weight };
  }
}

/** undefined for a value of no type, or one of a newer peer. Throws INVALID_ARGUMENT for one that cannot be worked with. */
export function decodeAllocationValue(wire: WireValue): AllocationValue | undefined {
  const value = decodeMember(wire);
  const fault = value === undefined ? undefined : checkAllocationValue(value);
  if (fault !== undefined) throw fault;
  return value;
}

function decodeMember(wire: WireValue): AllocationValue | undefined {
  switch (wire.value) {
    case 'cpuQuota':
      return {
        type: 'cpu_quota',
        quotaUs: optionalNumber(wire.cpuQuota?.quotaUs),
        periodUs: Number(wire.cpuQuota?.periodUs ?? 0),
      };
    case 'cpuShares': {
      const { shares = 0, conversion = '' } = wire.cpuShares ?? {};
      return { type: 'cpu_shares', shares: Number(shares), conversion: parseConversion(conversion) };
    }
    case 'cpusetCpus':
      return { type: 'cpuset_cpus', ids: wire.cpusetCpus ?? '' };
    case 'cpusetMems':
      return { type: 'cpuset_mems', ids: wire.cpusetMems ?? '' };
    case 'cpusetMemoryMigrate':
      return { type: 'cpuset_memory_migrate', on: wire.cpusetMemoryMigrate ?? false };
    case 'migratePages': {
      const { node = 0, bulk = false } = wire.migratePages ?? {};
      return { type: 'migrate_pages', node, bulk };
    }
    case 'rdt':
      return { type: 'rdt', group: wire.rdt?.group, lines: wire.rdt?.lines ?? [] };
    case 'cpuIdle':
      return { type: 'cpu_idle', on: wire.cpuIdle ?? false };
    case 'cpuBurstUs':
      return { type: 'cpu_burst', burstUs: Number(wire.cpuBurstUs ?? 0) };
    case 'memoryHigh':
      return { type: 'memory_high', bytes: optionalNumber(wire.memoryHigh?.bytes) };
    case 'memoryLow':
      return { type: 'memory_low', bytes: optionalNumber(wire.memoryLow?.bytes) };
    case 'ioWeight':
      return { type: 'io_weight', weight: wire.ioWeight ?? 0 };
    default:
      return undefined;
  }
}

function optionalNumber(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

export function encodeTargetResult({ targetId, error, values }: TargetResult): WireTargetResult {
  return {
    targetId,
    ...(error === undefined ? {} : { error: encodeError(error) }),
    values: values.map(encodeValueResult),
  };
}

function encodeValueResult({ type, outcome, error, writes }: ValueResult): WireValueResult {
  return {
    type,
    outcome: wireOutcomes[outcome],
    ...(error === undefined ? {} : { error: encodeError(error) }),
    writes: writes.map((write) => ({ ...write })),
  };
}

/** Values of types, and with outcomes, that this version does not know are left out. */
export function decodeTargetResult({ targetId, error, values }: TargetResult__Output): TargetResult {
  return { targetId, error: decodeError(error), values: values.flatMap(decodeValueResult) };
}

function decodeValueResult({ type, outcome, error, writes }: ValueResult__Output): readonly ValueResult[] {
  const known = outcomes.find((name) => wireOutcomes[name] === outcome);
  if (known === undefined || !isAllocationType(type)) return [];
  return [{ type, outcome: known, error: decodeError(error), writes: writes.map(decodeWrite) }];
}

function decodeWrite({ file, before, after }: KernelWrite__Output): KernelWrite {
  return { file, before, after };
}

const wireOutcomes = {
  unchanged: 'OUTCOME_UNCHANGED',
  applied: 'OUTCOME_APPLIED',
  would_apply: 'OUTCOME_WOULD_APPLY',
  rejected: 'OUTCOME_REJECTED',
  failed: 'OUTCOME_FAILED',
  rolled_back: 'OUTCOME_ROLLED_BACK',
} as const satisfies Record<Outcome, string>;
