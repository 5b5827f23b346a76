import type { AllocationValue } from '../../shared/allocation/values.ts';
import { WcaError } from '../../shared/errors/wca-error.ts';
import type { TasksData } from '../model/task-data.ts';

const qosLabel = 'app_kubernetes_io__qos_class';

type Wishes = ReadonlyMap<string, readonly Pick<AllocationValue, 'type'>[]>;

/** Kubernetes: shares may be set only where all tasks of the host have one QoS class (spec allocation §5.4). */
export function checkQosRule(tasks: TasksData, wishes: Wishes): WcaError | undefined {
  if (!haveSeveralClasses(tasks)) return undefined;
  const offender = [...wishes].find(([, values]) => values.some(({ type }) => type === 'cpu_shares'));
  if (offender === undefined) return undefined;
  return new WcaError('INVALID_ARGUMENT', {
    subject: `${offender[0]} cpu_shares`,
    message: 'pods of several QoS classes share this host, whose shares Kubernetes itself weighs against each other',
    remedy: 'allocate cpu_quota or cpuset_cpus instead',
  });
}

/** Each task has a class, and not all have the same. */
function haveSeveralClasses(tasks: TasksData): boolean {
  let first: string | undefined;
  let differ = false;
  for (const { labels } of tasks.values()) {
    const own = labels[qosLabel];
    if (own === undefined) return false;
    first ??= own;
    differ ||= own !== first;
  }
  return differ;
}
