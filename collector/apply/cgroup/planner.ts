import type { AllocationType, AllocationValue } from '../../../shared/allocation/values.ts';
import type { Reading } from '../../../shared/errors/wca-error.ts';
import type { KnobId, KnobSession } from '../knob.ts';
import type { AllocationTarget, DesiredKnob, PlannedWrite, Planner } from '../ports.ts';
import { type FoundConflict, findBurstAboveQuota } from './check-burst.ts';
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

  checkTogether(desired: readonly DesiredKnob[], session: KnobSession): FoundConflict | undefined {
    return findBurstAboveQuota(desired, { read: (id) => readText(session, id) });
  }

  translate(target: AllocationTarget, value: AllocationValue, session: KnobSession): Reading<readonly DesiredKnob[]> {
    return translateCgroupValue(target, value, session, this.#parts);
  }

  order(desired: readonly DesiredKnob[], session: KnobSession): readonly PlannedWrite[] {
    return orderCgroupWrites(desired, {
      read: (id) => readText(session, id),
      isSame: (id, a, b) => session.isSame(id, a, b),
    });
  }
}

function readText(session: KnobSession, id: KnobId): string | undefined {
  const found = session.read(id);
  return found.ok ? found.value : undefined;
}
