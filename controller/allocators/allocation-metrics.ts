import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { AllocationValue, CurrentValue } from '../../shared/allocation/values.ts';
import { tryParseIdList } from '../../shared/kernel-text/list-format.ts';
import { parseSchemata } from '../../shared/kernel-text/schemata.ts';
import type { Labels, Metric } from '../model/metric.ts';
import type { Task } from '../model/task.ts';

type Units = Pick<AllocationUnits, 'cpus' | 'sharesUnit'>;

/** What is in force of a task as metrics (spec allocation §2.1, §3.7, §4.8). Labels of the allocation win over the task's. */
export function allocationMetrics(task: Task, values: readonly CurrentValue[], units: Units): readonly Metric[] {
  const container = task.cgroupPath.replace(/^\//, '').replaceAll('/', '-');
  const own: Labels = { ...task.labels, container_name: container, task: task.id };
  return values.flatMap((current) => metricsOf(current, own, units));
}

function metricsOf({ value, progress }: CurrentValue, own: Labels, units: Units): readonly Metric[] {
  const gauge = (name: string, type: string, number: number, labels: Labels = {}): Metric => ({
    name: `allocation_${name}`,
    value: number,
    type: 'gauge',
    labels: { ...own, allocation_type: type, ...labels },
  });
  const same = (number: number): readonly Metric[] => [gauge(value.type, value.type, number)];
  switch (value.type) {
    case 'cpu_quota':
      return same(value.quotaUs === undefined ? 1 : value.quotaUs / value.periodUs / units.cpus);
    case 'cpu_shares':
      return same(value.shares / units.sharesUnit);
    case 'cpuset_cpus':
      return [gauge('cpuset_cpus_number_of_cpus', value.type, countIds(value.ids))];
    case 'cpuset_mems':
      return [gauge('cpuset_mems_number_of_mems', value.type, countIds(value.ids))];
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      return same(value.on ? 1 : 0);
    case 'cpu_burst':
      return [gauge('cpu_burst_seconds', value.type, value.burstUs / 1e6)];
    case 'memory_high':
    case 'memory_low':
      // Without a bound there is nothing to show.
      return value.bytes === undefined ? [] : [gauge(`${value.type}_bytes`, value.type, value.bytes)];
    case 'io_weight':
      return same(value.weight);
    case 'migrate_pages':
      return [
        ...same(value.node),
        ...(progress === undefined
          ? []
          : [
              gauge('migrate_pages_moved', value.type, progress.moved),
              gauge('migrate_pages_not_moved', value.type, progress.notMoved),
            ]),
      ];
    case 'rdt':
      return rdtMetrics(value, gauge);
  }
}

type Rdt = Extract<AllocationValue, { readonly type: 'rdt' }>;

function rdtMetrics(
  { group, lines }: Rdt,
  gauge: (name: string, type: string, value: number, labels: Labels) => Metric,
): readonly Metric[] {
  return parseSchemata(lines.join('\n')).flatMap(({ resource, domains }) =>
    [...domains].flatMap(([id, text]) => {
      const labels = { group_name: group ?? '', domain_id: String(id) };
      if (resource === 'MB') return [gauge('rdt_mb', 'rdt_mb', Number(text), labels)];
      if (resource !== 'L3') return [];
      const mask = BigInt(`0x${text}`);
      return [
        gauge('rdt_l3_cache_ways', 'rdt_l3_cache_ways', countBits(mask), labels),
        gauge('rdt_l3_mask', 'rdt_l3_mask', Number(mask), labels),
      ];
    }),
  );
}

function countIds(ids: string): number {
  return tryParseIdList(ids)?.length ?? 0;
}

function countBits(mask: bigint): number {
  return mask.toString(2).replaceAll('0', '').length;
}
