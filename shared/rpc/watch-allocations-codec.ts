import type protobuf from 'protobufjs/minimal.js';
import { allocationTypes, type CurrentAllocations, type CurrentValue } from '../allocation/values.ts';
import { readAllocationValue, writeAllocationValue } from './allocation-value-codec.ts';
import { limits } from './limits.ts';
import type { Allocations } from './watch-messages.ts';
import {
  beginMessage,
  pushBounded,
  readEnd,
  readFields,
  readFixed64,
  writeFixed64,
  writeString,
  writeUint32,
} from './wire.ts';

/** WatchResponse.allocations; see watch-codec.ts. */

/** Writes the fields; the caller begins and ends the message. */
export function writeAllocations(writer: protobuf.Writer, { id, rosterId, targets }: Allocations): void {
  writeUint32(writer, 1, id);
  writeUint32(writer, 2, rosterId);
  for (const { identity, values } of targets) {
    writeFixed64(beginMessage(writer, 3), 1, identity);
    for (const current of values) writeCurrentValue(writer, current);
    writer.ldelim();
  }
}

function writeCurrentValue(writer: protobuf.Writer, current: CurrentValue): void {
  beginMessage(writer, 2);
  writeAllocationValue(beginMessage(writer, 1), current);
  writer.ldelim();
  writeString(writer, 2, current.raw);
  writer.ldelim();
}

/** Values of a type that this version does not know are left out. */
export function readAllocations(reader: protobuf.Reader, end: number): Allocations {
  const targets: CurrentAllocations[] = [];
  const allocations = { id: 0, rosterId: 0, targets };
  const bounded = { name: 'Allocations.targets', bound: limits.maxTargets };
  readFields(reader, end, (tag) => {
    if (tag === 8) allocations.id = reader.uint32();
    else if (tag === 16) allocations.rosterId = reader.uint32();
    else if (tag === 26) pushBounded(targets, readCurrent(reader, readEnd(reader, end)), bounded);
    else return false;
    return true;
  });
  return allocations;
}

function readCurrent(reader: protobuf.Reader, end: number): CurrentAllocations {
  let identity = 0n;
  const values: CurrentValue[] = [];
  // A newer collector may know more types.
  const bounded = { name: 'CurrentAllocations.values', bound: 4 * allocationTypes.length };
  readFields(reader, end, (tag) => {
    if (tag === 9) identity = readFixed64(reader);
    else if (tag === 18) {
      const value = readCurrentValue(reader, readEnd(reader, end));
      if (value !== undefined) pushBounded(values, value, bounded);
    } else return false;
    return true;
  });
  return { identity, values };
}

function readCurrentValue(reader: protobuf.Reader, end: number): CurrentValue | undefined {
  let read: Omit<CurrentValue, 'raw'> | undefined;
  let raw = '';
  readFields(reader, end, (tag) => {
    if (tag === 10) read = readAllocationValue(reader, readEnd(reader, end));
    else if (tag === 18) raw = reader.string();
    else return false;
    return true;
  });
  return read === undefined ? undefined : { ...read, raw };
}
