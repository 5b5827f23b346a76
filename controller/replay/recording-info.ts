import type { Recording } from './recording.ts';
import type { CutEnd } from './recording-reader.ts';
import type { Take } from './take.ts';

/** One take of a recording. */
export interface TakeInfo {
  readonly take: Take;
  readonly hostname: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly snapshots: number;
  /** Of the first and the last snapshot, Unix milliseconds; undefined without one. */
  readonly firstUnixMs: number | undefined;
  readonly lastUnixMs: number | undefined;
  /** Snapshots the recorder was too slow for. */
  readonly lost: number;
  /** Whether the recorder ended it, and was not ended. */
  readonly isComplete: boolean;
}

/** What a recording holds. */
export interface RecordingInfo {
  readonly file: string;
  readonly bytes: number;
  readonly takes: readonly TakeInfo[];
  /** All there ever were, names by id. */
  readonly tasks: ReadonlyMap<string, string>;
  readonly mostTasks: number;
  /** Metrics of tasks and of the platform that have values, sorted. */
  readonly taskMetrics: readonly string[];
  readonly platformMetrics: readonly string[];
  readonly hasAllocations: boolean;
  readonly cut: CutEnd | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Reads all of a recording. Throws INVALID_ARGUMENT that names the byte at which it is broken. */
export function readRecordingInfo(recording: Recording): RecordingInfo {
  const takes: Mutable<TakeInfo>[] = [];
  const tasks = new Map<string, string>();
  const taskMetrics = new Set<string>();
  const platformMetrics = new Set<string>();
  let mostTasks = 0;
  let hasAllocations = false;
  for (const item of recording.items()) {
    if (item.kind === 'take') takes.push(emptyInfo(item.take));
    const current = takes.at(-1);
    if (current === undefined) continue;
    if (item.kind === 'platform') {
      current.hostname = item.platform.hostname;
      current.kernel = item.platform.kernel;
      current.cpus = item.platform.cpus.length;
    } else if (item.kind === 'tasks') {
      mostTasks = Math.max(mostTasks, item.tasks.length);
      for (const { id, name } of item.tasks) tasks.set(id, name);
    } else if (item.kind === 'end') current.isComplete = true;
    else if (item.kind === 'response') {
      const { response } = item;
      if (response.kind === 'allocations') hasAllocations = true;
      if (response.kind === 'schema') {
        for (const { metric } of response.schema.target) taskMetrics.add(metric);
        for (const { metric } of response.schema.platform) platformMetrics.add(metric);
      }
      if (response.kind === 'snapshot') addSnapshot(current, response.snapshot);
    }
  }
  return {
    file: recording.file,
    bytes: recording.sizeBytes,
    takes,
    tasks,
    mostTasks,
    taskMetrics: [...taskMetrics].sort(),
    platformMetrics: [...platformMetrics].sort(),
    hasAllocations,
    cut: recording.cut,
  };
}

function emptyInfo(take: Take): Mutable<TakeInfo> {
  return {
    take,
    hostname: '',
    kernel: '',
    cpus: 0,
    snapshots: 0,
    firstUnixMs: undefined,
    lastUnixMs: undefined,
    lost: 0,
    isComplete: false,
  };
}

function addSnapshot(info: Mutable<TakeInfo>, snapshot: { readonly realtimeNs: bigint; readonly lost: number }): void {
  const unixMs = Number(snapshot.realtimeNs / 1_000_000n);
  info.snapshots += 1;
  info.firstUnixMs ??= unixMs;
  info.lastUnixMs = unixMs;
  info.lost = Math.max(info.lost, snapshot.lost);
}
