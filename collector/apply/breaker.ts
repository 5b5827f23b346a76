import { WcaError } from '../../shared/errors/wca-error.ts';
import type { Clock } from '../../shared/lifecycle/clock.ts';
import { type KnobId, knobKey } from './knob.ts';

const firstRestMs = 30_000;
const longestRestMs = 600_000;
/** So many different texts refused in a row: then no text is tried. */
const maxTexts = 3;
const maxKnobs = 10_000;

interface Refusals {
  readonly texts: Set<string>;
  readonly error: WcaError;
  readonly untilMs: number;
  readonly restMs: number;
}

/** Remembers what the kernel refused, so that it is not asked for the same again and again. */
export class Breaker {
  readonly #clock: Clock;
  readonly #refused = new Map<string, Refusals>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The reason why a text is not to be tried now; undefined when it may be. */
  check(knob: KnobId, text: string): WcaError | undefined {
    const known = this.#refused.size === 0 ? undefined : this.#refused.get(knobKey(knob));
    if (known === undefined) return undefined;
    const leftMs = known.untilMs - this.#clock.monotonicMs();
    if (leftMs <= 0 || (!known.texts.has(text) && known.texts.size < maxTexts)) return undefined;
    const { code, subject, message, remedy, errno } = known.error;
    return new WcaError(code, {
      subject,
      message: `${message} (refused before; not tried again for ${Math.ceil(leftMs / 1000)} s)`,
      ...(errno === undefined ? {} : { errno }),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  /** The kernel refused. A cgroup that is gone refuses nothing. */
  refused(knob: KnobId, text: string, error: WcaError): void {
    if (error.code === 'CGROUP_GONE') return;
    const key = knobKey(knob);
    const known = this.#refused.get(key);
    const texts = known?.texts ?? new Set<string>();
    texts.add(text);
    const restMs = known === undefined ? firstRestMs : Math.min(longestRestMs, 2 * known.restMs);
    this.#refused.delete(key);
    this.#refused.set(key, { texts, error, restMs, untilMs: this.#clock.monotonicMs() + restMs });
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > maxKnobs && oldest !== undefined) this.#refused.delete(oldest);
  }

  /** The kernel took a text. */
  accepted(knob: KnobId): void {
    if (this.#refused.size > 0) this.#refused.delete(knobKey(knob));
  }
}
