import type { WatchSpec } from '../../shared/rpc/watch-messages.ts';
import type { Frame } from './frames.ts';
import type { ExtraMeasurement } from './take.ts';

/** What the configuration asks for and the recorder did not ask for, for people. Pure. */
export function missingMeasurements(spec: WatchSpec | undefined, { take, schema, platform }: Frame): readonly string[] {
  if (spec === undefined) return [];
  // What is measured where it can be is missed only where it could have been.
  const could = new Set(platform.capabilities.flatMap(({ name, available }) => (available ? [name] : [])));
  const metrics = new Set(schema.target.map(({ metric }) => metric));
  const events = spec.events.filter((event) => event !== 'default' && !isCounted(event, take.events, metrics));
  const noDefault = spec.events.includes('default') && take.events.length === 0;
  const extra = wantedExtra(spec, could).filter((name) => !take.extra.includes(name));
  const never = [
    ...(spec.wss === undefined ? [] : ['working set sizes']),
    ...(spec.uncore === undefined || !(spec.uncore.required || could.has('uncore')) ? [] : ['uncore events']),
    ...(spec.memoryModules === undefined || !(spec.memoryModules.required || could.has('memory_modules'))
      ? []
      : ['memory modules']),
  ];
  const notes: string[] = [];
  if (noDefault) notes.push('perf events are not in the recording: record with --event default');
  if (events.length > 0) notes.push(`events that are not in the recording: ${events.join(', ')}`);
  if (extra.length > 0) {
    const options = extra.map((name) => `--also ${name}`).join(' ');
    notes.push(`not in the recording: ${extra.join(', ')}; record with ${options}`);
  }
  if (never.length > 0) notes.push(`never in a recording: ${never.join(', ')}`);
  if (spec.perCpu && take.events.length > 0) notes.push('perf events are recorded as sums over the CPUs');
  if (spec.intervalMs < take.intervalMs) {
    notes.push(`measured every ${take.intervalMs / 1000} s as recorded, not every ${spec.intervalMs / 1000} s`);
  }
  return notes;
}

function wantedExtra(
  { rdt, sched, vmstat, zoneinfo }: WatchSpec,
  could: ReadonlySet<string>,
): readonly ExtraMeasurement[] {
  const wanted = { rdt: rdt !== undefined && (rdt.required || could.has('rdt.monitoring')), sched, vmstat, zoneinfo };
  const names: readonly ExtraMeasurement[] = ['rdt', 'sched', 'vmstat', 'zoneinfo'];
  return names.filter((name) => wanted[name] === true);
}

/** A raw event `name__r0302` is a metric of its first part. */
function isCounted(event: string, recorded: readonly string[], metrics: ReadonlySet<string>): boolean {
  return recorded.includes(event) || metrics.has(event) || metrics.has(event.split('__')[0] ?? event);
}
