import type { Column } from '../../../shared/rpc/watch-messages.ts';
import type { FieldTableOptions } from './field-table.ts';

/** All of /proc/vmstat, `pgfault 2448458`: counters since boot and amounts in pages. */
export const vmstatTable: FieldTableOptions<Column> = flatTable('platform_vmstat', {});

/** All of nodeN/vmstat in sysfs (Documentation/ABI/stable/sysfs-devices-node), in the same form. */
export function nodeVmstatTable(nodeId: number): FieldTableOptions<Column> {
  return flatTable('platform_node_vmstat', { numa_node: `${nodeId}` });
}

function flatTable(metric: string, labels: Readonly<Record<string, string>>): FieldTableOptions<Column> {
  const namer = {
    heading: () => {},
    field: (key: string) => ({
      id: key,
      column: { metric, labels: { ...labels, key }, kind: 'u64', divisor: 1 } as const,
    }),
  };
  return { style: 'flat', createNamer: () => namer };
}
