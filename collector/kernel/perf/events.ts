import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import { modelEvents } from './model-events.ts';

/** A perf event as the kernel takes it. */
export interface PerfEvent {
  /** Name of the metric: `task_instructions`. */
  readonly name: string;
  /** PERF_TYPE_*. */
  readonly type: number;
  readonly config: bigint;
  readonly config1: bigint;
  /** Software events need no counter of the CPU and are never multiplexed, so they get groups of their own. */
  readonly software: boolean;
  /** Metric value = count / divisor: 1e9 for nanoseconds. */
  readonly divisor: number;
}

const typeHardware = 0;
const typeSoftware = 1;
const typeRaw = 4;

/** PERF_COUNT_HW_*. */
const hardwareEvents: Readonly<Record<string, number>> = {
  task_cycles: 0,
  task_instructions: 1,
  task_cache_references: 2,
  task_cache_misses: 3,
};

/** PERF_COUNT_SW_*. */
const softwareEvents: Readonly<Record<string, number>> = {
  task_clock_seconds: 1,
  task_page_faults: 2,
  task_context_switches: 3,
  task_cpu_migrations: 4,
  task_minor_faults: 5,
  task_major_faults: 6,
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
  if (name.includes('__r')) return parseRawEvent(name);
  const encodings = Object.entries(modelEvents).filter(([, events]) => Object.hasOwn(events, name));
  if (encodings.length === 0) {
    return invalid(name, 'is no known perf event', `known: ${knownEvents().join(', ')}, or any name ending in __rEEUU`);
  }
  const config = own(modelEvents[codeName] ?? {}, name);
  if (config !== undefined) return { ok: true, value: generic(name, typeRaw, config) };
  const models = encodings.map(([model]) => model).join(', ');
  const cpu = codeName === '' ? 'this CPU, whose model WCA does not know' : `this CPU (${codeName})`;
  return {
    ok: false,
    error: new WcaError('FEATURE_ABSENT', {
      subject: `event ${name}`,
      message: `has no encoding on ${cpu}; it is known on ${models}`,
      remedy: 'leave it out, or give the encoding of your CPU as a raw event: name__rEEUU',
    }),
  };
}

function generic(name: string, type: number, config: number): PerfEvent {
  const divisor = name === 'task_clock_seconds' ? 1e9 : 1;
  return { name, type, config: BigInt(config), config1: 0n, software: type === typeSoftware, divisor };
}

function own(table: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * A user's raw event, `<name>__r<bits>`: 4, 6 or 16 hexadecimal digits `EEUU`, `EEUUCC` or `EEUUCC` + config1 (spec
 * measurements §3.5); config = event | umask << 8 | cmask << 24. The metric keeps the whole name.
 */
export function parseRawEvent(name: string): Reading<PerfEvent> {
  const parts = name.split('__r');
  const [prefix = '', bits = ''] = parts;
  if (parts.length < 2) return invalid(name, 'does not contain __r', 'write name__rEEUU');
  if (parts.length > 2) return invalid(name, 'contains __r more than once', 'write name__rEEUU');
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) {
    return invalid(name, 'has a name that is no metric name', 'use letters, digits, _ and :');
  }
  if (![4, 6, 16].includes(bits.length)) {
    return invalid(
      name,
      `has ${bits.length} digits after __r, a wrong length`,
      'give 4, 6 or 16: EEUU, EEUUCC, EEUUCC + config1',
    );
  }
  if (!/^[0-9a-fA-F]+$/.test(bits)) return invalid(name, 'has an invalid literal after __r', 'give hexadecimal digits');
  const byte = (at: number): bigint => BigInt(`0x0${bits.slice(at, at + 2)}`);
  const config = byte(0) | (byte(2) << 8n) | (byte(4) << 24n);
  const config1 = BigInt(`0x0${bits.slice(6)}`);
  return { ok: true, value: { name, type: typeRaw, config, config1, software: false, divisor: 1 } };
}

function invalid(name: string, message: string, remedy: string): Reading<PerfEvent> {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return {
    ok: false,
    error: new WcaError('INVALID_ARGUMENT', { subject: `event ${JSON.stringify(shown)}`, message, remedy }),
  };
}
