import { WcaError } from '../../shared/errors/wca-error.ts';
import { defaultUncoreEvents } from '../../shared/metrics/uncore-events.ts';
import type { Schema, WatchSpec, WireError } from '../../shared/rpc/watch-messages.ts';
import type { ArgumentsOf } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { boolOrPattern } from '../config/pattern-type.ts';
import { bool, float, int, nullable } from '../config/types.ts';
import type { FieldChoice } from './field-filter.ts';
import { uncoreGroups } from './uncore-events.ts';

const maxCycles = 1_000_000;
const intrusive =
  'Intrusive: reading holds a lock of the process that is read; in a peer it raised the worst latency of tasks 80 times';

/** Parameters of what is measured only when asked for (spec config §3.2); docs/measurements.md tells needs and costs. */
export const optionalParameters = {
  rdt_enabled: optional(bool(), {
    doc: 'Cache occupancy and memory bandwidth of each task, through resctrl. null: where the host can; true: end with the reason where it cannot; false: off.',
  }),
  rdt_per_domain: withDefault(bool(), false, {
    doc: 'With RDT: also one series an L3 cache, with the label `domain_id`.',
  }),
  enable_perf_uncore: optional(bool(), {
    doc: 'Memory controller and UPI events of each socket: DRAM and persistent memory reads and writes, UPI flits. null: where the host can; true: end with the reason where it cannot; false: off.',
  }),
  uncore_event_names: withDefault(uncoreGroups, [], {
    doc: 'Uncore events by name, or described as `name/pmu/event=0x80,umask=0x3/` with hexadecimal values, pmu a PMU of the kernel without its number (uncore_imc, uncore_cha, uncore_upi), keys event, umask, config, config1. Lists inside the list are groups that take turns. Unless empty it replaces the six events of enable_perf_uncore, and a false there.',
    nullIsDefault: true,
  }),
  gather_hw_mm_topology: withDefault(nullable(bool()), false, {
    doc: 'Number, size and speed of memory modules, from firmware tables and, where installed, dmidecode, lshw and ipmctl; read once. null: what can be had; true: end with the reason when nothing can.',
  }),
  wss_reset_interval: withDefault(int({ max: maxCycles }), 0, {
    doc: `Working set size: memory referenced since the referenced bits were cleared, which happens every n-th iteration. 0 or less: off. ${intrusive}.`,
    unit: 'iterations',
    nullIsDefault: true,
  }),
  wss_reset_cycles: optional(int({ min: 0, max: maxCycles }), {
    doc: 'The same as wss_reset_interval, but null is off and 0 measures without clearing at fixed intervals. Give one of the two.',
    unit: 'iterations',
  }),
  wss_stable_cycles: withDefault(int({ min: -maxCycles, max: maxCycles }), 0, {
    doc: 'Working set size: after so many iterations in which referenced memory grew slower than wss_membw_threshold allows, it is the working set, task_working_set_size_bytes. Positive: with wss_reset_cycles 0 the bits are cleared then; negative: they are not. 0: not looked for.',
    unit: 'iterations',
    nullIsDefault: true,
  }),
  wss_membw_threshold: optional(float({ min: 0 }), {
    doc: 'Working set size: growth below this share of the growth of memory bandwidth is none. Needs RDT. null: no working set is looked for.',
  }),
  zoneinfo: withDefault(boolOrPattern({ groups: 2 }), false, {
    doc: String.raw`Fields of /proc/zoneinfo: true, or a Python regular expression with two groups, key and number. It is matched once for each field, at the beginning of the line as the kernel prints it, six blanks in front and 0 in place of the number. true stands for \s+([a-z_]+)\s+(\d+), which leaves out keys with digits. The latest original has true as default.`,
    nullIsDefault: true,
  }),
  vmstat: withDefault(boolOrPattern(), false, {
    doc: 'Fields of /proc/vmstat and of the vmstat of each NUMA node: true, or a Python regular expression that is matched at the beginning of the key. true means hundreds of series; the latest original has it as default.',
    nullIsDefault: true,
  }),
  sched: withDefault(boolOrPattern(), false, {
    doc: 'Fields of /proc/TID/sched, over all threads of each task: true, or a Python regular expression that is matched at the beginning of the key. Costs: a file a thread is read in each round.',
    nullIsDefault: true,
  }),
} as const;

/** What the user chose, in the terms of the collector and of the exporter. */
export interface OptionalMeasurements {
  readonly watch: Pick<WatchSpec, 'rdt' | 'wss' | 'sched' | 'vmstat' | 'zoneinfo' | 'uncore' | 'memoryModules'>;
  readonly fields: FieldChoice;
  /** Subjects of what nobody asked for by name: where the host lacks it, nothing is wrong. */
  readonly automatic: ReadonlySet<string>;
}

/** Throws INVALID_CONFIG for parameters that contradict each other. */
export function chooseOptional(args: ArgumentsOf<typeof optionalParameters>): OptionalMeasurements {
  const { sched, vmstat, zoneinfo, rdt_enabled, rdt_per_domain, gather_hw_mm_topology } = args;
  const wss = chooseWss(args);
  const uncore = chooseUncore(args);
  return {
    watch: {
      ...(rdt_enabled === false ? {} : { rdt: { required: rdt_enabled === true, perDomain: rdt_per_domain } }),
      ...(wss === undefined ? {} : { wss }),
      ...(uncore === undefined ? {} : { uncore }),
      ...(gather_hw_mm_topology === false ? {} : { memoryModules: { required: gather_hw_mm_topology === true } }),
      sched: sched !== false,
      vmstat: vmstat !== false,
      zoneinfo: zoneinfo !== false,
    },
    fields: { sched, vmstat, zoneinfo },
    automatic: new Set([
      ...(rdt_enabled === undefined ? ['rdt', 'resctrl'] : []),
      ...(isAutomaticUncore(args) ? ['uncore', ...defaultUncoreEvents.map((event) => `event ${event}`)] : []),
    ]),
  };
}

function isAutomaticUncore({ enable_perf_uncore, uncore_event_names }: Args): boolean {
  return enable_perf_uncore === undefined && uncore_event_names.length === 0;
}

/** The schema with what the host lacks of the automatic measurements among its notes. */
export function noteAutomatic(schema: Schema, automatic: ReadonlySet<string>): Schema {
  const isNote = ({ code, subject }: WireError): boolean => code === 'FEATURE_ABSENT' && automatic.has(subject);
  return {
    ...schema,
    unavailable: schema.unavailable.filter((error) => !isNote(error)),
    notes: [...schema.notes, ...schema.unavailable.filter(isNote)],
  };
}

type Args = ArgumentsOf<typeof optionalParameters>;

function chooseWss(args: Args): WatchSpec['wss'] {
  const { wss_reset_interval, wss_reset_cycles, wss_stable_cycles, wss_membw_threshold } = args;
  const isOnByInterval = wss_reset_interval > 0;
  if (isOnByInterval && wss_reset_cycles !== undefined) {
    throw new WcaError('INVALID_CONFIG', {
      subject: 'wss_reset_cycles',
      message: 'wss_reset_cycles and wss_reset_interval say the same twice',
      remedy: 'give one of them',
    });
  }
  const resetEvery = isOnByInterval ? wss_reset_interval : wss_reset_cycles;
  if (resetEvery === undefined) return undefined;
  return { resetEvery, stableCycles: wss_stable_cycles, membwThreshold: wss_membw_threshold };
}

function chooseUncore({ enable_perf_uncore, uncore_event_names }: Args): WatchSpec['uncore'] {
  const required = enable_perf_uncore === true;
  if (uncore_event_names.length > 0) return { required, groups: uncore_event_names };
  return enable_perf_uncore === false ? undefined : { required, groups: [defaultUncoreEvents] };
}

/** What disturbs the tasks that are measured is told at start. */
export function warningsOf({ watch: { wss, sched } }: OptionalMeasurements): readonly string[] {
  return [
    ...(wss === undefined ? [] : ['the working set size is measured, which slows the tasks: docs/measurements.md']),
    ...(sched === true
      ? ['fields of /proc/TID/sched are read for every thread, which costs: docs/measurements.md']
      : []),
  ];
}
