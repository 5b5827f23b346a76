import { type AllocationType, allocationTypes } from '../../shared/allocation/values.ts';
import type { CgroupLayout } from '../kernel/cgroup/layout.ts';
import type { Capability } from '../kernel/platform/capabilities.ts';

/** The controller that a type needs; rdt and migrate_pages have probes of their own. */
const controllers: Readonly<Partial<Record<AllocationType, string>>> = {
  cpu_quota: 'cpu',
  cpu_shares: 'cpu',
  cpu_idle: 'cpu',
  cpu_burst: 'cpu',
  cpuset_cpus: 'cpuset',
  cpuset_mems: 'cpuset',
  cpuset_memory_migrate: 'cpuset',
  memory_high: 'memory',
  memory_low: 'memory',
  io_weight: 'io',
};
const onlyV2: readonly AllocationType[] = ['memory_high', 'memory_low', 'io_weight'];

/** Which allocations the cgroup layout has: `allocation.cpu_quota`. */
export function probeCgroupAllocations(layout: CgroupLayout): readonly Capability[] {
  return allocationTypes.flatMap((type): readonly Capability[] => {
    const controller = controllers[type];
    if (controller === undefined) return [];
    const name = `allocation.${type}`;
    const hierarchy = layout.controller(controller);
    if (hierarchy !== undefined && (hierarchy.version === 2 || !onlyV2.includes(type))) {
      return [{ name, available: true, reason: '', remedy: '' }];
    }
    const reason = onlyV2.includes(type)
      ? `needs the controller ${controller} of cgroup v2`
      : `no mounted cgroup hierarchy has the controller ${controller}`;
    const remedy = onlyV2.includes(type) ? 'boot with systemd.unified_cgroup_hierarchy=1' : '';
    return [{ name, available: false, reason, remedy }];
  });
}
