import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WcaError } from '../shared/errors/wca-error.ts';
import { tryParseIdList } from '../shared/kernel-text/list-format.ts';
import { type Clock, systemClock } from '../shared/lifecycle/clock.ts';
import type { Applier, ApplierParts } from './apply/applier.ts';
import type { HostIds } from './apply/cgroup/desire.ts';
import { CgroupKnobs } from './apply/cgroup/knobs.ts';
import { CgroupPlanner } from './apply/cgroup/planner.ts';
import { CgroupSite } from './apply/cgroup/site.ts';
import type { UnitWriter } from './apply/cgroup/unit-writer.ts';
import type { LedgerEntry } from './apply/entry.ts';
import { knobName } from './apply/knob.ts';
import { isSwapOn, readMemoryNodes } from './apply/pages/capability.ts';
import { HostPageMover } from './apply/pages/page-mover.ts';
import type { PageCalls } from './apply/pages/process-pages.ts';
import { HostPolicy, type PolicySettings, parseProcCgroups } from './apply/policy.ts';
import type { PageMover } from './apply/ports.ts';
import type { RdtEntry } from './apply/rdt/entries.ts';
import type { RdtKeeper } from './apply/rdt/keeper.ts';
import { RdtAllocation } from './apply/rdt/rdt-allocation.ts';
import { HostKnobs } from './host-knobs.ts';
import { readCgroupIdentity } from './kernel/cgroup/identity.ts';
import type { CgroupLayout } from './kernel/cgroup/layout.ts';
import { CgroupMembers } from './kernel/cgroup/members.ts';
import { readKernelText } from './kernel/kernel-file.ts';
import { ProcessMemory } from './kernel/numa/process-memory.ts';
import type { PlatformFacts } from './kernel/platform/probe.ts';
import { onlineCpusPath } from './kernel/platform/topology.ts';
import type { KernelRoots } from './kernel/roots.ts';
import { Scratch } from './kernel/scratch.ts';

export interface AllocationPartsOptions {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  readonly platform: Pick<PlatformFacts, 'cpuModel' | 'kernel' | 'pageSizeBytes'>;
  readonly policy: PolicySettings;
  /** The manager of services; undefined where there is none. */
  readonly units: UnitWriter | undefined;
  readonly calls: PageCalls;
  readonly onTrouble: (error: WcaError) => void;
}

/** What is asked again for each value of a request, and does not change within it. */
const rememberedMs = 1_000;

/** What allocates on this host, made of the parts that know control files, resctrl and pages. */
export class AllocationParts {
  readonly pages: PageMover;
  readonly rdt: RdtAllocation;
  readonly forApplier: Omit<ApplierParts, 'store' | 'onTrouble' | 'clock'>;
  #applier: Applier | undefined;
  #entries: { readonly of: readonly LedgerEntry[]; readonly rdt: readonly RdtEntry[] } = { of: [], rdt: [] };

  constructor({ roots, layout, platform, policy, units, calls, onTrouble }: AllocationPartsOptions) {
    const readIdentity = (path: string): bigint | undefined => readCgroupIdentity(layout, path);
    const { rootRdtGroup: rootGroup, foreignRdtGroups: foreignGroups, enableControllers } = policy;
    const members = new CgroupMembers(layout, new Scratch());
    this.pages = new HostPageMover({
      calls,
      memory: new ProcessMemory(roots.procfs, platform.pageSizeBytes),
      clock: systemClock,
      pageSizeBytes: platform.pageSizeBytes,
      readNodes: () => readMemoryNodes(roots),
      isSwapOn: () => isSwapOn(roots),
      readProcesses: (paths) => members.read(paths, 'processes'),
      readIdentity,
      onTrouble,
    });
    this.rdt = new RdtAllocation({
      roots,
      layout,
      vendor: platform.cpuModel.vendor,
      clock: systemClock,
      policy: { rootGroup, foreignGroups },
      readInode: readIdentity,
      entries: () => this.#rdtEntries(),
    });
    const site = new CgroupSite({ layout, units, enableControllers });
    const readIds = remembered(systemClock, () => readHostIds(roots));
    const { kernel, pageSizeBytes } = platform;
    this.forApplier = {
      knobs: new HostKnobs({ cgroup: new CgroupKnobs(layout, units), rdt: this.rdt.knobs }),
      planners: [
        new CgroupPlanner({ site, units, readIds: () => readIds(''), pageSizeBytes, kernel }),
        this.rdt.planner,
      ],
      policy: new HostPolicy(
        policy,
        remembered(systemClock, (pid) => readCgroupsOf(roots, pid)),
      ),
      pages: this.pages,
      readIdentity: (path, session) =>
        session === undefined
          ? readIdentity(path)
          : readCgroupIdentity(layout, path, ({ name }, below) => {
              const inode = session.readInode(name, below);
              return inode.ok ? BigInt(inode.value) : undefined;
            }),
    };
  }

  /** Whose entries the parts look at; before its first call. */
  attach(applier: Applier): void {
    this.#applier = applier;
  }

  makeKeeper(applier: Applier, onTrouble: (error: WcaError) => void): RdtKeeper {
    return this.rdt.makeKeeper({
      audit: ({ path, knob, ...change }) =>
        applier.note({ ...change, path, file: knobName(knob), type: 'rdt', cause: 'keep', peer: '', requestId: '' }),
      restoreGone: (path) => applier.forgetGone(path),
      onTrouble,
    });
  }

  /** The same array as long as the ledger does not change; whether an entry rests is asked when it matters. */
  #rdtEntries(): readonly RdtEntry[] {
    const applier = this.#applier;
    if (applier === undefined || applier.entries === this.#entries.of) return this.#entries.rdt;
    const of = applier.entries;
    const rdt = of
      .filter(({ knob: { kind } }) => kind !== 'cgroup' && kind !== 'controller')
      .map((entry) => ({
        knob: entry.knob,
        path: entry.path,
        written: entry.written,
        get isResting() {
          return applier.isResting(entry);
        },
      }));
    this.#entries = { of, rdt };
    return rdt;
  }
}

/** Answers of the last second are given again. */
function remembered<K, T>(clock: Clock, read: (key: K) => T): (key: K) => T {
  const known = new Map<K, T>();
  let untilMs = 0;
  return (key) => {
    const nowMs = clock.monotonicMs();
    if (nowMs >= untilMs) {
      known.clear();
      untilMs = nowMs + rememberedMs;
    }
    const found = known.get(key);
    if (found !== undefined) return found;
    const answer = read(key);
    known.set(key, answer);
    return answer;
  };
}

function readHostIds(roots: KernelRoots): HostIds {
  const scratch = new Scratch();
  const online = readKernelText(onlineCpusPath(roots), scratch);
  const nodes = readMemoryNodes(roots);
  // A kernel without NUMA has one node.
  return {
    cpus: (online.ok ? tryParseIdList(online.value) : undefined) ?? [],
    nodes: nodes.length === 0 ? [0] : nodes,
  };
}

function readCgroupsOf(roots: KernelRoots, pid: number | 'self'): readonly string[] {
  try {
    return parseProcCgroups(readFileSync(join(roots.procfs, String(pid), 'cgroup'), 'utf8'));
  } catch {
    return []; // it has ended
  }
}
