import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WcaError } from '../../../shared/errors/wca-error.ts';
import { modelEvents } from './model-events.ts';
import { type PerfEvent, typeRaw } from './perf-event.ts';

/** Counters of one CPU (hardware thread). */
export interface CounterFacts {
  /** That count any event. */
  readonly general: number;
  /** Events with a counter of their own besides. */
  readonly fixed: readonly string[];
  /** Events of the memory subsystem fit only in so many of the general ones. */
  readonly memory: number;
  /** Whether two hardware threads share what a core has; undefined where it makes no difference. */
  readonly hyperThreading: boolean | undefined;
  /** Whether the NMI watchdog counts cycles for itself. */
  readonly watchdog: boolean;
}

export interface CounterOptions {
  /** `CpuModel.code_name`; empty when unknown. */
  readonly codeName: string;
  /** Whether hyper-threading is on; undefined when the kernel does not say. */
  readonly smt: boolean | undefined;
  readonly watchdog: boolean;
}

const intelFixed = ['task_instructions', 'task_cycles'];
/** Eight a core until Cooper Lake, half of them with hyper-threading. */
const intelShared = /^(haswell|broadwell|skylake|cascade-lake|cooper-lake)/;
/** Eight a thread; memory events in the first four (Intel SDM volume 3, perfmon event files). */
const intelWide = /^(ice-lake|sapphire|emerald|granite)/;

/** Counters of a CPU; undefined for one that WCA does not know. The kernel has no file that tells their number. */
export function chooseCounters({ codeName, smt, watchdog }: CounterOptions): CounterFacts | undefined {
  const alike = (general: number, fixed: readonly string[], memory = general): CounterFacts => {
    return { general, fixed, memory, hyperThreading: undefined, watchdog };
  };
  if (intelShared.test(codeName)) {
    const hyperThreading = smt ?? true;
    return { ...alike(hyperThreading ? 4 : 8, intelFixed, 4), hyperThreading };
  }
  if (intelWide.test(codeName)) return alike(8, intelFixed, 4);
  if (/-forest$/.test(codeName)) return alike(8, intelFixed);
  // Hybrid: the efficient cores have six.
  if (/^(alder|raptor)-lake$/.test(codeName)) return alike(6, intelFixed, 4);
  if (/^zen\d$/.test(codeName)) return alike(6, []);
  return /^neoverse-/.test(codeName) ? alike(6, ['task_cycles']) : undefined;
}

/** Reads what `chooseCounters` needs besides the model, once at start. */
export function readCounters(
  { procfs, sysfs }: { readonly procfs: string; readonly sysfs: string },
  codeName: string,
): CounterFacts | undefined {
  const smt = readFlag(join(sysfs, 'devices/system/cpu/smt/active'));
  const watchdog = readFlag(join(procfs, 'sys/kernel/nmi_watchdog')) ?? false;
  return chooseCounters({ codeName, smt, watchdog });
}

/**
 * General counters that events of hardware take together. The watchdog takes the counter of cycles where they have one
 * of their own, which leaves the general ones to it only when cycles are asked for.
 */
export function generalNeed(events: readonly PerfEvent[], { fixed, watchdog }: CounterFacts): number {
  const hardware = events.filter(({ software }) => !software);
  const own = new Set(hardware.map(({ name }) => name).filter((name) => fixed.includes(name)));
  const watched = watchdog && (own.has('task_cycles') || !fixed.includes('task_cycles'));
  return hardware.length - own.size + (watched && hardware.length > 0 ? 1 : 0);
}

/**
 * Whether the events of a list fit in the counters at once (spec measurements §3.7). When they do not, COUNTERS_SHARED:
 * a note, for they are counted all the same. The original refuses to start.
 */
export function checkCounterLimit(events: readonly PerfEvent[], facts: CounterFacts): WcaError | undefined {
  const { general, memory, hyperThreading, watchdog, fixed } = facts;
  const need = generalNeed(events, facts);
  const memoryNeed = events.filter(isMemoryEvent).length;
  if (need <= general && memoryNeed <= memory) return undefined;
  const counted = events.filter(({ software }) => !software).length;
  const watched = watchdog && need > counted - fixed.length;
  const taken = watched ? ' (one of them taken by the NMI watchdog)' : '';
  const sharing = hyperThreading === undefined ? '' : ` with${hyperThreading ? '' : 'out'} hyper-threading`;
  const wanted =
    need > general
      ? `${counted} events need ${need} general counters${taken}, this CPU has ${general}${sharing}`
      : `${memoryNeed} events of the memory subsystem fit in ${memory} counters only`;
  const switches = [
    ...(watched ? ['kernel.nmi_watchdog = 0'] : []),
    ...(hyperThreading === true ? ['hyper-threading off'] : []),
  ];
  return new WcaError('COUNTERS_SHARED', {
    subject: 'perf events',
    message: `${wanted}: the kernel counts them in turns and the values are estimates (see task_scaling_factor_max)`,
    remedy: ['count fewer events', ...switches].join(', or '),
  });
}

/** Predefined ones, but for stalls: those are of the core. */
function isMemoryEvent({ name, type }: PerfEvent): boolean {
  if (type !== typeRaw || name === 'task_stalled_mem_loads') return false;
  return Object.values(modelEvents).some((events) => Object.hasOwn(events, name));
}

/** `1`; undefined for what is no flag, or no file: SMT cannot be controlled, no watchdog is built in. */
function readFlag(path: string): boolean | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '0' || text === '1' ? text === '1' : undefined;
  } catch {
    return undefined;
  }
}
