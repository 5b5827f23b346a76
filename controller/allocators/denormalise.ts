import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { CurrentAllocations, CurrentValue } from '../../shared/allocation/values.ts';
import { tryParseIdList } from '../../shared/kernel-text/list-format.ts';
import type { CurrentTaskAllocations } from '../model/current-allocations.ts';

type Units = Pick<AllocationUnits, 'cpus' | 'sharesUnit'>;

/** What is in force of many tasks, iteration after iteration; made again only when the collector tells something new. */
export class Denormaliser {
  #units: Units | undefined;
  #known = new WeakMap<CurrentAllocations, CurrentTaskAllocations>();

  /** Frozen. */
  of(current: CurrentAllocations, units: Units): CurrentTaskAllocations {
    if (this.#units?.cpus !== units.cpus || this.#units.sharesUnit !== units.sharesUnit) this.#known = new WeakMap();
    this.#units = units;
    const known = this.#known.get(current);
    if (known !== undefined) return known;
    const made = Object.freeze(denormalise(current.values, units));
    this.#known.set(current, made);
    return made;
  }
}

/** What is in force, in the units of plugins (spec allocation §2.2, §2.3). Never validated: the kernel has what it has. */
export function denormalise(values: readonly CurrentValue[], { cpus, sharesUnit }: Units): CurrentTaskAllocations {
  let current: CurrentTaskAllocations = {};
  let periodUs = 100_000;
  for (const { value } of values) {
    switch (value.type) {
      case 'cpu_quota':
        periodUs = value.periodUs;
        current = { ...current, cpu_quota: value.quotaUs === undefined ? 1 : value.quotaUs / value.periodUs / cpus };
        break;
      case 'cpu_shares':
        current = { ...current, cpu_shares: value.shares / sharesUnit };
        break;
      case 'cpuset_cpus':
      case 'cpuset_mems':
        current = { ...current, [value.type]: tryParseIdList(value.ids) ?? [] };
        break;
      case 'cpuset_memory_migrate':
      case 'cpu_idle':
        current = { ...current, [value.type]: value.on ? 1 : 0 };
        break;
      case 'cpu_burst':
        current = { ...current, cpu_burst: value.burstUs / periodUs / cpus };
        break;
      case 'memory_high':
      case 'memory_low':
        current = { ...current, [value.type]: value.bytes ?? 'max' };
        break;
      case 'io_weight':
        current = { ...current, io_weight: value.weight };
        break;
      case 'rdt': {
        const line = (resource: string): string | undefined =>
          value.lines.find((text) => text.startsWith(`${resource}:`));
        current = { ...current, rdt: { name: value.group ?? '', l3: line('L3'), mb: line('MB') } };
        break;
      }
      case 'migrate_pages':
        break; // not in force but done once
    }
  }
  return current;
}
