import type { Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { Libc } from '../libc.ts';
import type { BorrowedDirectory } from './cgroup-counters.ts';
import { resolveEvent } from './events.ts';
import { closeGroup, openGroups } from './group.ts';
import type { PmuFacts } from './pmu-facts.ts';
import { explainRefusal } from './refusal.ts';

/** What perf can count here; see Capability in collector.proto. */
export interface PerfCapability {
  readonly name: string;
  readonly available: boolean;
  readonly reason: string;
  readonly remedy: string;
}

export interface PerfProbeOptions {
  readonly libc: Libc;
  /** Opens a cgroup of the perf hierarchy, or says why perf cannot count by cgroup. */
  readonly openDirectory: () => Reading<BorrowedDirectory>;
  /** An online CPU. */
  readonly cpu: number;
  readonly pmu: PmuFacts;
}

/** Tries one software and one hardware event on a cgroup: the kernel's own answer is the only one that counts. */
export function probePerf(options: PerfProbeOptions): readonly PerfCapability[] {
  const directory = options.openDirectory();
  if (!directory.ok) {
    return ['perf.cgroup', 'perf.software', 'perf.hardware'].map((name) => absent(name, directory.error));
  }
  try {
    const software = tryEvent(options, directory.value.fd, 'task_context_switches');
    const hardware = tryEvent(options, directory.value.fd, 'task_cycles');
    const cgroup = software !== undefined && hardware !== undefined ? software : undefined;
    return [
      capability('perf.cgroup', cgroup),
      capability('perf.software', software),
      capability('perf.hardware', hardware),
    ];
  } finally {
    directory.value.close();
  }
}

/** undefined when the event counts. */
function tryEvent({ libc, cpu, pmu }: PerfProbeOptions, directoryFd: number, name: string): WcaError | undefined {
  const event = resolveEvent(name, '');
  if (!event.ok) return event.error;
  const opened = openGroups(
    { libc, directoryFd, cpu, pmu: pmu.cores.of(cpu), counters: pmu.counters },
    [event.value],
    [0],
  );
  if (!Array.isArray(opened)) return explainRefusal(opened, pmu.host);
  for (const { fds } of opened) closeGroup(fds);
  return undefined;
}

function capability(name: string, error: WcaError | undefined): PerfCapability {
  return error === undefined ? { name, available: true, reason: '', remedy: '' } : absent(name, error);
}

function absent(name: string, error: WcaError): PerfCapability {
  const errno = error.errno === undefined ? '' : ` [${error.errno}]`;
  return { name, available: false, reason: `${error.message}${errno}`, remedy: error.remedy ?? '' };
}
