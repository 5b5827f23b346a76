import { type ShareConversion, shareConversions } from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import { defineConfig } from '../config/component.ts';
import { optional, withDefault } from '../config/parameters.ts';
import { int, oneOf, str } from '../config/types.ts';

/** Constants of allocations (spec allocation §1.3). */
export interface AllocationConfiguration {
  /** µs. */
  readonly cpuQuotaPeriodUs: number;
  readonly cpuSharesUnit: number;
  readonly conversion: ShareConversion;
  /** Lines of the root group of resctrl, for the tasks in it. */
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
      doc: 'L3 line of the root group of resctrl, which every task is in that is given no group: `L3:0=fffff;1=fffff`. The collector must allow it (root_rdt_group in its policy); the original lines come back with the allocations.',
    }),
    default_rdt_mb: optional(str(), {
      doc: 'MB line of the root group of resctrl, likewise: `MB:0=100;1=100`.',
    }),
  },
  example: `!AllocationConfiguration
  cpu_quota_period: 100000`,
  create: (args): AllocationConfiguration => ({
    cpuQuotaPeriodUs: args.cpu_quota_period,
    cpuSharesUnit: args.cpu_shares_unit,
    conversion: args.cpu_shares_conversion,
    defaultRdtLines: [
      checkLine('default_rdt_l3', 'L3', args.default_rdt_l3),
      checkLine('default_rdt_mb', 'MB', args.default_rdt_mb),
    ].filter((line) => line !== undefined),
  }),
});

/** The machine's own rules (masks, units, domains) are the collector's to check. */
function checkLine(parameter: string, resource: string, line: string | undefined): string | undefined {
  if (line === undefined || new RegExp(`^${resource}:\\d+=[0-9a-f]+(;\\d+=[0-9a-f]+)*$`, 'i').test(line)) return line;
  throw new WcaError('INVALID_CONFIG', {
    subject: parameter,
    message: `${JSON.stringify(line)} is no line of schemata`,
    remedy: `such as ${resource}:0=${resource === 'L3' ? 'fffff' : '100'}`,
  });
}
