import type { WcaError } from '../../shared/errors/wca-error.ts';
import { encodeError } from '../../shared/rpc/error-codec.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { encodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import {
  type Roster,
  type Schema,
  type Step,
  type TargetError,
  type TargetUpdate,
  targetState,
} from '../../shared/rpc/watch-messages.ts';
import { AllocationFrames } from './allocation-frames.ts';
import type { CgroupPool } from './cgroup-pool.ts';
import { ColumnBuffer } from './column-buffer.ts';
import type { CounterSet } from './counter-set.ts';
import type { AllocationBoard } from './current-allocations.ts';
import { type FrameSink, Outbox } from './outbox.ts';
import type { PlatformFeed } from './platform-feed.ts';
import type { EventList } from './ports.ts';
import { schemaOf } from './schema.ts';
import type { SharedSource } from './shared-source.ts';
import { type Readings, SubscriberTargets } from './subscriber-targets.ts';
import type { TargetRow } from './target-row.ts';

export interface SubscriberOptions {
  /** Who it is, for people: `uid 998, pid 4711`. */
  readonly peer: string;
  readonly intervalMs: number;
  /** undefined: no perf. */
  readonly events: EventList | undefined;
  /** The expensive files are read in every n-th tick. */
  readonly costlyEvery: number;
  /** What is measured beside the files and the events. */
  readonly sources: readonly SharedSource[];
  /** Set when it wants to know what is allocated. */
  readonly allocations?: AllocationBoard | undefined;
  readonly sink: FrameSink;
  /** Called once when the subscriber cannot go on (an update broke a bound); it is removed. */
  readonly onFailure: (error: WcaError) => void;
}

/** When a tick was taken and where its time went. */
export interface TickFacts {
  readonly realtimeNs: bigint;
  readonly monotonicNs: bigint;
  readonly steps: readonly Step[];
}

interface PendingUpdate {
  readonly update: TargetUpdate;
  readonly onApplied: () => void;
}

/** One Watch stream: its targets, its rows and what it has been sent. All calls come from the sampler, between ticks. */
export class Subscriber {
  readonly options: SubscriberOptions;
  readonly attachedMs: number;
  /** When its next tick is due, on the monotonic clock; undefined before the first one. */
  dueMs: number | undefined;
  readonly #pool: CgroupPool;
  readonly #platform: PlatformFeed;
  readonly #set: CounterSet | undefined;
  readonly #targets: SubscriberTargets;
  readonly #outbox: Outbox;
  readonly #platformBuffer = new ColumnBuffer();
  readonly #targetBuffer = new ColumnBuffer();
  readonly #allocationFrames: AllocationFrames | undefined;
  #pending: PendingUpdate[] = [];
  #hasTargets = false;
  #rosterChanged = true;
  #rosterId = 0;
  #schema: Schema | undefined;
  #schemaVersion = '';
  #setColumns: number;
  #ticks = 0;
  #closed = false;

  constructor(options: SubscriberOptions, parts: { pool: CgroupPool; platform: PlatformFeed; nowMs: number }) {
    this.options = options;
    this.attachedMs = parts.nowMs;
    this.#pool = parts.pool;
    this.#platform = parts.platform;
    this.#set = options.events === undefined ? undefined : parts.pool.acquireSet(options.events);
    this.#setColumns = this.#set?.columnsVersion ?? 0;
    this.#targets = new SubscriberTargets(parts.pool, this.#set, {
      sources: options.sources,
      allocations: options.allocations,
    });
    this.#outbox = new Outbox(options.sink);
    this.#allocationFrames = options.allocations === undefined ? undefined : new AllocationFrames();
  }

  /** Whether it has said what to measure. */
  get hasTargets(): boolean {
    return this.#hasTargets;
  }

  get targets(): number {
    return this.#targets.size;
  }

  get rows(): readonly TargetRow[] {
    return this.#targets.rows;
  }

  /** Of row i: what the optional sources tell of it. */
  get readings(): readonly Readings[] {
    return this.#targets.readings;
  }

  /** Whether the coming tick shall read the expensive files. */
  get wantsCostly(): boolean {
    return this.#ticks % this.options.costlyEvery === 0;
  }

  get sent(): number {
    return this.#outbox.sent;
  }

  get lost(): number {
    return this.#outbox.lost;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Keeps an update until the next pause between ticks. The caller sends no further one before `onApplied`. */
  enqueue(update: TargetUpdate, onApplied: () => void): void {
    this.#pending.push({ update, onApplied });
  }

  /** Applies what was enqueued, if anything. Throws what TargetSet.apply throws. */
  applyPending(): boolean {
    const pending = this.#pending;
    this.#pending = [];
    for (const { update, onApplied } of pending) {
      this.#targets.apply(update);
      this.#hasTargets = true;
      this.#rosterChanged = true;
      onApplied();
    }
    return pending.length > 0;
  }

  /** Nothing is sent any more; `release` frees the rest between ticks. */
  close(): void {
    this.#closed = true;
    this.#outbox.close();
  }

  release(): void {
    this.#targets.close();
    if (this.#set !== undefined) this.#pool.releaseSet(this.#set);
  }

  /** After CPUs came or went: rows of one column a CPU have another shape. */
  followColumns(): void {
    if (this.#set === undefined || this.#set.columnsVersion === this.#setColumns) return;
    this.#setColumns = this.#set.columnsVersion;
    this.#targets.rebuild();
  }

  /** Sends a snapshot of what was read in this tick. */
  deliver(facts: TickFacts): void {
    const before = this.#schema;
    const schema = this.#currentSchema();
    const roster = this.#nextRoster();
    const allocations = this.#allocationFrames?.next(this.#rosterId, this.#targets.allocations);
    this.#ticks += 1;
    const { rows } = this.#targets;
    this.#fillColumns(rows, schema);
    const states = Uint8Array.from(rows, ({ state }) => state);
    const generations = new Uint32Array(2 * rows.length);
    rows.forEach((row, i) => {
      generations[2 * i] = row.generationLow;
      generations[2 * i + 1] = row.generationHigh;
    });
    const encodeSnapshot = (lost: number): Buffer =>
      encodeWatchResponse({
        kind: 'snapshot',
        snapshot: {
          ...facts,
          sequence: this.#ticks,
          schemaId: schema.id,
          rosterId: this.#rosterId,
          lost,
          platform: this.#platformBuffer.values(),
          targets: this.#targetBuffer.values(),
          states,
          generations,
          errors: errorsOf(rows, this.#targets.readings),
          allocationsId: this.#allocationFrames?.id ?? 0,
        },
      });
    this.#outbox.offer({ schema: schema === before ? undefined : schema, roster, allocations, encodeSnapshot });
  }

  #fillColumns(rows: readonly TargetRow[], schema: Schema): void {
    const { sources } = this.options;
    const platform = this.#platformBuffer;
    platform.resize(schema.platform, 1);
    platform.clear();
    platform.fill(0, 0, this.#platform.row);
    let at = this.#platform.row.width;
    for (const { platformRow } of sources) {
      platform.fill(0, at, platformRow);
      at += platformRow.width;
    }
    const buffer = this.#targetBuffer;
    buffer.resize(schema.target, rows.length);
    buffer.clear();
    const files = this.#pool.host.columns.length;
    const counters = this.#set?.columns.length ?? 0;
    rows.forEach((row, i) => {
      row.update();
      buffer.fill(i, 0, row.files);
      if (row.counters !== undefined) buffer.fill(i, files, row.counters);
      this.#fillReadings(i, { from: files + counters, isMeasured: row.state === targetState.measured });
    });
  }

  #fillReadings(row: number, { from, isMeasured }: { from: number; isMeasured: boolean }): void {
    const readings = this.#targets.readings[row];
    let at = from;
    this.options.sources.forEach(({ absent }, k) => {
      const reading = isMeasured ? readings?.[k] : undefined;
      this.#targetBuffer.fill(row, at, reading?.row ?? absent);
      at += absent.width;
    });
  }

  /** The schema of the coming snapshot; the same object as long as nothing changes. */
  #currentSchema(): Schema {
    const { sources } = this.options;
    const version = `${this.#platform.version} ${this.#set?.version ?? ''} ${sources.map((one) => one.version).join(' ')}`;
    if (this.#schema !== undefined && version === this.#schemaVersion) return this.#schema;
    this.#schemaVersion = version;
    const { columns: platform } = this.#platform;
    const files = this.#pool.host.columns;
    this.#schema = schemaOf((this.#schema?.id ?? 0) + 1, { platform, files, set: this.#set, sources });
    return this.#schema;
  }

  #nextRoster(): Roster | undefined {
    if (!this.#rosterChanged) return undefined;
    this.#rosterChanged = false;
    this.#rosterId += 1;
    return { id: this.#rosterId, targetsRevision: this.#targets.revision, targetIds: this.#targets.ids() };
  }
}

function errorsOf(rows: readonly TargetRow[], readings: readonly Readings[]): TargetError[] {
  const errors: TargetError[] = [];
  const add = (row: number, problems: readonly WcaError[]): void => {
    for (const error of problems) {
      if (errors.length < limits.maxTargetErrors) errors.push({ row, error: encodeError(error) });
    }
  };
  for (let row = 0; row < rows.length; row += 1) {
    const { problems, state } = rows[row] ?? {};
    if (problems !== undefined) add(row, problems);
    if (state !== targetState.measured) continue;
    for (const reading of readings[row] ?? []) if (reading !== undefined) add(row, reading.problems);
  }
  return errors;
}
