import type protobuf from 'protobufjs/minimal.js';
import {
  type AllocationValue,
  type CurrentValue,
  type MigrationProgress,
  type ShareConversion,
  shareConversions,
} from '../allocation/values.ts';
import { WcaError } from '../errors/wca-error.ts';
import {
  beginMessage,
  pushBounded,
  readCount,
  readEnd,
  readFields,
  tagOf,
  wireType,
  writeBool,
  writeCount,
  writeString,
  writeUint32,
} from './wire.ts';

/** wca.v1.AllocationValue by hand: for the Watch stream, and for requests, whose lists must be bounded while they are read. */

type Writer = protobuf.Writer;
type Reader = protobuf.Reader;

/** Fields of the oneof. A member of a oneof is written with its default too. */
const field = {
  cpu_quota: 1,
  cpu_shares: 2,
  cpuset_cpus: 3,
  cpuset_mems: 4,
  cpuset_memory_migrate: 5,
  migrate_pages: 6,
  rdt: 7,
  cpu_idle: 8,
  cpu_burst: 9,
  memory_high: 10,
  memory_low: 11,
  io_weight: 12,
} as const;

const maxLines = 64;

/** Writes the fields of AllocationValue; the caller begins and ends the message. */
export function writeAllocationValue(writer: Writer, { value, weight, progress }: Omit<CurrentValue, 'raw'>): void {
  const at = field[value.type];
  switch (value.type) {
    case 'cpu_quota':
      writeOptionalCount(beginMessage(writer, at), 1, value.quotaUs);
      writeCount(writer, 2, value.periodUs);
      writer.ldelim();
      break;
    case 'cpu_shares':
      writeCount(beginMessage(writer, at), 1, value.shares);
      writeString(writer, 2, value.conversion === 'kernel' ? '' : value.conversion);
      writeUint32(writer, 3, weight ?? 0);
      writer.ldelim();
      break;
    case 'cpuset_cpus':
    case 'cpuset_mems':
      writer.uint32(tagOf(at, wireType.bytes)).string(value.ids);
      break;
    case 'cpuset_memory_migrate':
    case 'cpu_idle':
      writer.uint32(tagOf(at, wireType.varint)).bool(value.on);
      break;
    case 'migrate_pages':
      writeUint32(beginMessage(writer, at), 1, value.node);
      writeBool(writer, 2, value.bulk);
      if (progress !== undefined) writeProgress(writer, progress);
      writer.ldelim();
      break;
    case 'rdt':
      beginMessage(writer, at);
      if (value.group !== undefined) writer.uint32(tagOf(1, wireType.bytes)).string(value.group);
      for (const line of value.lines) writer.uint32(tagOf(2, wireType.bytes)).string(line);
      writer.ldelim();
      break;
    case 'cpu_burst':
      writer.uint32(tagOf(at, wireType.varint)).uint64(value.burstUs);
      break;
    case 'memory_high':
    case 'memory_low':
      writeOptionalCount(beginMessage(writer, at), 1, value.bytes);
      writer.ldelim();
      break;
    case 'io_weight':
      writer.uint32(tagOf(at, wireType.varint)).uint32(value.weight);
      break;
  }
}

function writeOptionalCount(writer: Writer, at: number, count: number | undefined): void {
  if (count !== undefined) writer.uint32(tagOf(at, wireType.varint)).uint64(count);
}

function writeProgress(writer: Writer, { moved, notMoved, left, running }: MigrationProgress): void {
  writeCount(writer, 3, moved);
  writeCount(writer, 4, notMoved);
  writeCount(writer, 5, left);
  writeBool(writer, 6, running);
}

/**
 * Reads an AllocationValue that ends at `end`; undefined when none is set, or one of a newer peer. Numbers above 2^53
 * come out rounded, above it still. Throws INVALID_ARGUMENT for an unknown conversion, LIMIT_REACHED.
 */
export function readAllocationValue(reader: Reader, end: number): Omit<CurrentValue, 'raw'> | undefined {
  let read: Omit<CurrentValue, 'raw'> | undefined;
  readFields(reader, end, (tag) => {
    const next = readMember(reader, { tag, end });
    if (next === undefined) return false;
    read = next;
    return true;
  });
  return read;
}

function readMember(
  reader: Reader,
  { tag, end }: { readonly tag: number; readonly end: number },
): Omit<CurrentValue, 'raw'> | undefined {
  switch (tag) {
    case tagOf(field.cpu_quota, wireType.bytes):
      return { value: readQuota(reader, readEnd(reader, end)) };
    case tagOf(field.cpu_shares, wireType.bytes):
      return readShares(reader, readEnd(reader, end));
    case tagOf(field.cpuset_cpus, wireType.bytes):
      return { value: { type: 'cpuset_cpus', ids: reader.string() } };
    case tagOf(field.cpuset_mems, wireType.bytes):
      return { value: { type: 'cpuset_mems', ids: reader.string() } };
    case tagOf(field.cpuset_memory_migrate, wireType.varint):
      return { value: { type: 'cpuset_memory_migrate', on: reader.bool() } };
    case tagOf(field.migrate_pages, wireType.bytes):
      return readMigration(reader, readEnd(reader, end));
    case tagOf(field.rdt, wireType.bytes):
      return { value: readRdt(reader, readEnd(reader, end)) };
    case tagOf(field.cpu_idle, wireType.varint):
      return { value: { type: 'cpu_idle', on: reader.bool() } };
    case tagOf(field.cpu_burst, wireType.varint):
      return { value: { type: 'cpu_burst', burstUs: readCount(reader) } };
    case tagOf(field.memory_high, wireType.bytes):
      return { value: { type: 'memory_high', bytes: readBound(reader, readEnd(reader, end)) } };
    case tagOf(field.memory_low, wireType.bytes):
      return { value: { type: 'memory_low', bytes: readBound(reader, readEnd(reader, end)) } };
    case tagOf(field.io_weight, wireType.varint):
      return { value: { type: 'io_weight', weight: reader.uint32() } };
    default:
      return undefined;
  }
}

function readQuota(reader: Reader, end: number): AllocationValue {
  let quotaUs: number | undefined;
  let periodUs = 0;
  readFields(reader, end, (tag) => {
    if (tag === 8) quotaUs = readCount(reader);
    else if (tag === 16) periodUs = readCount(reader);
    else return false;
    return true;
  });
  return { type: 'cpu_quota', quotaUs, periodUs };
}

function readShares(reader: Reader, end: number): Omit<CurrentValue, 'raw'> {
  let shares = 0;
  let conversion = '';
  let weight = 0;
  readFields(reader, end, (tag) => {
    if (tag === 8) shares = readCount(reader);
    else if (tag === 18) conversion = reader.string();
    else if (tag === 24) weight = reader.uint32();
    else return false;
    return true;
  });
  const value: AllocationValue = { type: 'cpu_shares', shares, conversion: parseConversion(conversion) };
  return weight === 0 ? { value } : { value, weight };
}

/** Empty is the kernel's. Throws INVALID_ARGUMENT. */
export function parseConversion(text: string): ShareConversion {
  const found = shareConversions.find((name) => name === (text === '' ? 'kernel' : text));
  if (found !== undefined) return found;
  throw new WcaError('INVALID_ARGUMENT', {
    subject: 'cpu_shares',
    message: `there is no conversion ${JSON.stringify(text.slice(0, 40))}`,
    remedy: `known are ${shareConversions.join(', ')}`,
  });
}

function readMigration(reader: Reader, end: number): Omit<CurrentValue, 'raw'> {
  const value = { type: 'migrate_pages' as const, node: 0, bulk: false };
  const progress = { moved: 0, notMoved: 0, left: 0, running: false };
  readFields(reader, end, (tag) => {
    if (tag === 8) value.node = reader.uint32();
    else if (tag === 16) value.bulk = reader.bool();
    else if (tag === 24) progress.moved = readCount(reader);
    else if (tag === 32) progress.notMoved = readCount(reader);
    else if (tag === 40) progress.left = readCount(reader);
    else if (tag === 48) progress.running = reader.bool();
    else return false;
    return true;
  });
  return { value, progress };
}

function readRdt(reader: Reader, end: number): AllocationValue {
  let group: string | undefined;
  const lines: string[] = [];
  readFields(reader, end, (tag) => {
    if (tag === 10) group = reader.string();
    else if (tag === 18) pushBounded(lines, reader.string(), { name: 'RdtAllocation.lines', bound: maxLines });
    else return false;
    return true;
  });
  return { type: 'rdt', group, lines };
}

function readBound(reader: Reader, end: number): number | undefined {
  let bytes: number | undefined;
  readFields(reader, end, (tag) => {
    if (tag !== 8) return false;
    bytes = readCount(reader);
    return true;
  });
  return bytes;
}
