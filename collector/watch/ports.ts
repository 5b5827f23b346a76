import type { CurrentAllocations } from '../../shared/allocation/values.ts';
import type { Reading, WcaError } from '../../shared/errors/wca-error.ts';
import type { Column, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import type { Row } from '../kernel/row.ts';

/** What the watch layer needs of the kernel layer. `kernel-host.ts` provides it from this host, tests from memory. */

/** perf events of a subscriber, normalised: the unit in which counters are shared. */
export interface EventList {
  readonly events: readonly string[];
  readonly perCpu: boolean;
}

/** All files of one cgroup, open. */
export interface FilesReader {
  /** Inode of the cgroup: another one under the same path is another cgroup. */
  readonly generation: bigint;
  /**
   * Writes the values into `row` from column `at` on. `gone`: the cgroup was removed, nothing is valid. `costly` false
   * leaves the values of the expensive files as they are.
   */
  readInto(row: Row, at: number, costly: boolean): 'measured' | 'gone';
  /** Files that are there and cannot be read; empty most of the time. */
  readonly problems: readonly WcaError[];
  close(): void;
}

/** All perf counters of one cgroup for one event list, open. They stay readable after the cgroup was removed. */
export interface CountersReader {
  /** Events of the list that the kernel refused, with the reason. */
  readonly unavailable: readonly WcaError[];
  /** Readings that were not what was opened; empty most of the time. */
  readonly problems: readonly WcaError[];
  readInto(row: Row, at: number): void;
  setOnlineCpus(cpus: readonly number[]): void;
  close(): void;
}

/** One host's cgroups. */
export interface CgroupHost {
  /** Columns that `openFiles` fills. */
  readonly columns: readonly Column[];
  /** Checks and normalises the events a subscriber asks for; throws INVALID_ARGUMENT naming the known ones. */
  parseEvents(names: readonly string[], perCpu: boolean): EventList;
  /** Why perf counts nothing on this host; undefined where it works. */
  readonly counterProblem: WcaError | undefined;
  /** Events of a list that have no meaning on this host's CPUs: they have no columns. */
  unknownEvents(list: EventList): readonly WcaError[];
  /** What must be known to read the counts of a list right: events that take turns. */
  counterNotes(list: EventList): readonly WcaError[];
  /** Columns that `openCounters` fills, for the CPUs that are online now. */
  counterColumns(list: EventList): readonly Column[];
  /** Descriptors that one cgroup takes with so many events, when there are enough. */
  descriptorsOf(events: number): number;
  /**
   * CGROUP_GONE when there is no such cgroup on any hierarchy. `events` is how many will be counted of it: when
   * descriptors are short those come first.
   */
  openFiles(path: string, events: number): Reading<FilesReader>;
  openCounters(path: string, list: EventList): Reading<CountersReader>;
}

/** The platform's own measurements. */
export interface PlatformSource {
  readonly columns: readonly Column[];
  /** CPUs that are online, ascending. */
  readonly onlineCpus: readonly number[];
  readInto(row: Row, at: number): void;
  /** Looks whether CPUs or nodes came or went; true when `columns` or `onlineCpus` changed. */
  refresh(): boolean;
}

/** A target as the sources see it that measure it as a whole. */
export interface MeasuredTarget {
  /** The target's own cgroup. */
  readonly path: string;
  /** The cgroups that are measured: its containers, or the cgroup itself. */
  readonly cgroups: readonly string[];
}

/** What a source knows of one target. */
export interface TargetReading {
  /** One slot a column of the source. */
  readonly row: Row;
  /** Why columns are absent; empty most of the time. */
  readonly problems: readonly WcaError[];
  /** In the tick: brings `row` up to date. Cheap: what takes long happens in `afterTick`. */
  read(): void;
  close(): void;
}

/** Optional columns of targets. */
export interface TargetSource {
  readonly columns: readonly Column[];
  open(target: MeasuredTarget): TargetReading;
  /** The snapshots of a tick are sent: begins what is not for the sampling path, unless that still runs. Returns at once. */
  afterTick(): void;
}

/** Optional columns of the platform row. */
export interface PlatformPart {
  /** Another array after a `refresh` that answered true. */
  readonly columns: readonly Column[];
  refresh(): boolean;
  readInto(row: Row, at: number): void;
}

/** Something that is measured only when a subscriber asks for it. */
export interface OptionalSource {
  /** Name of its step in a tick: `rdt`. */
  readonly name: string;
  readonly platform: PlatformPart | undefined;
  readonly targets: TargetSource | undefined;
  /** What cannot be measured, and why; another array when it changed. */
  readonly unavailable: readonly WcaError[];
  /** What must be known to read the values right; another array when it changed. */
  readonly notes: readonly WcaError[];
  /** Idempotent. */
  close(): void;
}

/** A source that a spec asks for. */
export interface SourcePlan {
  /** Subscribers with the same key share the source. */
  readonly key: string;
  /** Whether the subscriber is refused when the host cannot. */
  readonly required: boolean;
  /** Set where two settings at a time would spoil each other: who comes later goes without. */
  readonly exclusive?: true;
  /** Never throws: what is wrong is in `unavailable`. */
  open(): OptionalSource;
}

/** Plans the optional sources of a spec. Throws INVALID_ARGUMENT for what no host can measure. */
export type PlanSources = (spec: WatchSpec) => readonly SourcePlan[];

export interface AllocationPass {
  /** What is in force, from the kernel. Takes some ten system calls: not for every tick. */
  read(target: MeasuredTarget): CurrentAllocations;
  close(): void;
}

/** Tells what is allocated to targets. */
export interface AllocationReader {
  /** For some milliseconds: what targets have in common (a control group) is read once in a pass. */
  begin(): AllocationPass;
  /** Ascending with each write of the collector itself to the target: then it is to be read anew. */
  revision(path: string): number;
}
