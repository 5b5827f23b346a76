import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { softwareEvents } from '../../../shared/metrics/software-events.ts';
import type { EventTable } from './event-table.ts';
import { atomEvents } from './intel-events.ts';
import { modelEvents, nearestEvents } from './model-events.ts';
import { type PerfEvent, typeHardware, typeRaw, typeSoftware } from './perf-event.ts';
import { invalid, invalidError, isUserEvent, parseUserEvent } from './user-event.ts';

/** PERF_COUNT_HW_*. */
const hardwareEvents: EventTable = {
  task_cycles: 0,
  task_instructions: 1,
  task_cache_references: 2,
  task_cache_misses: 3,
};

/** What `default` stands for. */
export function defaultEvents(hasPmu: boolean): readonly string[] {
  return hasPmu
    ? ['task_instructions', 'task_cycles', 'task_cache_references', 'task_cache_misses']
    : ['task_clock_seconds', 'task_context_switches', 'task_cpu_migrations', 'task_page_faults'];
}

/** All names that are known on some CPU, ascending. */
export function knownEvents(): readonly string[] {
  const raw = Object.values(modelEvents).flatMap((events) => Object.keys(events));
  return [...new Set([...Object.keys(hardwareEvents), ...Object.keys(softwareEvents), ...raw])].sort();
}

/**
 * The event of a name. INVALID_ARGUMENT for a name that is no event anywhere; FEATURE_ABSENT for one that has no
 * encoding on this CPU. `codeName` is the CPU's micro-architecture, empty when unknown.
 */
export function resolveEvent(name: string, codeName: string): Reading<PerfEvent> {
  const hardware = own(hardwareEvents, name);
  if (hardware !== undefined) return { ok: true, value: generic(name, typeHardware, hardware) };
  const software = own(softwareEvents, name);
  if (software !== undefined) return { ok: true, value: generic(name, typeSoftware, software) };
  if (isUserEvent(name)) return parseUserEvent(name);
  const models = Object.keys(modelEvents).filter((model) => Object.hasOwn(modelEvents[model] ?? {}, name));
  if (models.length === 0) {
    return invalid(name, 'is no known perf event', `known: ${knownEvents().join(', ')}, or any name ending in __rEEUU`);
  }
  const config = own(modelEvents[codeName] ?? {}, name);
  if (config === undefined) return { ok: false, error: noEncoding(name, codeName, models) };
  const atom = own(atomEvents[codeName] ?? {}, name);
  const event = generic(name, typeRaw, config);
  return { ok: true, value: atom === undefined ? event : { ...event, atomConfig: BigInt(atom) } };
}

/** INVALID_ARGUMENT for the first name that is no event anywhere, or that is the metric of another one too. */
export function checkEvents(names: readonly string[], codeName: string): WcaError | undefined {
  const metrics = new Map<string, string>();
  for (const name of names) {
    const event = resolveEvent(name, codeName);
    if (!event.ok && event.error.code === 'INVALID_ARGUMENT') return event.error;
    const metric = event.ok ? event.value.name : name;
    const other = metrics.get(metric);
    if (other !== undefined) return invalidError(name, `is the same metric as ${other}`, 'give them different names');
    metrics.set(metric, name);
  }
  return undefined;
}

function noEncoding(name: string, codeName: string, models: readonly string[]): WcaError {
  const cpu = codeName === '' ? 'this CPU, whose model WCA does not know' : `this CPU (${codeName})`;
  const { [name]: nearest } = nearestEvents[codeName] ?? {};
  const remedy =
    nearest === undefined
      ? 'leave it out, or give the encoding of your CPU as a raw event: name__rEEUU'
      : `leave it out, or take what comes close, ${nearest.raw}: ${nearest.counts}`;
  return new WcaError('FEATURE_ABSENT', {
    subject: `event ${name}`,
    message: `has no encoding on ${cpu}; it is known on ${models.join(', ')}`,
    remedy,
  });
}

function generic(name: string, type: number, config: number): PerfEvent {
  const divisor = name === 'task_clock_seconds' ? 1e9 : 1;
  return { name, type, config: BigInt(config), config1: 0n, software: type === typeSoftware, divisor };
}

function own(table: EventTable, name: string): number | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
