import type protobuf from 'protobufjs/minimal.js';
import type { Column, Roster, Schema, WireError } from './watch-messages.ts';
import { beginMessage, readEnd, readFields, writeDouble, writeString, writeUint32 } from './wire.ts';

/** What the rows and columns of a Watch stream are; see watch-codec.ts. */

export function writeSchema(writer: protobuf.Writer, schema: Schema): void {
  writeUint32(writer, 1, schema.id);
  for (const column of schema.platform) writeColumn(writer, 2, column);
  for (const column of schema.target) writeColumn(writer, 3, column);
  for (const error of schema.unavailable) writeError(writer, 4, error);
  for (const error of schema.notes) writeError(writer, 5, error);
}

function writeColumn(writer: protobuf.Writer, field: number, column: Column): void {
  beginMessage(writer, field);
  writeString(writer, 1, column.metric);
  for (const [name, value] of Object.entries(column.labels)) {
    beginMessage(writer, 2).uint32(10).string(name).uint32(18).string(value).ldelim();
  }
  writeUint32(writer, 3, column.kind === 'u64' ? 1 : 2);
  writeDouble(writer, 4, column.divisor);
  writer.ldelim();
}

export function writeRoster(writer: protobuf.Writer, roster: Roster): void {
  writeUint32(writer, 1, roster.id);
  writeUint32(writer, 2, roster.targetsRevision);
  for (const id of roster.targetIds) writer.uint32(26).string(id);
}

export function writeError(writer: protobuf.Writer, field: number, error: WireError): void {
  beginMessage(writer, field);
  writeString(writer, 1, error.code);
  writeString(writer, 2, error.subject);
  writeString(writer, 3, error.message);
  writeString(writer, 4, error.remedy);
  writeString(writer, 5, error.errno);
  writer.ldelim();
}

export function readSchema(reader: protobuf.Reader, end: number): Schema {
  const schema = {
    id: 0,
    platform: [] as Column[],
    target: [] as Column[],
    unavailable: [] as WireError[],
    notes: [] as WireError[],
  };
  readFields(reader, end, (tag) => {
    if (tag === 8) schema.id = reader.uint32();
    else if (tag === 18) schema.platform.push(readColumn(reader, readEnd(reader, end)));
    else if (tag === 26) schema.target.push(readColumn(reader, readEnd(reader, end)));
    else if (tag === 34) schema.unavailable.push(readError(reader, readEnd(reader, end)));
    else if (tag === 42) schema.notes.push(readError(reader, readEnd(reader, end)));
    else return false;
    return true;
  });
  return schema;
}

function readColumn(reader: protobuf.Reader, end: number): Column {
  let metric = '';
  let kind = 0;
  let divisor = 0;
  const labels: (readonly [string, string])[] = [];
  readFields(reader, end, (tag) => {
    if (tag === 10) metric = reader.string();
    else if (tag === 18) labels.push(readLabel(reader, readEnd(reader, end)));
    else if (tag === 24) kind = reader.uint32();
    else if (tag === 33) divisor = reader.double();
    else return false;
    return true;
  });
  if (kind !== 1 && kind !== 2) throw new RangeError(`column ${metric} has the unknown kind ${kind}`);
  return { metric, labels: Object.fromEntries(labels), kind: kind === 1 ? 'u64' : 'f64', divisor };
}

function readLabel(reader: protobuf.Reader, end: number): readonly [string, string] {
  let name = '';
  let value = '';
  readFields(reader, end, (tag) => {
    if (tag === 10) name = reader.string();
    else if (tag === 18) value = reader.string();
    else return false;
    return true;
  });
  return [name, value];
}

export function readRoster(reader: protobuf.Reader, end: number): Roster {
  const roster = { id: 0, targetsRevision: 0, targetIds: [] as string[] };
  readFields(reader, end, (tag) => {
    if (tag === 8) roster.id = reader.uint32();
    else if (tag === 16) roster.targetsRevision = reader.uint32();
    else if (tag === 26) roster.targetIds.push(reader.string());
    else return false;
    return true;
  });
  return roster;
}

export function readError(reader: protobuf.Reader, end: number): WireError {
  const error = { code: '', subject: '', message: '', remedy: '', errno: '' };
  readFields(reader, end, (tag) => {
    if (tag === 10) error.code = reader.string();
    else if (tag === 18) error.subject = reader.string();
    else if (tag === 26) error.message = reader.string();
    else if (tag === 34) error.remedy = reader.string();
    else if (tag === 42) error.errno = reader.string();
    else return false;
    return true;
  });
  return error;
}
