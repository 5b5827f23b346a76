import type { WcaError } from '../../shared/errors/wca-error.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { encodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import type { Roster, Schema, Step, TargetError, TargetUpdate } from '../../shared/rpc/watch-messages.ts';
import type { CgroupPool } from './cgroup-pool.ts';
import { ColumnBuffer } from './column-buffer.ts';
import type { CounterSet } from './counter-set.ts';
import { type FrameSink, Outbox } from './outbox.ts';
import type { PlatformFeed } from './platform-feed.ts';
import type { EventList } from './ports.ts';
import { schemaOf, toWireError } from './schema.ts';
import { SubscriberTargets } from './subscriber-targets.ts';
import type { TargetRow } from './target-row.ts';

export interface SubscriberOptions {
  /** Who it is, for people: `uid 998, pid 4711`. */
  readonly peer: string;
  readonly intervalMs: number;
  /** undefined: no perf. */
  readonly events: EventList | undefined;
  /** The expensive files are read in every n-th tick. */
  readonly costlyEvery: number;
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
  #pending: PendingUpdate[] = [];
  #hasTargets = false;
  #rosterChanged = true;
  #rosterId = 0;
  #schemaId = 0;
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
    this.#targets = new SubscriberTargets(parts.pool, this.#set);
    this.#outbox = new Outbox(options.sink);
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

  /** Applies what was enqueued. Throws what TargetSet.apply throws. */
  applyPending(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { update, onApplied } of pending) {
      this.#targets.apply(update);
      this.#hasTargets = true;
      this.#rosterChanged = true;
      onApplied();
    }
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
    const schema = this.#nextSchema();
    const roster = this.#nextRoster();
    this.#ticks += 1;
    const { rows } = this.#targets;
    this.#fillColumns(rows);
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
          schemaId: this.#schemaId,
          rosterId: this.#rosterId,
          lost,
          platform: this.#platformBuffer.values(),
          targets: this.#targetBuffer.values(),
          states,
          generations,
          errors: errorsOf(rows),
        },
      });
    this.#outbox.offer({ schema, roster, encodeSnapshot });
  }

  #fillColumns(rows: readonly TargetRow[]): void {
    this.#platformBuffer.resize(this.#platform.columns, 1);
    this.#platformBuffer.clear();
    this.#platformBuffer.fill(0, 0, this.#platform.row);
    const fileColumns = this.#pool.host.columns;
    const buffer = this.#targetBuffer;
    buffer.resize([...fileColumns, ...(this.#set?.columns ?? [])], rows.length);
    buffer.clear();
    rows.forEach((row, i) => {
      row.update();
      buffer.fill(i, 0, row.files);
      if (row.counters !== undefined) buffer.fill(i, fileColumns.length, row.counters);
    });
  }

  #nextSchema(): Schema | undefined {
    const version = `${this.#platform.version} ${this.#set?.version ?? ''}`;
    if (version === this.#schemaVersion) return undefined;
    this.#schemaVersion = version;
    this.#schemaId += 1;
    const { columns: platform } = this.#platform;
    return schemaOf(this.#schemaId, { platform, files: this.#pool.host.columns, set: this.#set });
  }

  #nextRoster(): Roster | undefined {
    if (!this.#rosterChanged) return undefined;
    this.#rosterChanged = false;
    this.#rosterId += 1;
    return { id: this.#rosterId, targetsRevision: this.#targets.revision, targetIds: this.#targets.ids() };
  }
}

function errorsOf(rows: readonly TargetRow[]): TargetError[] {
  const errors: TargetError[] = [];
  for (let row = 0; row < rows.length; row += 1) {
    for (const error of rows[row]?.problems ?? []) {
      if (errors.length >= limits.maxTargetErrors) return errors;
      errors.push({ row, error: toWireError(error) });
    }
  }
  return errors;
}
