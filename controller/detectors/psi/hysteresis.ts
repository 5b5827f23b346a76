/** When something that comes and goes is told. */
export interface HysteresisOptions {
  /** Of so many last intervals … */
  readonly intervals: number;
  /** … so many must show it. */
  readonly needed: number;
  /** … and it must have begun so long ago, seconds. */
  readonly raiseSeconds: number;
  /** Told until it has not been seen for so long, seconds. */
  readonly clearSeconds: number;
}

/** What was seen so far of one thing. Times are Unix seconds. */
export interface Seen {
  /** The last intervals, oldest first. */
  readonly recent: readonly boolean[];
  /** When it was seen first since it had last been absent in all the recent intervals. */
  readonly sinceSeconds: number | undefined;
  readonly lastSeconds: number | undefined;
  readonly isRaised: boolean;
}

export const nothingSeen: Seen = { recent: [], sinceSeconds: undefined, lastSeconds: undefined, isRaised: false };

/** The state after one more interval that ended at `seconds`. */
export function nextSeen(before: Seen, isSeen: boolean, seconds: number, options: HysteresisOptions): Seen {
  const recent = [...before.recent, isSeen].slice(-options.intervals);
  const lastSeconds = isSeen ? seconds : before.lastSeconds;
  if (before.isRaised) {
    const isOver = lastSeconds === undefined || seconds - lastSeconds >= options.clearSeconds;
    return isOver ? nothingSeen : { ...before, recent, lastSeconds };
  }
  const hits = recent.filter(Boolean).length;
  if (hits === 0) return nothingSeen;
  const sinceSeconds = before.sinceSeconds ?? seconds;
  const isRaised = isSeen && hits >= options.needed && seconds - sinceSeconds >= options.raiseSeconds;
  return { recent, sinceSeconds, lastSeconds, isRaised };
}
