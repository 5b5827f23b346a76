import type { WssSpec } from '../../../shared/rpc/watch-messages.ts';

/** A decrease of less than this share of the referenced memory is none: pages that were freed. */
const toleratedDecrease = 1 / 50;

/** One measurement of a target. */
export interface CycleInput {
  readonly referencedBytes: number;
  /** Total memory bandwidth as a counter; undefined where it is not measured. */
  readonly bandwidthBytes: bigint | number | undefined;
}

export interface CycleOutcome {
  /** Held from one stable period to the next; undefined before the second one. */
  readonly workingSetBytes: number | undefined;
  /** Whether the referenced bits are to be cleared now. */
  readonly reset: boolean;
}

/** Whether a spec asks for the working set size, not for referenced memory alone. */
export function looksForStability({ stableCycles, membwThreshold }: WssSpec): boolean {
  return stableCycles !== 0 && membwThreshold !== undefined;
}

/** Whether a spec ever clears referenced bits. */
export function needsReset(spec: WssSpec): boolean {
  return spec.resetEvery > 0 || (looksForStability(spec) && spec.stableCycles > 0);
}

/** The spec for a host where nothing may be cleared: stability is still looked for. */
export function withoutReset(spec: WssSpec): WssSpec {
  return { ...spec, resetEvery: 0, stableCycles: -Math.abs(spec.stableCycles) };
}

/**
 * When the referenced bits of a target are cleared, and when its referenced memory is its working set: when it stopped
 * growing while memory is busy, for so many cycles in a row. Spec measurements §7.1, §7.2.
 */
export class WssCycle {
  readonly #spec: WssSpec;
  #cycle = 0;
  /** Stable cycles in a row; one more than asked for when the period has been evaluated. */
  #stable = 0;
  #firstBytes = 0;
  #previous: { readonly referencedBytes: number; readonly bandwidthBytes: bigint | number } | undefined;
  #isPastFirst = false;
  #workingSetBytes: number | undefined;

  constructor(spec: WssSpec) {
    this.#spec = spec;
  }

  next({ referencedBytes, bandwidthBytes }: CycleInput): CycleOutcome {
    const { resetEvery, membwThreshold } = this.#spec;
    this.#cycle += 1;
    let reset = false;
    if (looksForStability(this.#spec)) {
      // As in the original: without bandwidth nothing is told and nothing is cleared.
      if (bandwidthBytes === undefined) return { workingSetBytes: undefined, reset: false };
      this.#follow({ referencedBytes, bandwidthBytes }, membwThreshold ?? 0);
      reset = this.#evaluate(referencedBytes);
    }
    if (resetEvery > 0 && this.#cycle % resetEvery === 0) reset = true;
    if (reset) {
      this.#stable = 0;
      this.#previous = undefined;
    }
    return { workingSetBytes: this.#workingSetBytes, reset };
  }

  /** Counts stable cycles. */
  #follow(
    now: { readonly referencedBytes: number; readonly bandwidthBytes: bigint | number },
    threshold: number,
  ): void {
    const { referencedBytes, bandwidthBytes } = now;
    const previous = this.#previous;
    this.#previous = now;
    if (previous === undefined || this.#stable >= Math.abs(this.#spec.stableCycles)) return;
    const grown = referencedBytes - previous.referencedBytes;
    const isDecrease = grown < 0 && -grown >= referencedBytes * toleratedDecrease;
    const moved = difference(bandwidthBytes, previous.bandwidthBytes);
    if (isDecrease || Math.max(0, grown) >= moved * threshold) {
      this.#stable = 0;
      return;
    }
    if (this.#stable === 0) this.#firstBytes = referencedBytes;
    this.#stable += 1;
  }

  /** Looks once at a period that has been stable for long enough. True: the bits are to be cleared for it. */
  #evaluate(referencedBytes: number): boolean {
    const { resetEvery, stableCycles } = this.#spec;
    if (this.#stable !== Math.abs(stableCycles)) return false;
    this.#stable += 1;
    // The first one is that of a task that starts, or whose bits were set before WCA came.
    if (this.#isPastFirst) this.#workingSetBytes = (this.#firstBytes + referencedBytes) / 2;
    this.#isPastFirst = true;
    return resetEvery === 0 && stableCycles > 0;
  }
}

function difference(a: bigint | number, b: bigint | number): number {
  return typeof a === 'bigint' && typeof b === 'bigint' ? Number(a - b) : Number(a) - Number(b);
}
