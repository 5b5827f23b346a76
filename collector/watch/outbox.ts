import { encodeWatchResponse } from '../../shared/rpc/watch-codec.ts';
import type { Allocations, Roster, Schema } from '../../shared/rpc/watch-messages.ts';

/** Where frames go: one subscriber's stream. `flushed` is called when the transport has taken the frame. */
export interface FrameSink {
  send(frame: Buffer, flushed: () => void): void;
}

/** What a tick has for a subscriber. */
export interface Delivery {
  /** Set when the columns differ from the last delivery's. */
  readonly schema: Schema | undefined;
  /** Set when the rows differ from the last delivery's. */
  readonly roster: Roster | undefined;
  /** Set when what is allocated differs from the last delivery's. */
  readonly allocations: Allocations | undefined;
  /** Encodes the snapshot; `lost` is how many were lost before it. */
  readonly encodeSnapshot: (lost: number) => Buffer;
}

/**
 * Latest wins: a frame is given to the stream only when it has taken everything before; meanwhile only the newest
 * snapshot is kept and the replaced ones are counted. A schema, roster or list of allocations is never lost: the newest
 * ones precede the snapshot that needs them.
 */
export class Outbox {
  readonly #sink: FrameSink;
  #inFlight = 0;
  #schema: Schema | undefined;
  #roster: Roster | undefined;
  #allocations: Allocations | undefined;
  #snapshot: Buffer | undefined;
  #sent = 0;
  #lost = 0;
  #closed = false;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Snapshots given to the stream. */
  get sent(): number {
    return this.#sent;
  }

  /** Snapshots replaced by a newer one before the stream could take them. */
  get lost(): number {
    return this.#lost;
  }

  offer(delivery: Delivery): void {
    if (this.#closed) return;
    if (this.#snapshot !== undefined) this.#lost += 1;
    this.#schema = delivery.schema ?? this.#schema;
    this.#roster = delivery.roster ?? this.#roster;
    this.#allocations = delivery.allocations ?? this.#allocations;
    this.#snapshot = delivery.encodeSnapshot(this.#lost);
    this.#flush();
  }

  close(): void {
    this.#closed = true;
    this.#snapshot = undefined;
  }

  #flush(): void {
    if (this.#inFlight > 0 || this.#snapshot === undefined || this.#closed) return;
    const frames = [this.#snapshot];
    if (this.#allocations !== undefined) {
      frames.unshift(encodeWatchResponse({ kind: 'allocations', allocations: this.#allocations }));
    }
    if (this.#roster !== undefined) frames.unshift(encodeWatchResponse({ kind: 'roster', roster: this.#roster }));
    if (this.#schema !== undefined) frames.unshift(encodeWatchResponse({ kind: 'schema', schema: this.#schema }));
    this.#schema = undefined;
    this.#roster = undefined;
    this.#allocations = undefined;
    this.#snapshot = undefined;
    this.#sent += 1;
    this.#inFlight = frames.length;
    for (const frame of frames) this.#sink.send(frame, () => this.#flushed());
  }

  #flushed(): void {
    this.#inFlight -= 1;
    this.#flush();
  }
}
