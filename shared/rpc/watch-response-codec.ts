import protobuf from 'protobufjs/minimal.js';
import { WcaError } from '../errors/wca-error.ts';
import { readAllocations, writeAllocations } from './watch-allocations-codec.ts';
import type { ColumnValues, Snapshot, Step, TargetError, WatchResponse, WireError } from './watch-messages.ts';
import { readError, readRoster, readSchema, writeError, writeRoster, writeSchema } from './watch-schema-codec.ts';
import {
  beginMessage,
  decodeUntrusted,
  readCopy,
  readCount,
  readEnd,
  readFields,
  readFixed64,
  readView,
  writeBytes,
  writeCount,
  writeDouble,
  writeFixed64,
  writeString,
  writeUint32,
} from './wire.ts';

/** Answers of the Watch stream. Packed 64-bit columns are the memory of little-endian typed arrays, as is this CPU's. */

const subject = 'WatchResponse';

/** The bytes are a copy: the typed arrays of a snapshot may be reused as soon as this returns. */
export function encodeWatchResponse(response: WatchResponse): Buffer {
  const writer = protobuf.Writer.create();
  if (response.kind === 'schema') writeSchema(beginMessage(writer, 1), response.schema);
  else if (response.kind === 'roster') writeRoster(beginMessage(writer, 2), response.roster);
  else if (response.kind === 'snapshot') writeSnapshot(beginMessage(writer, 3), response.snapshot);
  else writeAllocations(beginMessage(writer, 4), response.allocations);
  const bytes = writer.ldelim().finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws INVALID_ARGUMENT for bytes that are no WatchResponse. */
export function decodeWatchResponse(bytes: Uint8Array): WatchResponse {
  return decodeUntrusted(bytes, subject, (reader) => {
    let response: WatchResponse | undefined;
    readFields(reader, reader.len, (tag) => {
      if (tag === 10) response = { kind: 'schema', schema: readSchema(reader, readEnd(reader, reader.len)) };
      else if (tag === 18) response = { kind: 'roster', roster: readRoster(reader, readEnd(reader, reader.len)) };
      else if (tag === 26) response = { kind: 'snapshot', snapshot: readSnapshot(reader, readEnd(reader, reader.len)) };
      else if (tag === 34) {
        response = { kind: 'allocations', allocations: readAllocations(reader, readEnd(reader, reader.len)) };
      } else return false;
      return true;
    });
    if (response === undefined) {
      throw new WcaError('INVALID_ARGUMENT', {
        subject,
        message: 'none of schema, roster, snapshot and allocations is set',
      });
    }
    return response;
  });
}

function writeSnapshot(writer: protobuf.Writer, snapshot: Snapshot): void {
  writeCount(writer, 1, snapshot.sequence);
  writeFixed64(writer, 2, snapshot.realtimeNs);
  writeFixed64(writer, 3, snapshot.monotonicNs);
  writeUint32(writer, 4, snapshot.schemaId);
  writeUint32(writer, 5, snapshot.rosterId);
  writeCount(writer, 6, snapshot.lost);
  for (const values of snapshot.platform) writeValues(writer, 7, values);
  for (const values of snapshot.targets) writeValues(writer, 8, values);
  // A packed enum is a sequence of varints; all states are below 128 and so one byte each.
  writeBytes(writer, 9, snapshot.states);
  writeBytes(writer, 10, snapshot.generations);
  for (const { row, error } of snapshot.errors) {
    writeUint32(beginMessage(writer, 11), 1, row);
    writeError(writer, 2, error);
    writer.ldelim();
  }
  for (const { name, seconds } of snapshot.steps) {
    writeString(beginMessage(writer, 12), 1, name);
    writeDouble(writer, 2, seconds);
    writer.ldelim();
  }
  writeUint32(writer, 13, snapshot.allocationsId);
}

function writeValues(writer: protobuf.Writer, field: number, values: ColumnValues): void {
  beginMessage(writer, field);
  if (values.kind === 'u64') writeBytes(writer, 1, values.words);
  else writeBytes(writer, 2, values.doubles);
  writeBytes(writer, 3, values.absent);
  writer.ldelim();
}

function readSnapshot(reader: protobuf.Reader, end: number): Snapshot {
  const snapshot = {
    sequence: 0,
    realtimeNs: 0n,
    monotonicNs: 0n,
    schemaId: 0,
    rosterId: 0,
    lost: 0,
    platform: [] as ColumnValues[],
    targets: [] as ColumnValues[],
    states: new Uint8Array(0),
    generations: new Uint32Array(0),
    errors: [] as TargetError[],
    steps: [] as Step[],
    allocationsId: 0,
  };
  readFields(reader, end, (tag) => {
    if (tag === 66) snapshot.targets.push(readValues(reader, readEnd(reader, end)));
    else if (tag === 58) snapshot.platform.push(readValues(reader, readEnd(reader, end)));
    else if (tag === 8) snapshot.sequence = readCount(reader);
    else if (tag === 17) snapshot.realtimeNs = readFixed64(reader);
    else if (tag === 25) snapshot.monotonicNs = readFixed64(reader);
    else if (tag === 32) snapshot.schemaId = reader.uint32();
    else if (tag === 40) snapshot.rosterId = reader.uint32();
    else if (tag === 48) snapshot.lost = readCount(reader);
    else if (tag === 74) snapshot.states = readStates(reader, readEnd(reader, end));
    else if (tag === 82) snapshot.generations = new Uint32Array(wholeWords(readCopy(reader, end)).buffer);
    else if (tag === 90) snapshot.errors.push(readTargetError(reader, readEnd(reader, end)));
    else if (tag === 98) snapshot.steps.push(readStep(reader, readEnd(reader, end)));
    else if (tag === 104) snapshot.allocationsId = reader.uint32();
    else return false;
    return true;
  });
  return snapshot;
}

function readValues(reader: protobuf.Reader, end: number): ColumnValues {
  let memory: Uint8Array<ArrayBuffer> | undefined;
  let kind: ColumnValues['kind'] = 'u64';
  let absent: Uint8Array = new Uint8Array(0);
  readFields(reader, end, (tag) => {
    if (tag === 10 || tag === 18) {
      if (memory !== undefined) throw new RangeError('a column has its values twice');
      memory = wholeWords(readCopy(reader, end));
      kind = tag === 10 ? 'u64' : 'f64';
    } else if (tag === 26) absent = Uint8Array.from(readView(reader, end));
    else return false;
    return true;
  });
  const { buffer } = memory ?? new Uint8Array(0);
  return { kind, words: new Uint32Array(buffer), doubles: new Float64Array(buffer), absent };
}

function wholeWords<T extends Uint8Array>(bytes: T): T {
  if (bytes.length % 8 !== 0) throw new RangeError('a column of 64-bit values ends within a value');
  return bytes;
}

/** States unknown to this version become 0 (unspecified). */
function readStates(reader: protobuf.Reader, end: number): Uint8Array<ArrayBuffer> {
  const states = new Uint8Array(end - reader.pos);
  let rows = 0;
  while (reader.pos < end) {
    const state = reader.uint32();
    states[rows] = state < 128 ? state : 0;
    rows += 1;
  }
  if (reader.pos !== end) throw new RangeError('a state runs over the end of its message');
  return rows === states.length ? states : states.slice(0, rows);
}

function readTargetError(reader: protobuf.Reader, end: number): TargetError {
  let row = 0;
  let error: WireError = { code: '', subject: '', message: '', remedy: '', errno: '' };
  readFields(reader, end, (tag) => {
    if (tag === 8) row = reader.uint32();
    else if (tag === 18) error = readError(reader, readEnd(reader, end));
    else return false;
    return true;
  });
  return { row, error };
}

function readStep(reader: protobuf.Reader, end: number): Step {
  let name = '';
  let seconds = 0;
  readFields(reader, end, (tag) => {
    if (tag === 10) name = reader.string();
    else if (tag === 17) seconds = reader.double();
    else return false;
    return true;
  });
  return { name, seconds };
}
