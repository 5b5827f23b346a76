import type { KernelRoots } from '../roots.ts';
import { type CounterFacts, readCounters } from './counter-limit.ts';
import { CorePmus, readPmuNames } from './pmu.ts';
import { type PerfHost, readPerfHost } from './privilege.ts';

/** What opening events needs to know of the machine. */
export interface PmuFacts {
  readonly host: PerfHost;
  readonly cores: CorePmus;
  /** Undefined for a CPU that WCA does not know: only the kernel tells how many events fit in a group. */
  readonly counters: CounterFacts | undefined;
}

/** Reads them, once at start. `codeName` is the micro-architecture, empty when unknown. */
export function readPmuFacts(roots: KernelRoots, codeName: string): PmuFacts {
  return {
    host: { ...readPerfHost(roots.procfs), pmus: readPmuNames(roots.sysfs) },
    cores: new CorePmus(roots.sysfs),
    counters: readCounters(roots, codeName),
  };
}
