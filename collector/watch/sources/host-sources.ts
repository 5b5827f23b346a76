import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { RdtSpec } from '../../../shared/rpc/watch-messages.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import type { CpuModel } from '../../kernel/platform/probe.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import { Scratch } from '../../kernel/scratch.ts';
import type { OptionalSource, PlanSources, SourcePlan } from '../ports.ts';
import { RdtMonitoring } from './rdt-monitoring.ts';
import { openVmstatSource } from './vmstat-source.ts';
import { openZoneinfoSource } from './zoneinfo-source.ts';

export interface HostSourcesOptions {
  readonly roots: KernelRoots;
  readonly layout: CgroupLayout;
  readonly cpuModel: CpuModel;
  /** Release: `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** What the operator of the host allows beside reading. */
  readonly allow: { readonly rdtMonitoring: boolean; readonly wssReset: boolean };
  readonly budget: FdBudget;
  readonly clock: Clock;
}

/** The optional sources of this host, by what a spec asks for. */
export function makePlanSources({ cpuModel, allow, ...host }: HostSourcesOptions): PlanSources {
  const { roots } = host;
  const scratch = new Scratch();
  const rdt = new RdtMonitoring({ ...host, cpu: cpuModel, allowed: allow.rdtMonitoring });
  const planRdt = ({ required, perDomain }: RdtSpec): SourcePlan => ({
    key: `rdt ${perDomain}`,
    required,
    open: () => rdt.openSource({ perDomain }),
  });
  return (spec) => [
    ...(spec.rdt === undefined ? [] : [planRdt(spec.rdt)]),
    ...(spec.vmstat === true ? [optional('vmstat', () => openVmstatSource(roots, scratch))] : []),
    ...(spec.zoneinfo === true ? [optional('zoneinfo', () => openZoneinfoSource(roots, scratch))] : []),
  ];
}

function optional(key: string, open: () => OptionalSource): SourcePlan {
  return { key, required: false, open };
}
