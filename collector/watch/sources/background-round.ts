import { setImmediate } from 'node:timers/promises';
import { toWcaError, type WcaError } from '../../../shared/errors/wca-error.ts';
import type { Clock } from '../../../shared/lifecycle/clock.ts';

/** Work at one go before other work of the process gets a turn. */
const sliceMs = 4;
/** Distance of ticks that is assumed before the second one. */
const firstDistanceMs = 1_000;
/** Bounds of a round's budget: one piece of work at least, whatever the interval; no more than this at a stretch. */
const minBudgetMs = 2;
const maxBudgetMs = 1_000;

/** What a pass asks between two pieces of its work. */
export interface Turns {
  /**
   * Before each piece of work: waits for its turn, for the next round when this one's budget is used up. False: closed,
   * nothing may be done any more.
   */
  next(): Promise<boolean>;
}

export interface BackgroundRoundOptions {
  readonly clock: Clock;
  /** Share of the time between two ticks that a round may work: 0.5. */
  readonly share: number;
  /** Does once everything there is to do, in pieces as small as can be; takes several rounds when one does not suffice. */
  readonly pass: (turns: Turns) => Promise<void>;
  /** What an error that the pass throws is about: `wss`. */
  readonly subject: string;
}

/**
 * Work beside the sampling loop: each tick begins a round, which has a budget of time and gives way to other work every
 * few milliseconds. A pass that does not end within its round goes on in the next one; there is never more than one.
 */
export class BackgroundRound implements Turns {
  readonly #options: BackgroundRoundOptions;
  #lastTickMs: number | undefined;
  #leftMs = 0;
  #spentMs = 0;
  /** Since when the current piece runs. */
  #pieceMs = 0;
  /** Since when nobody else had a turn. */
  #sliceMs = 0;
  /** Continues the pass that waits for the next round. */
  #resume: (() => void) | undefined;
  #isRunning = false;
  #isClosed = false;
  #trouble: WcaError | undefined;

  constructor(options: BackgroundRoundOptions) {
    this.#options = options;
  }

  /** Working time of all rounds so far, as of the last piece. Never falls. */
  get spentSeconds(): number {
    return this.#spentMs / 1000;
  }

  /** What the last pass threw: a bug, survived. */
  get trouble(): WcaError | undefined {
    return this.#trouble;
  }

  /** Begins a round. Returns at once. */
  afterTick(): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.clock.monotonicMs();
    const distanceMs = this.#lastTickMs === undefined ? firstDistanceMs : nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    this.#leftMs = Math.min(maxBudgetMs, Math.max(minBudgetMs, distanceMs * this.#options.share));
    if (this.#isRunning) this.#resume?.();
    else void this.#run();
  }

  async next(): Promise<boolean> {
    const nowMs = this.#book();
    if (this.#isClosed) return false;
    if (this.#leftMs <= 0) await this.#nextRound();
    else if (nowMs - this.#sliceMs < sliceMs) return true;
    else await setImmediate();
    this.#begin();
    return !this.#isClosed;
  }

  /** Nothing is begun any more; a pass ends at its next turn. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#resume?.();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Not in the stack of the tick.
    await setImmediate();
    this.#begin();
    try {
      if (!this.#isClosed) await this.#options.pass(this);
      this.#trouble = undefined;
    } catch (thrown) {
      this.#trouble = toWcaError(thrown, this.#options.subject);
    } finally {
      this.#book();
      this.#isRunning = false;
    }
  }

  #nextRound(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#resume = undefined;
        resolve();
      };
    });
  }

  #begin(): void {
    this.#pieceMs = this.#options.clock.monotonicMs();
    this.#sliceMs = this.#pieceMs;
  }

  /** Counts the piece that has ended. */
  #book(): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#spentMs += nowMs - this.#pieceMs;
    this.#leftMs -= nowMs - this.#pieceMs;
    this.#pieceMs = nowMs;
    return nowMs;
  }
}
