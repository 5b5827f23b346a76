import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { WatchSpec } from '../../../shared/rpc/watch-messages.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import type { Libc } from '../../kernel/libc.ts';
import type { Tools } from '../../kernel/memory-modules/tools.ts';
import type { PlatformFacts } from '../../kernel/platform/probe.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource, PlanSources, SourcePlan } from '../ports.ts';
import { MemoryModulesSource } from './memory-modules-source.ts';
import { RdtMonitoring } from './rdt-monitoring.ts';
import { SchedSource } from './sched-source.ts';
import { parseUncoreLists } from './uncore-plan.ts';
import { openUncore } from './uncore-source.ts';
import { openVmstatSource } from './vmstat-source.ts';
import { WssSource } from './wss-source.ts';
import { openZoneinfoSource } from './zoneinfo-source.ts';

export interface HostSourcesOptions {
  readonly roots: KernelRoots;
  readonly libc: Libc;
  readonly layout: CgroupLayout;
  readonly platform: Pick<PlatformFacts, 'cpuModel' | 'kernel'>;
  /** Programs of the host that tell of its memory modules. */
  readonly tools: Tools;
  /** What the operator of the host allows beside reading. */
  readonly allow: { readonly rdtMonitoring: boolean; readonly wssReset: boolean };
  readonly budget: FdBudget;
  readonly clock: Clock;
  readonly onlineCpus: () => readonly number[];
  /** Socket of an online CPU; undefined when unknown. */
  readonly socketOf: (cpu: number) => number | undefined;
}

/** The optional sources of this host, by what a spec asks for: here is all that a source needs of the host. */
export function makePlanSources(host: HostSourcesOptions): PlanSources {
  const { roots, platform, allow } = host;
  const { cpuModel, kernel } = platform;
  const scratch = new Scratch();
  const rdt = new RdtMonitoring({ ...host, cpu: cpuModel, kernel, allowed: allow.rdtMonitoring });
  const planRdt = ({ required, perDomain }: Asked<'rdt'>): SourcePlan => {
    return { key: `rdt ${perDomain}`, required, open: () => rdt.openSource({ perDomain }) };
  };
  const planWss = (spec: Asked<'wss'>): SourcePlan => ({
    key: `wss ${spec.resetEvery} ${spec.stableCycles} ${spec.membwThreshold}`,
    required: false,
    exclusive: true,
    open: () =>
      new WssSource({
        ...host,
        spec,
        allowed: allow.wssReset,
        bandwidth: (target) => rdt.board.totalBytes(target),
      }),
  });
  const planUncore = ({ required, groups }: Asked<'uncore'>): SourcePlan => {
    const lists = parseUncoreLists(groups);
    const open = () => openUncore({ ...host, lists, codeName: cpuModel.codeName ?? '' });
    return { key: `uncore ${JSON.stringify(groups)}`, required, open };
  };
  const planModules = ({ required }: Asked<'memoryModules'>): SourcePlan => {
    return { key: 'memory_modules', required, open: () => new MemoryModulesSource(roots, host.tools) };
  };
  return ({ rdt, wss, uncore, memoryModules, sched, vmstat, zoneinfo }) => [
    ...(rdt === undefined ? [] : [planRdt(rdt)]),
    ...(wss === undefined ? [] : [planWss(wss)]),
    ...(sched === true ? [plain('sched', () => new SchedSource(host))] : []),
    ...(uncore === undefined ? [] : [planUncore(uncore)]),
    ...(vmstat === true ? [plain('vmstat', () => openVmstatSource(roots, scratch))] : []),
    ...(zoneinfo === true ? [plain('zoneinfo', () => openZoneinfoSource(roots, scratch))] : []),
    ...(memoryModules === undefined ? [] : [planModules(memoryModules)]),
  ];
}

/** What a spec says of one optional measurement. */
type Asked<Field extends keyof WatchSpec> = NonNullable<WatchSpec[Field]>;

/** A source without settings. */
function plain(key: string, open: () => OptionalSource): SourcePlan {
  return { key, required: false, open };
}
