import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { namedUncoreEvents } from '../../../../shared/metrics/uncore-events.ts';
import type { Libc } from '../../libc.ts';
import type { KernelRoots } from '../../roots.ts';
import { Scratch } from '../../scratch.ts';
import { closeGroup, openGroups } from '../group.ts';
import type { PerfEvent } from '../perf-event.ts';
import { type PerfHost, readPerfHost } from '../privilege.ts';
import type { PerfCapability } from '../probe.ts';
import { wholePmu } from './pmu-counters.ts';
import { kindsOf, pmusOfKind, readCpumask, readUncorePmus, type UncorePmu } from './pmus.ts';
import { explainUncoreRefusal } from './refusal.ts';
import { noPmus, resolveUncore, type UncoreCounter } from './resolve.ts';

interface UncoreProbeOptions {
  readonly roots: KernelRoots;
  readonly libc: Libc;
  /** `cascade-lake`; empty when unknown. */
  readonly codeName: string;
}

/** Tries the first named event that this CPU has, on the first CPU of its first PMU: only the kernel's answer counts. */
export function probeUncore({ roots, libc, codeName }: UncoreProbeOptions): PerfCapability {
  const scratch = new Scratch();
  const host = readPerfHost(roots.procfs);
  const pmus = readUncorePmus(roots, scratch);
  const events = namedUncoreEvents.map((name) => ({ kind: 'named' as const, name }));
  if (pmus.length === 0) return absent(noPmus(host));
  const [counter] = resolveUncore([events], { pmus, codeName, virtual: host.virtual, scratch }).counters;
  if (counter === undefined) return absent(unknownPmus(pmus));
  const [pmu] = pmusOfKind(pmus, counter.kind);
  const [cpu] = (pmu === undefined ? undefined : readCpumask(pmu, scratch)) ?? [];
  // Without a CPU there is nothing to try; what is asked for is told then.
  if (pmu === undefined || cpu === undefined) return available;
  return tryCounter(libc, { counter, pmu, cpu, host });
}

const available: PerfCapability = { name: 'uncore', available: true, reason: '', remedy: '' };

interface Trial {
  readonly counter: UncoreCounter;
  readonly pmu: UncorePmu;
  readonly cpu: number;
  readonly host: PerfHost;
}

function tryCounter(libc: Libc, { counter, pmu, cpu, host }: Trial): PerfCapability {
  const { config = 0n, config1 = 0n } = counter.events[0] ?? {};
  const event: PerfEvent = { name: counter.metric, type: pmu.type, config, config1, software: false, divisor: 1 };
  const opened = openGroups(wholePmu(libc, cpu), [event], [0]);
  if (!Array.isArray(opened)) return absent(explainUncoreRefusal({ ...opened, pmu: pmu.name, cpu }, host));
  for (const { fds } of opened) closeGroup(fds);
  return available;
}

function absent({ message, errno, remedy }: WcaError): PerfCapability {
  const reason = errno === undefined ? message : `${message} [${errno}]`;
  return { name: 'uncore', available: false, reason, remedy: remedy ?? '' };
}

function unknownPmus(pmus: readonly UncorePmu[]): WcaError {
  return new WcaError('FEATURE_ABSENT', {
    subject: 'uncore',
    message: `WCA knows no event of the PMUs here: ${kindsOf(pmus).slice(0, 20).join(', ')}`,
    remedy: 'describe events by the list of the CPU: name/pmu/event=hex,umask=hex/',
  });
}
