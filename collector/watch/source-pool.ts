import { WcaError } from '../../shared/errors/wca-error.ts';
import type { OptionalSource, SourcePlan } from './ports.ts';
import { SharedSource } from './shared-source.ts';

/** The optional sources in use, each setting once, counted by its subscribers. */
export class SourcePool {
  readonly #sources = new Map<string, SharedSource>();

  /** Opens what is not open. Throws the reason when the host cannot do what is required; nothing is held then. */
  acquire(plans: readonly SourcePlan[]): SharedSource[] {
    const acquired: SharedSource[] = [];
    for (const plan of plans) {
      const shared = this.#sources.get(plan.key) ?? new SharedSource(this.#isSpoilt(plan) ? without(plan) : plan);
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

  /** Whether a source of this kind is in use with another setting. */
  #isSpoilt({ key, exclusive }: SourcePlan): boolean {
    const kind = kindOf(key);
    return exclusive === true && [...this.#sources.keys()].some((other) => kindOf(other) === kind);
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

/** A key is the kind of a source and its setting: `wss 3 0`. */
function kindOf(key: string): string | undefined {
  return key.split(' ')[0];
}

/** What a subscriber gets while another one has the source with another setting. */
function without(plan: SourcePlan): SourcePlan {
  const name = kindOf(plan.key) ?? plan.key;
  const reason = new WcaError('LIMIT_REACHED', {
    subject: name,
    message: 'another subscriber measures it with another setting, and two would spoil each other',
    remedy: 'give both the same setting, or attach again when the other one has left',
  });
  const absent: OptionalSource = {
    name,
    platform: undefined,
    targets: undefined,
    unavailable: [reason],
    notes: [],
    close() {},
  };
  return { ...plan, open: () => absent };
}
