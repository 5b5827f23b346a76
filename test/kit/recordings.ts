import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Task } from '../../controller/model/task.ts';
import { openRecording } from '../../controller/replay/open-recording.ts';
import { encodeTasks } from '../../controller/replay/recorded-tasks.ts';
import type { Recording } from '../../controller/replay/recording.ts';
import { recordKind } from '../../controller/replay/recording-format.ts';
import { RecordingWriter } from '../../controller/replay/recording-writer.ts';
import { encodeTake, type Take } from '../../controller/replay/take.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { encodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import { type ColumnValues, type Snapshot, targetState, type WatchResponse } from '../../shared/rpc/watch-messages.ts';
import { columnOf, rosterOf, schemaOf, snapshotOf, u64 } from './snapshots.ts';

/** Recordings made up for a test. */

const contract = loadContract();

export function recordingFile(t: Pick<TestContext, 'after'>, name = 'test.wcarec'): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-recording-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

export type Entry = readonly [kind: number, bytes: Uint8Array];

/** A file with these records, all in one block. */
export function writeRecording(file: string, entries: readonly Entry[]): void {
  const writer = new RecordingWriter({ file, append: false, maxBytes: Number.POSITIVE_INFINITY });
  for (const [kind, bytes] of entries) writer.add(kind, bytes);
  writer.close();
}

export function openTestRecording(file: string): Recording {
  return openRecording(file, contract);
}

export function taskOf(id: string, labels: Task['labels'] = {}): Task {
  return { id, name: `name of ${id}`, cgroupPath: `/${id}`, subcgroupPaths: [], labels, resources: {} };
}

export function takeEntry(parts: Partial<Take> = {}): Entry {
  const take: Take = {
    startedUnixMs: 1_600_000_000_000,
    software: '1.0.0',
    intervalMs: 1000,
    events: [],
    extra: [],
    tasks: 'cgroups',
    ...parts,
  };
  return [recordKind.take, encodeTake(take)];
}

export function platformEntry(parts: Readonly<Record<string, unknown>> = {}): Entry {
  const serialize = contract.collector['GetPlatform']?.responseSerialize;
  if (serialize === undefined) throw new Error('the contract lacks GetPlatform');
  const cpus = [0, 1].map((id) => ({ id, socket: 0, core: id, numaNode: 0 }));
  const known = { server: apiVersion, hostname: 'recorded-host', kernel: '6.1', cpus, sockets: 1, cores: 2 };
  return [recordKind.platform, serialize({ ...known, ...parts })];
}

export const tasksEntry = (...tasks: readonly Task[]): Entry => [recordKind.tasks, encodeTasks(tasks)];
export const responseEntry = (response: WatchResponse): Entry => [recordKind.response, encodeWatchResponse(response)];
export const endEntry: Entry = [recordKind.end, new Uint8Array(0)];

/** One column of counters of tasks, task_cpu_usage_seconds in nanoseconds. */
export const testSchema = schemaOf([], [u64('task_cpu_usage_seconds', {}, 1e9)]);

export interface SnapshotFacts {
  /** Monotonic and, added to Unix time 1600000000, real. */
  readonly seconds: number;
  readonly values: readonly bigint[];
  readonly rosterId?: number;
  readonly parts?: Partial<Snapshot>;
}

export function snapshotEntry({ seconds, values, rosterId = 1, parts = {} }: SnapshotFacts): Entry {
  const targets: ColumnValues[] = [columnOf(values)];
  const monotonicNs = BigInt(Math.round(seconds * 1e9));
  const snapshot = {
    ...snapshotOf({ targets, states: values.map(() => targetState.measured) }),
    sequence: Math.round(seconds),
    realtimeNs: 1_600_000_000_000_000_000n + monotonicNs,
    monotonicNs,
    rosterId,
    ...parts,
  };
  return responseEntry({ kind: 'snapshot', snapshot });
}

/** A take of tasks that use one CPU each, measured once a second. */
export function wholeTake(ids: readonly string[], { from = 100, count = 5 } = {}): readonly Entry[] {
  return [
    takeEntry(),
    platformEntry(),
    tasksEntry(...ids.map((id) => taskOf(id))),
    responseEntry({ kind: 'schema', schema: testSchema }),
    responseEntry({ kind: 'roster', roster: rosterOf(...ids) }),
    ...Array.from({ length: count }, (_, i) =>
      snapshotEntry({ seconds: from + i, values: ids.map(() => BigInt(i) * 1_000_000_000n) }),
    ),
    endEntry,
  ];
}
