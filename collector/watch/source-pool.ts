import type { SourcePlan } from './ports.ts';
import { SharedSource } from './shared-source.ts';

/** The optional sources in use, each setting once, counted by its subscribers. */
export class SourcePool {
  readonly #sources = new Map<string, SharedSource>();

  /** Opens what is not open. Throws the reason when the host cannot do what is required; nothing is held then. */
  acquire(plans: readonly SourcePlan[]): SharedSource[] {
    const acquired: SharedSource[] = [];
    for (const plan of plans) {
      const shared = this.#sources.get(plan.key) ?? new SharedSource(plan);
      this.#sources.set(plan.key, shared);
      shared.users += 1;
      acquired.push(shared);
      const [reason] = shared.source.unavailable;
      if (!plan.required || reason === undefined) continue;
      this.release(acquired);
      throw reason;
    }
    return acquired;
  }

  release(sources: readonly SharedSource[]): void {
    for (const shared of sources) {
      shared.users -= 1;
      if (shared.users > 0) continue;
      this.#sources.delete(shared.key);
      shared.close();
    }
  }
}
