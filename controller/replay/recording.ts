import { toWcaError, type WcaError } from '../../shared/errors/wca-error.ts';
import type { GetPlatformResponse__Output as Platform } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { Roster, Schema, Snapshot, WatchResponse } from '../../shared/rpc/watch-messages.ts';
import { decodeWatchResponse } from '../../shared/rpc/watch-response-codec.ts';
import type { DecodePlatform } from '../collectors/raw-collector.ts';
import type { Task } from '../model/task.ts';
import { findAllocationsFault, findSnapshotFault } from './check-snapshot.ts';
import { decodeTasks } from './recorded-tasks.ts';
import { recordKind } from './recording-format.ts';
import { brokenAt, type CutEnd, type PlacedRecord, RecordingReader, type RecordPosition } from './recording-reader.ts';
import { decodeTake, type Take } from './take.ts';

/** A checked record. Messages of `response` belong together: a snapshot comes after its schema and its roster. */
export type RecordedItem =
  | { readonly kind: 'take'; readonly take: Take }
  | { readonly kind: 'platform'; readonly platform: Platform }
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'response'; readonly response: WatchResponse }
  | { readonly kind: 'end' };

/** What the records of a take have said so far. */
interface Context {
  hasPlatform: boolean;
  schema: Schema | undefined;
  roster: Roster | undefined;
  lastNs: bigint;
}

/** A recording, checked: everything it yields is as a collector would have sent it. */
export class Recording {
  readonly #reader: RecordingReader;
  readonly #decodePlatform: DecodePlatform;
  #context: Context | undefined;

  /** Throws as RecordingReader. */
  constructor(file: string, decodePlatform: DecodePlatform) {
    this.#reader = new RecordingReader(file);
    this.#decodePlatform = decodePlatform;
  }

  get file(): string {
    return this.#reader.file;
  }

  get sizeBytes(): number {
    return this.#reader.sizeBytes;
  }

  /** Known when all items were taken. */
  get cut(): CutEnd | undefined {
    return this.#reader.cut;
  }

  /** From the beginning. Throws INVALID_ARGUMENT that names the byte of the file at which it is broken. */
  *items(): Generator<RecordedItem> {
    this.#context = undefined;
    for (const record of this.#reader.records()) {
      const item = this.#decode(record);
      if (item !== undefined) yield item;
    }
  }

  close(): void {
    this.#reader.close();
  }

  /** undefined for what is to be skipped. */
  #decode({ kind, bytes, at }: PlacedRecord): RecordedItem | undefined {
    if (kind === recordKind.take) {
      const take = decodeTake(bytes);
      if (take === undefined) throw this.#broken(at, 'what was recorded is not told as it should');
      this.#context = { hasPlatform: false, schema: undefined, roster: undefined, lastNs: 0n };
      return { kind: 'take', take };
    }
    const context = this.#context;
    if (context === undefined) throw this.#broken(at, 'a record comes before the beginning of a take');
    if (kind === recordKind.platform) return this.#platform(bytes, at, context);
    if (kind === recordKind.tasks) {
      const tasks = decodeTasks(bytes);
      if (typeof tasks === 'string') throw this.#broken(at, tasks);
      return { kind: 'tasks', tasks };
    }
    if (kind === recordKind.response) return this.#response(bytes, at, context);
    return kind === recordKind.end ? { kind: 'end' } : undefined;
  }

  #platform(bytes: Buffer, at: RecordPosition, context: Context): RecordedItem {
    try {
      const platform = this.#decodePlatform(bytes);
      context.hasPlatform = true;
      return { kind: 'platform', platform };
    } catch (thrown) {
      throw this.#broken(at, `the platform cannot be read: ${toWcaError(thrown, '').message}`);
    }
  }

  #response(bytes: Buffer, at: RecordPosition, context: Context): RecordedItem | undefined {
    let response: WatchResponse;
    try {
      response = decodeWatchResponse(bytes);
    } catch (thrown) {
      throw this.#broken(at, `a message of the stream cannot be read: ${toWcaError(thrown, '').message}`);
    }
    const fault = this.#faultOf(response, context);
    if (fault !== undefined) throw this.#broken(at, fault);
    if (response.kind === 'schema') context.schema = response.schema;
    if (response.kind === 'roster') context.roster = response.roster;
    if (response.kind === 'snapshot') context.lastNs = response.snapshot.monotonicNs;
    return { kind: 'response', response };
  }

  #faultOf(response: WatchResponse, context: Context): string | undefined {
    if (response.kind === 'allocations') return findAllocationsFault(response.allocations, context.roster);
    if (response.kind === 'snapshot') return faultOfSnapshot(response.snapshot, context);
    return undefined;
  }

  #broken(at: RecordPosition, message: string): WcaError {
    return brokenAt(this.file, at, message);
  }
}

function faultOfSnapshot(snapshot: Snapshot, { hasPlatform, schema, roster, lastNs }: Context): string | undefined {
  if (!hasPlatform) return 'a snapshot comes before the platform';
  if (schema?.id !== snapshot.schemaId || roster?.id !== snapshot.rosterId) {
    return 'a snapshot comes without its schema and roster';
  }
  if (snapshot.monotonicNs <= lastNs) return 'a snapshot is not later than the one before';
  const fault = findSnapshotFault(snapshot, schema, roster);
  return fault === undefined ? undefined : `a snapshot is broken: ${fault}`;
}
