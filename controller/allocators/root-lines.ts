import type { AllocationValue, CurrentAllocations } from '../../shared/allocation/values.ts';

/**
 * What is wished of a task with the lines of resctrl's root group added (`default_rdt_l3`, `default_rdt_mb`; spec
 * allocation §1.3) when it is in that group and nothing else of it is wished. Without RDT here nothing is added. Pure.
 */
export function withRootLines(
  wanted: readonly AllocationValue[] | undefined,
  now: CurrentAllocations | undefined,
  lines: readonly string[],
): readonly AllocationValue[] | undefined {
  if (lines.length === 0 || wanted?.some(({ type }) => type === 'rdt') === true) return wanted;
  const isInRoot = now?.values.some(({ value }) => value.type === 'rdt' && value.group === '') ?? false;
  return isInRoot ? [...(wanted ?? []), { type: 'rdt', group: '', lines }] : wanted;
}
