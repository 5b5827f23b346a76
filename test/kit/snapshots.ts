import {
  type Column,
  type ColumnValues,
  type Roster,
  type Schema,
  type Snapshot,
  targetState,
} from '../../shared/rpc/watch-messages.ts';

/** A column of counters; `divisor` 1e9 makes nanoseconds seconds. */
export function u64(metric: string, labels: Column['labels'] = {}, divisor = 1): Column {
  return { metric, labels, kind: 'u64', divisor };
}

export function f64(metric: string, labels: Column['labels'] = {}): Column {
  return { metric, labels, kind: 'f64', divisor: 1 };
}

/** Values of a column by row, undefined where absent: bigints for `u64` columns, numbers for `f64` columns. */
export function columnOf(values: readonly (bigint | number | undefined)[]): ColumnValues {
  const memory = new ArrayBuffer(8 * values.length);
  const words = new Uint32Array(memory);
  const doubles = new Float64Array(memory);
  const absent = new Uint8Array(values.includes(undefined) ? Math.ceil(values.length / 8) : 0);
  values.forEach((value, i) => {
    if (value === undefined) absent[i >> 3] = (absent[i >> 3] ?? 0) | (1 << (i & 7));
    else if (typeof value === 'number') doubles[i] = value;
    else words.set([Number(value & 0xffff_ffffn), Number(value >> 32n)], 2 * i);
  });
  const kind = values.some((value) => typeof value === 'number') ? 'f64' : 'u64';
  return { kind, words, doubles, absent };
}

export function schemaOf(platform: readonly Column[], target: readonly Column[]): Schema {
  return { id: 1, platform, target, unavailable: [], notes: [] };
}

export function rosterOf(...targetIds: readonly string[]): Roster {
  return { id: 1, targetsRevision: 1, targetIds };
}

/** A snapshot of Unix time 1600000000.5; all rows measured unless `states` says otherwise. */
export function snapshotOf(parts: {
  readonly platform?: readonly ColumnValues[];
  readonly targets?: readonly ColumnValues[];
  readonly rows?: number;
  readonly states?: readonly number[];
}): Snapshot {
  const rows = parts.states?.length ?? parts.rows ?? (parts.targets?.[0]?.words.length ?? 0) / 2;
  return {
    sequence: 1,
    realtimeNs: 1_600_000_000_500_000_000n,
    monotonicNs: 5_000_000_000n,
    schemaId: 1,
    rosterId: 1,
    lost: 0,
    platform: parts.platform ?? [],
    targets: parts.targets ?? [],
    states: Uint8Array.from(parts.states ?? new Array<number>(rows).fill(targetState.measured)),
    generations: new Uint32Array(2 * rows),
    errors: [],
    steps: [],
    allocationsId: 0,
  };
}
