import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reading } from '../shared/errors/wca-error.ts';
import { probeCgroupAllocations } from './apply/capabilities.ts';
import { probePageMigration } from './apply/pages/capability.ts';
import { openCgroupDirectory } from './kernel/cgroup/directory.ts';
import { type CgroupLayout, readCgroupLayout } from './kernel/cgroup/layout.ts';
import { choosePerfHierarchy, type PerfHierarchy } from './kernel/cgroup/perf-hierarchy.ts';
import type { Libc } from './kernel/libc.ts';
import { probeMemoryModules } from './kernel/memory-modules/probe.ts';
import { Tools } from './kernel/memory-modules/tools.ts';
import type { BorrowedDirectory } from './kernel/perf/cgroup-counters.ts';
import { type PmuFacts, readPmuFacts } from './kernel/perf/pmu-facts.ts';
import { probePerf } from './kernel/perf/probe.ts';
import { probeUncore } from './kernel/perf/uncore/probe.ts';
import { type Capability, probeCapabilities } from './kernel/platform/capabilities.ts';
import { type PlatformFacts, probePlatform } from './kernel/platform/probe.ts';
import { probeRdt } from './kernel/resctrl/probe.ts';
import { probeRdtControl } from './kernel/resctrl/probe-control.ts';
import type { KernelRoots } from './kernel/roots.ts';
import { probeTaskCapabilities } from './kernel/task-capabilities.ts';

/** What this host is and can do, as found at start. */
export interface HostFacts {
  readonly layout: CgroupLayout;
  readonly platform: PlatformFacts;
  readonly perf: PerfHierarchy;
  readonly capabilities: readonly Capability[];
  /** Whether hardware events count. */
  readonly hasPmu: boolean;
  readonly pmu: PmuFacts;
  /** Programs of the host that tell of its memory modules. */
  readonly tools: Tools;
}

/** Throws a WcaError where the host cannot be measured at all. */
export function probeHost(roots: KernelRoots, libc: Libc, tools = new Tools()): HostFacts {
  const layout = readCgroupLayout(roots);
  const platform = probePlatform(roots, layout);
  const perf = choosePerfHierarchy(layout, readOptional(join(roots.procfs, 'cgroups')));
  const openDirectory = (): Reading<BorrowedDirectory> =>
    'problem' in perf ? { ok: false, error: perf.problem } : openCgroupDirectory(perf.hierarchy, '/');
  const pmu = readPmuFacts(roots, platform.cpuModel.codeName ?? '');
  const perfCapabilities = probePerf({ libc, openDirectory, cpu: platform.cpus[0]?.id ?? 0, pmu });
  return {
    layout,
    platform,
    perf,
    capabilities: [
      ...probeCapabilities(roots, layout),
      ...perfCapabilities,
      probeUncore({ roots, libc, codeName: platform.cpuModel.codeName ?? '' }),
      ...probeRdt(roots, platform.cpuModel),
      ...probeCgroupAllocations(layout),
      probePageMigration(roots),
      ...probeRdtControl(roots, platform.cpuModel),
      ...probeTaskCapabilities(roots),
      probeMemoryModules(roots, tools),
    ],
    hasPmu: perfCapabilities.some(({ name, available }) => name === 'perf.hardware' && available),
    pmu,
    tools,
  };
}

/** A kernel built without a facility lacks its file. */
function readOptional(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
