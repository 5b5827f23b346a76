import type { AllocationValue } from '../../shared/allocation/values.ts';

/** `50000 of 100000 us`, `L3:0=f`, `512`: a value for people, in the kernel's units. */
export function describeValue(value: AllocationValue): string {
  switch (value.type) {
    case 'cpu_quota':
      return value.quotaUs === undefined ? 'no limit' : `${value.quotaUs} of ${value.periodUs} us`;
    case 'cpu_shares':
      return String(value.shares);
    case 'cpuset_cpus':
    case 'cpuset_mems':
      return value.ids;
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      return value.on ? 'on' : 'off';
    case 'migrate_pages':
      return `to node ${value.node}`;
    case 'rdt':
      return [...(value.group === undefined ? [] : [`group ${JSON.stringify(value.group)}`]), ...value.lines].join(' ');
    case 'cpu_burst':
      return `${value.burstUs} us`;
    case 'memory_high':
    case 'memory_low':
      return value.bytes === undefined ? 'no limit' : `${value.bytes} bytes`;
    case 'io_weight':
      return String(value.weight);
  }
}
