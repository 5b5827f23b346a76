/** Event → config of PERF_TYPE_RAW. */
export type EventTable = Readonly<Record<string, number>>;

/** A raw event that is close to one the CPU cannot count, and what it counts instead. */
export interface NearestEvent {
  /** As a user would write it: `loads__r2901`. */
  readonly raw: string;
  /** `loads as they are dispatched, also those that never retire`. */
  readonly counts: string;
}
