import { softwareEvents } from '../../shared/metrics/software-events.ts';
import type { Need } from '../config/need.ts';
import type { OptionalMeasurements } from './optional-measurements.ts';

/** What a measurement needs of the host. Pure. */
export function measurementNeeds(
  eventNames: readonly string[],
  { watch: { rdt, uncore, memoryModules, wss, sched, vmstat, zoneinfo } }: OptionalMeasurements,
): readonly Need[] {
  const need = (capability: string, wantedBy: string, required = false): Need => ({
    capability,
    wantedBy,
    whenAbsent: required ? 'ends' : 'skipped',
  });
  const hasHardware = eventNames.some((name) => name !== 'default' && !Object.hasOwn(softwareEvents, name));
  return [
    ...(eventNames.length === 0 ? [] : [need('perf.cgroup', 'event_names')]),
    ...(hasHardware ? [need('perf.hardware', 'event_names')] : []),
    ...(rdt === undefined ? [] : [need('rdt.monitoring', 'rdt_enabled', rdt.required)]),
    ...(uncore === undefined ? [] : [need('uncore', 'enable_perf_uncore', uncore.required)]),
    ...(memoryModules === undefined ? [] : [need('memory_modules', 'gather_hw_mm_topology', memoryModules.required)]),
    ...(wss === undefined ? [] : [need('wss', 'wss_reset_cycles')]),
    ...(sched === true ? [need('sched', 'sched')] : []),
    ...(vmstat === true ? [need('vmstat', 'vmstat')] : []),
    ...(zoneinfo === true ? [need('zoneinfo', 'zoneinfo')] : []),
  ];
}
