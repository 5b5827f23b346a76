import protobuf from 'protobufjs/minimal.js';
import { WcaError } from '../errors/wca-error.ts';

/** The parts of the protobuf wire format that the hand codec needs; protobuf.dev/programming-guides/encoding. */

export const wireType = { varint: 0, fixed64: 1, bytes: 2 } as const;

/** Tag of a field: number and wire type. */
export function tagOf(field: number, type: number): number {
  return (field << 3) | type;
}

/**
 * Runs a decoder over bytes a peer sent. Whatever is wrong with them becomes INVALID_ARGUMENT; a WcaError of the decoder
 * itself (a bound is reached) passes.
 */
export function decodeUntrusted<T>(bytes: Uint8Array, subject: string, decode: (reader: protobuf.Reader) => T): T {
  try {
    return decode(protobuf.Reader.create(bytes));
  } catch (thrown) {
    if (thrown instanceof WcaError) throw thrown;
    throw new WcaError('INVALID_ARGUMENT', { subject, message: 'not a message of this contract', cause: thrown });
  }
}

/**
 * Calls `field` with the tag of each field up to `end`; what it does not take (false) is skipped, as fields of a newer
 * peer must be. Throws when the last field does not stop at `end`.
 */
export function readFields(reader: protobuf.Reader, end: number, field: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!field(tag)) reader.skipType(tag & 7);
  }
  if (reader.pos !== end) throw new RangeError('a field runs over the end of its message');
}

/** Where the length-delimited field that begins here ends; it must lie within the message that ends at `end`. */
export function readEnd(reader: protobuf.Reader, end: number): number {
  const length = reader.uint32();
  if (length > end - reader.pos) throw new RangeError('a length runs over the end of its message');
  return reader.pos + length;
}

/** A view of a length-delimited field; no copy. */
export function readView(reader: protobuf.Reader, end: number): Uint8Array {
  const stop = readEnd(reader, end);
  const view = reader.buf.subarray(reader.pos, stop);
  reader.pos = stop;
  return view;
}

/** A copy of a length-delimited field in memory of its own, aligned for any typed array. */
export function readCopy(reader: protobuf.Reader, end: number): Uint8Array<ArrayBuffer> {
  const view = readView(reader, end);
  const copy = new Uint8Array(view.length);
  copy.set(view);
  return copy;
}

/** uint64 that counts something here: exact up to 2^53. */
export function readCount(reader: protobuf.Reader): number {
  const value: unknown = reader.uint64();
  return Number(String(value));
}

export function readFixed64(reader: protobuf.Reader): bigint {
  const low = reader.fixed32();
  const high = reader.fixed32();
  return (BigInt(high) << 32n) | BigInt(low);
}

/** Fields of the proto3 default are not written. */
export function writeString(writer: protobuf.Writer, field: number, value: string): void {
  if (value !== '') writer.uint32(tagOf(field, wireType.bytes)).string(value);
}

export function writeUint32(writer: protobuf.Writer, field: number, value: number): void {
  if (value !== 0) writer.uint32(tagOf(field, wireType.varint)).uint32(value);
}

export function writeBool(writer: protobuf.Writer, field: number, value: boolean): void {
  if (value) writer.uint32(tagOf(field, wireType.varint)).bool(true);
}

export function writeCount(writer: protobuf.Writer, field: number, value: number): void {
  if (value !== 0) writer.uint32(tagOf(field, wireType.varint)).uint64(value);
}

export function writeDouble(writer: protobuf.Writer, field: number, value: number): void {
  if (!Object.is(value, 0)) writer.uint32(tagOf(field, wireType.fixed64)).double(value);
}

export function writeFixed64(writer: protobuf.Writer, field: number, value: bigint): void {
  if (value === 0n) return;
  const low = Number(value & 0xffff_ffffn);
  const high = Number((value >> 32n) & 0xffff_ffffn);
  writer.uint32(tagOf(field, wireType.fixed64)).fixed32(low).fixed32(high);
}

/** The memory of a typed array as one length-delimited field. */
export function writeBytes(writer: protobuf.Writer, field: number, value: ArrayBufferView): void {
  if (value.byteLength === 0) return;
  const view = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  writer.uint32(tagOf(field, wireType.bytes)).bytes(view);
}

/** Begins a message field; the caller writes its fields and ends it with `writer.ldelim()`. */
export function beginMessage(writer: protobuf.Writer, field: number): protobuf.Writer {
  return writer.uint32(tagOf(field, wireType.bytes)).fork();
}

/** Throws LIMIT_REACHED beyond `bound`: a message of 16 MiB could otherwise make millions of objects. */
export function pushBounded<T>(list: T[], item: T, { name, bound }: { name: string; bound: number }): void {
  if (list.length >= bound) {
    throw new WcaError('LIMIT_REACHED', { subject: name, message: `more than ${bound} in one message` });
  }
  list.push(item);
}
