import type { Column } from '../../../shared/rpc/watch-messages.ts';
import { type CounterFeature, counterFeatures } from '../../kernel/resctrl/probe.ts';

const metrics: Readonly<Record<CounterFeature, { readonly sum: string; readonly domain: string }>> = {
  llc_occupancy: { sum: 'task_llc_occupancy_bytes', domain: 'task_llc_occupancy_domain_bytes' },
  mbm_total_bytes: { sum: 'task_mem_bandwidth_bytes', domain: 'task_mem_bandwidth_domain_bytes' },
  mbm_local_bytes: { sum: 'task_mem_bandwidth_local_bytes', domain: 'task_mem_bandwidth_local_domain_bytes' },
};

/** The columns of a target, and which counter goes where. */
export interface RdtColumns {
  readonly columns: readonly Column[];
  readonly sums: readonly { readonly feature: CounterFeature; readonly slot: number }[];
  /** undefined unless both bandwidths are counted; `total` and `local` are places in `sums`. */
  readonly remote: { readonly slot: number; readonly total: number; readonly local: number } | undefined;
  /** Slot of one counter of one domain; undefined when it has no column. */
  slotOf(feature: CounterFeature, domain: number): number | undefined;
}

/** Columns for the features of this machine; `domains` are those that get columns of their own. Pure. */
export function planColumns(features: readonly string[], domains: readonly number[]): RdtColumns {
  const present = counterFeatures.filter((feature) => features.includes(feature));
  const columns: Column[] = [];
  const add = (metric: string, labels: Readonly<Record<string, string>> = {}): number =>
    columns.push({ metric, labels, kind: 'u64', divisor: 1 }) - 1;
  const sums = present.map((feature) => ({ feature, slot: add(metrics[feature].sum) }));
  const [total, local] = [present.indexOf('mbm_total_bytes'), present.indexOf('mbm_local_bytes')];
  const remote = total < 0 || local < 0 ? undefined : { slot: add('task_mem_bandwidth_remote_bytes'), total, local };
  const slots = new Map<string, number>();
  for (const feature of present) {
    for (const domain of domains) {
      slots.set(`${feature} ${domain}`, add(metrics[feature].domain, { domain_id: `${domain}` }));
    }
  }
  return { columns, sums, remote, slotOf: (feature, domain) => slots.get(`${feature} ${domain}`) };
}
