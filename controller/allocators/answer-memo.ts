import type { AllocationUnits } from '../../shared/allocation/normalise.ts';
import type { AllocationValue } from '../../shared/allocation/values.ts';

/** What was made of an answer that was right. */
export interface RightAnswer {
  readonly values: readonly AllocationValue[];
  readonly notes: readonly string[];
}

interface Known extends RightAnswer {
  readonly types: readonly string[];
  readonly given: readonly unknown[];
}

/**
 * Answers of the last iteration that were found right: most allocators wish the same again and again. They are compared
 * by their values, for a plugin may change its object in place; answers with values that are objects are not kept.
 */
export class AnswerMemo {
  #known = new Map<string, Known>();
  #units: AllocationUnits | undefined;

  /** Forgets everything that was made with other units. */
  useUnits(units: AllocationUnits): void {
    const before = this.#units;
    this.#units = units;
    if (before === undefined || isSameUnits(before, units)) return;
    this.#known.clear();
  }

  /** The same object as long as the answer for a task is the same. */
  find(id: string, wanted: Readonly<Record<string, unknown>>): RightAnswer | undefined {
    const known = this.#known.get(id);
    if (known === undefined) return undefined;
    let i = 0;
    for (const type in wanted) {
      if (known.types[i] !== type || !Object.is(known.given[i], wanted[type])) return undefined;
      i += 1;
    }
    return i === known.types.length ? known : undefined;
  }

  keep(id: string, wanted: Readonly<Record<string, unknown>>, { values, notes }: RightAnswer): void {
    const types = Object.keys(wanted);
    const given = Object.values(wanted);
    if (given.some((value) => typeof value === 'object' || typeof value === 'function')) this.#known.delete(id);
    else this.#known.set(id, { values, notes, types, given });
  }

  /** Tasks that were not answered for are forgotten, now and then. */
  prune(answered: { readonly size: number; has(id: string): boolean }): void {
    if (this.#known.size <= 2 * answered.size + 100) return;
    for (const id of this.#known.keys()) if (!answered.has(id)) this.#known.delete(id);
  }
}

function isSameUnits(a: AllocationUnits, b: AllocationUnits): boolean {
  return (
    a.cpus === b.cpus &&
    a.periodUs === b.periodUs &&
    a.sharesUnit === b.sharesUnit &&
    a.conversion === b.conversion &&
    a.bulkMigration === b.bulkMigration
  );
}
