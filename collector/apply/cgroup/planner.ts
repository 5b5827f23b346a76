import type { AllocationType, AllocationValue } from '../../../shared/allocation/values.ts';
import { type Reading, WcaError } from '../../../shared/errors/wca-error.ts';
import type { KnobSession } from '../knob.ts';
import type { AllocationTarget, DesiredKnob, PlannedWrite, Planner } from '../ports.ts';
import type { TranslateParts } from './desire.ts';
import { orderCgroupWrites } from './order.ts';
import { translateCgroupValue } from './translate.ts';

/** What allocations of CPU, memory and IO mean in control files (spec allocation §2). */
export class CgroupPlanner implements Planner {
  readonly types: readonly AllocationType[] = [
    'cpu_quota',
    'cpu_burst',
    'cpu_shares',
    'cpu_idle',
    'cpuset_cpus',
    'cpuset_mems',
    'cpuset_memory_migrate',
    'memory_high',
    'memory_low',
    'io_weight',
  ];
  readonly #parts: TranslateParts;

  constructor(parts: TranslateParts) {
    this.#parts = parts;
  }

  /** A burst above the quota that is wished for beside it. */
  checkRequest(
    targets: readonly { readonly target: AllocationTarget; readonly values: readonly AllocationValue[] }[],
  ): ReadonlyMap<number, WcaError> {
    const problems = new Map<number, WcaError>();
    targets.forEach(({ target, values }, at) => {
      const burst = values.find((value) => value.type === 'cpu_burst');
      const quota = values.find((value) => value.type === 'cpu_quota');
      if (burst === undefined || quota?.quotaUs === undefined || burst.burstUs <= quota.quotaUs) return;
      const message = `${burst.burstUs} µs are more than the quota of ${quota.quotaUs} µs`;
      problems.set(at, new WcaError('INVALID_ARGUMENT', { subject: `${target.path} cpu_burst`, message }));
    });
    return problems;
  }

  translate(target: AllocationTarget, value: AllocationValue, session: KnobSession): Reading<readonly DesiredKnob[]> {
    return translateCgroupValue(target, value, session, this.#parts);
  }

  order(desired: readonly DesiredKnob[], session: KnobSession): readonly PlannedWrite[] {
    return orderCgroupWrites(desired, {
      read: (id) => {
        const found = session.read(id);
        return found.ok ? found.value : undefined;
      },
      isSame: (id, a, b) => session.isSame(id, a, b),
    });
  }
}
