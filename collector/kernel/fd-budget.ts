/** Descriptors kept for sockets, logs, /proc files and whatever else is not a cgroup's. */
const reserve = 256;

/** What one cgroup asks for. */
export interface FdWish {
  /** Its files, kept open. */
  readonly files: number;
  readonly cpus: number;
  /** perf events. */
  readonly events: number;
}

/** What it gets. */
export interface FdAllotment {
  /** False: its files are opened, read and closed for each reading. */
  readonly keepFiles: boolean;
  /** How many events of its list are counted, from the beginning. */
  readonly events: number;
  /** Descriptors taken by it. */
  readonly descriptors: number;
}

/**
 * Decides before anything is opened, so that no system call ever fails for want of a descriptor. When there is not
 * enough for all, in this order: perf counters cannot be had otherwise and go first, files are opened for each reading;
 * then events are given up from the end of the list; then all of them.
 */
export function chooseAllotment(available: number, { files, cpus, events }: FdWish): FdAllotment {
  const perf = cpus * events;
  if (files + perf <= available) return { keepFiles: true, events, descriptors: files + perf };
  if (perf <= available) return { keepFiles: false, events, descriptors: perf };
  const fitting = Math.max(0, Math.floor(available / Math.max(1, cpus)));
  return { keepFiles: false, events: fitting, descriptors: fitting * cpus };
}

/** Counts the descriptors of cgroups against the limit of the process. */
export class FdBudget {
  readonly limit: number;
  #used = 0;

  /** `limit` is RLIMIT_NOFILE after raising it. */
  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Descriptors that cgroups may still take. */
  get available(): number {
    return Math.max(0, this.limit - reserve - this.#used);
  }

  take(descriptors: number): void {
    this.#used += descriptors;
  }

  release(descriptors: number): void {
    this.#used = Math.max(0, this.#used - descriptors);
  }
}
