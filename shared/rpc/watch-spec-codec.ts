import type protobuf from 'protobufjs/minimal.js';
import { limits } from './limits.ts';
import type { ApiVersion } from './version.ts';
import type { MemoryModulesSpec, RdtSpec, UncoreSpec, WatchSpec, WssSpec } from './watch-messages.ts';
import {
  beginMessage,
  pushBounded,
  readEnd,
  readFields,
  tagOf,
  wireType,
  writeBool,
  writeString,
  writeUint32,
} from './wire.ts';

/** The first message of a Watch stream. Fields in ascending order, defaults left out, as any protobuf library writes. */

export function writeSpec(writer: protobuf.Writer, spec: WatchSpec): void {
  writeVersion(beginMessage(writer, 1), spec.client);
  writer.ldelim();
  writeUint32(writer, 2, spec.intervalMs);
  for (const event of spec.events) writer.uint32(26).string(event);
  writeBool(writer, 4, spec.perCpu);
  writeUint32(writer, 5, spec.costlyEvery);
  if (spec.rdt !== undefined) writeRdt(beginMessage(writer, 6), spec.rdt);
  if (spec.wss !== undefined) writeWss(beginMessage(writer, 7), spec.wss);
  writeBool(writer, 8, spec.sched === true);
  writeBool(writer, 9, spec.vmstat === true);
  writeBool(writer, 10, spec.zoneinfo === true);
  if (spec.uncore !== undefined) writeUncore(beginMessage(writer, 11), spec.uncore);
  if (spec.memoryModules !== undefined) {
    writeBool(beginMessage(writer, 12), 1, spec.memoryModules.required);
    writer.ldelim();
  }
  writeBool(writer, 13, spec.currentAllocations === true);
}

export function readSpec(reader: protobuf.Reader, end: number): WatchSpec {
  const spec: Writable<WatchSpec> = {
    client: { major: 0, minor: 0, software: '' },
    intervalMs: 0,
    events: [],
    perCpu: false,
    costlyEvery: 0,
  };
  const events: string[] = [];
  readFields(reader, end, (tag) => {
    if (tag === 10) spec.client = readVersion(reader, readEnd(reader, end));
    else if (tag === 16) spec.intervalMs = reader.uint32();
    else if (tag === 26) pushBounded(events, reader.string(), { name: 'WatchSpec.events', bound: limits.maxEvents });
    else if (tag === 32) spec.perCpu = reader.bool();
    else if (tag === 40) spec.costlyEvery = reader.uint32();
    else return readOption(spec, reader, { tag, end });
    return true;
  });
  return { ...spec, events };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readOption(spec: Writable<WatchSpec>, reader: protobuf.Reader, field: { tag: number; end: number }): boolean {
  const { tag, end } = field;
  if (tag === 50) spec.rdt = readRdt(reader, readEnd(reader, end));
  else if (tag === 58) spec.wss = readWss(reader, readEnd(reader, end));
  else if (tag === 64) spec.sched = reader.bool();
  else if (tag === 72) spec.vmstat = reader.bool();
  else if (tag === 80) spec.zoneinfo = reader.bool();
  else if (tag === 90) spec.uncore = readUncore(reader, readEnd(reader, end));
  else if (tag === 98) spec.memoryModules = readMemoryModules(reader, readEnd(reader, end));
  else if (tag === 104) spec.currentAllocations = reader.bool();
  else return false;
  return true;
}

function writeVersion(writer: protobuf.Writer, version: ApiVersion): void {
  writeUint32(writer, 1, version.major);
  writeUint32(writer, 2, version.minor);
  writeString(writer, 3, version.software);
}

export function readVersion(reader: protobuf.Reader, end: number): ApiVersion {
  const version = { major: 0, minor: 0, software: '' };
  readFields(reader, end, (tag) => {
    if (tag === 8) version.major = reader.uint32();
    else if (tag === 16) version.minor = reader.uint32();
    else if (tag === 26) version.software = reader.string();
    else return false;
    return true;
  });
  return version;
}

function writeRdt(writer: protobuf.Writer, { required, perDomain }: RdtSpec): void {
  writeBool(writer, 1, required);
  writeBool(writer, 2, perDomain);
  writer.ldelim();
}

function readRdt(reader: protobuf.Reader, end: number): RdtSpec {
  const rdt = { required: false, perDomain: false };
  readFields(reader, end, (tag) => {
    if (tag === 8) rdt.required = reader.bool();
    else if (tag === 16) rdt.perDomain = reader.bool();
    else return false;
    return true;
  });
  return rdt;
}

function writeWss(writer: protobuf.Writer, { resetEvery, stableCycles, membwThreshold }: WssSpec): void {
  writeUint32(writer, 1, resetEvery);
  if (stableCycles !== 0) writer.uint32(tagOf(2, wireType.varint)).sint32(stableCycles);
  // A field that may be absent is written with its default too.
  if (membwThreshold !== undefined) writer.uint32(tagOf(3, wireType.fixed64)).double(membwThreshold);
  writer.ldelim();
}

function readWss(reader: protobuf.Reader, end: number): WssSpec {
  const wss: Writable<WssSpec> = { resetEvery: 0, stableCycles: 0, membwThreshold: undefined };
  readFields(reader, end, (tag) => {
    if (tag === 8) wss.resetEvery = reader.uint32();
    else if (tag === 16) wss.stableCycles = reader.sint32();
    else if (tag === 25) wss.membwThreshold = reader.double();
    else return false;
    return true;
  });
  return wss;
}

function writeUncore(writer: protobuf.Writer, { required, groups }: UncoreSpec): void {
  writeBool(writer, 1, required);
  for (const events of groups) {
    beginMessage(writer, 2);
    for (const event of events) writer.uint32(10).string(event);
    writer.ldelim();
  }
  writer.ldelim();
}

function readUncore(reader: protobuf.Reader, end: number): UncoreSpec {
  let required = false;
  const groups: string[][] = [];
  const bound = limits.maxUncoreEvents;
  readFields(reader, end, (tag) => {
    if (tag === 8) required = reader.bool();
    else if (tag === 18) {
      pushBounded(groups, readUncoreGroup(reader, readEnd(reader, end)), { name: 'WatchSpec.uncore.groups', bound });
    } else return false;
    return true;
  });
  return { required, groups };
}

function readUncoreGroup(reader: protobuf.Reader, end: number): string[] {
  const events: string[] = [];
  const bound = limits.maxUncoreEvents;
  readFields(reader, end, (tag) => {
    if (tag !== 10) return false;
    pushBounded(events, reader.string(), { name: 'WatchSpec.uncore.groups.events', bound });
    return true;
  });
  return events;
}

function readMemoryModules(reader: protobuf.Reader, end: number): MemoryModulesSpec {
  let required = false;
  readFields(reader, end, (tag) => {
    if (tag !== 8) return false;
    required = reader.bool();
    return true;
  });
  return { required };
}
