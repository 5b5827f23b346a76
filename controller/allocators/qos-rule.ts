import { WcaError } from '../../shared/errors/wca-error.ts';
import type { TasksAllocations } from '../model/allocation.ts';
import type { TasksData } from '../model/task-data.ts';

const qosLabel = 'app_kubernetes_io__qos_class';

/** Kubernetes: shares may be set only where all tasks of the host have one QoS class (spec allocation §5.4). */
export function checkQosRule(tasks: TasksData, allocations: TasksAllocations): WcaError | undefined {
  const classes = [...tasks.values()].map(({ labels }) => labels[qosLabel]);
  if (classes.some((one) => one === undefined) || new Set(classes).size <= 1) return undefined;
  const offender = [...allocations].find(([, { cpu_shares }]) => cpu_shares !== undefined);
  if (offender === undefined) return undefined;
  return new WcaError('INVALID_ARGUMENT', {
    subject: `${offender[0]} cpu_shares`,
    message: 'pods of several QoS classes share this host, whose shares Kubernetes itself weighs against each other',
    remedy: 'allocate cpu_quota or cpuset_cpus instead',
  });
}
