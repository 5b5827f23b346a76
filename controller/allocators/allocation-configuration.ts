import { type ShareConversion, shareConversions } from '../../shared/allocation/values.ts';
import { defineConfig } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { int, oneOf, str } from '../config/types.ts';

/** Constants of allocations (spec allocation §1.3). */
export interface AllocationConfiguration {
  /** µs. */
  readonly cpuQuotaPeriodUs: number;
  readonly cpuSharesUnit: number;
  readonly conversion: ShareConversion;
  /** Lines of the root group of resctrl, set when the runner starts. */
  readonly defaultRdtLines: readonly string[];
}

export const defaultAllocationConfiguration: AllocationConfiguration = {
  cpuQuotaPeriodUs: 1000,
  cpuSharesUnit: 1000,
  conversion: 'kernel',
  defaultRdtLines: [],
};

export const allocationConfiguration = defineConfig({
  tag: 'AllocationConfiguration',
  kind: 'config',
  since: 'seed',
  doc: 'What normalised allocations are multiplied with.',
  parameters: {
    cpu_quota_period: withDefault(int({ min: 1000, max: 1_000_000 }), 1000, {
      doc: "Period of CPU quotas. With 1000, the original's, the least quota is a whole CPU and the scheduler is busy: 100000 is better.",
      unit: 'microseconds',
    }),
    cpu_shares_unit: withDefault(int({ min: 1000, max: 1_000_000 }), 1000, {
      doc: 'Shares that a cpu_shares of 1 stands for.',
    }),
    cpu_shares_conversion: withDefault(oneOf(shareConversions), 'kernel', {
      doc: "How shares become cpu.weight on cgroup v2: kernel (systemd's ratio), oci-linear (runc before 1.3.2, the kubelet) or oci-log (newer ones). Choose what wrote the weights of the other cgroups.",
    }),
    default_rdt_l3: optional(str(), {
      doc: 'Of the original: L3 line of the root group of resctrl at start. Ignored with a warning.',
    }),
    default_rdt_mb: optional(str(), {
      doc: 'Of the original: MB line of the root group of resctrl at start. Ignored with a warning.',
    }),
  },
  example: `!AllocationConfiguration
  cpu_quota_period: 100000`,
  create: (args): AllocationConfiguration => ({
    cpuQuotaPeriodUs: args.cpu_quota_period,
    cpuSharesUnit: args.cpu_shares_unit,
    conversion: args.cpu_shares_conversion,
    defaultRdtLines: [args.default_rdt_l3, args.default_rdt_mb].filter((line) => line !== undefined),
  }),
});
