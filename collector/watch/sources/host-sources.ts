import type { Clock } from '../../../shared/lifecycle/clock.ts';
import type { CgroupLayout } from '../../kernel/cgroup/layout.ts';
import type { FdBudget } from '../../kernel/fd-budget.ts';
import type { CpuModel } from '../../kernel/platform/probe.ts';
import type { KernelRoots } from '../../kernel/roots.ts';
import type { PlanSources, SourcePlan } from '../ports.ts';
import { RdtMonitoring } from './rdt-monitoring.ts';

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
  const rdt = new RdtMonitoring({ ...host, cpu: cpuModel, allowed: allow.rdtMonitoring });
  return (spec) => {
    const plans: SourcePlan[] = [];
    if (spec.rdt !== undefined) {
      const { required, perDomain } = spec.rdt;
      plans.push({ key: `rdt ${perDomain}`, required, open: () => rdt.openSource({ perDomain }) });
    }
    return plans;
  };
}
