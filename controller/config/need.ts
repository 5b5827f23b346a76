/** Something of the host that a component works with. */
export interface Need {
  /** Name of a capability, as `wca-ctl doctor` shows it: `perf.cgroup`. */
  readonly capability: string;
  /** What asks for it: `event_names`, `!PsiContentionDetector`. */
  readonly wantedBy: string;
  /** `skipped`: the rest goes on without. `ends`: the controller ends with status 1. */
  readonly whenAbsent: 'skipped' | 'ends';
}

/** A component that knows beforehand what it needs of the host; asked by `wca-ctl validate`. */
export interface Needing {
  needs?(): readonly Need[];
}
