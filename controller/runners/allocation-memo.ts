import type { AllocationValue, CurrentAllocations } from '../../shared/allocation/values.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';

const firstPauseMs = 10_000;
const longestPauseMs = 300_000;

interface Asked {
  readonly wish: string;
  readonly current: string;
  readonly untilMs: number;
  readonly pauseMs: number;
}

/**
 * What was asked of the collector last for each task, so that the same question about the same state is not asked each
 * iteration: one that was rejected is asked again after 10 s, 20 s, ... 5 min.
 */
export class AllocationMemo {
  readonly #clock: Clock;
  readonly #asked = new Map<string, Asked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isKnown(id: string, wishes: readonly AllocationValue[], current: CurrentAllocations | undefined): boolean {
    const known = this.#asked.get(id);
    if (known === undefined || known.wish !== JSON.stringify(wishes) || known.current !== stateOf(current))
      return false;
    return this.#clock.monotonicMs() < known.untilMs;
  }

  /** It was answered. `isDone`: everything is in force. */
  note(
    id: string,
    wishes: readonly AllocationValue[],
    { current, isDone }: { current: CurrentAllocations | undefined; isDone: boolean },
  ): void {
    const wish = JSON.stringify(wishes);
    const before = this.#asked.get(id);
    const again = before?.wish === wish ? Math.min(longestPauseMs, 2 * before.pauseMs) : firstPauseMs;
    const pauseMs = isDone ? longestPauseMs : again;
    this.#asked.set(id, { wish, current: stateOf(current), pauseMs, untilMs: this.#clock.monotonicMs() + pauseMs });
  }

  /** Forgets tasks that are gone. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#asked.keys()) if (!ids.has(id)) this.#asked.delete(id);
  }

  clear(): void {
    this.#asked.clear();
  }
}

function stateOf(current: CurrentAllocations | undefined): string {
  if (current === undefined) return '';
  return `${current.identity} ${current.values.map(({ value, raw }) => `${value.type}=${raw}`).join('|')}`;
}
