import protobuf from 'protobufjs/minimal.js';
import { WcaError } from '../errors/wca-error.ts';
import { limits } from './limits.ts';
import type { Target, TargetUpdate, WatchRequest } from './watch-messages.ts';
import { readSpec, writeSpec } from './watch-spec-codec.ts';
import { beginMessage, decodeUntrusted, pushBounded, readEnd, readFields, writeString, writeUint32 } from './wire.ts';

export { decodeWatchResponse, encodeWatchResponse } from './watch-response-codec.ts';

/**
 * Hand codec of the Watch stream. It writes the bytes that any protobuf library writes for proto/wca/v1/collector.proto
 * and is fifty times cheaper than the generic one where it matters (packed columns are copied as memory).
 */

const subject = 'WatchRequest';

export function encodeWatchRequest(request: WatchRequest): Buffer {
  const writer = protobuf.Writer.create();
  if (request.kind === 'spec') writeSpec(beginMessage(writer, 1), request.spec);
  else writeUpdate(beginMessage(writer, 2), request.targets);
  return Buffer.from(writer.ldelim().finish());
}

/**
 * Throws INVALID_ARGUMENT for bytes that are no WatchRequest, LIMIT_REACHED when a list is longer than its bound: a
 * message of 16 MiB could otherwise make millions of objects.
 */
export function decodeWatchRequest(bytes: Uint8Array): WatchRequest {
  return decodeUntrusted(bytes, subject, (reader) => {
    let request: WatchRequest | undefined;
    readFields(reader, reader.len, (tag) => {
      if (tag === 10) request = { kind: 'spec', spec: readSpec(reader, readEnd(reader, reader.len)) };
      else if (tag === 18) request = { kind: 'targets', targets: readUpdate(reader, readEnd(reader, reader.len)) };
      else return false;
      return true;
    });
    if (request === undefined) {
      throw new WcaError('INVALID_ARGUMENT', { subject, message: 'neither spec nor targets is set' });
    }
    return request;
  });
}

function writeUpdate(writer: protobuf.Writer, update: TargetUpdate): void {
  writeUint32(writer, 1, update.revision);
  for (const target of update.upsert) {
    writeTarget(beginMessage(writer, 2), target);
    writer.ldelim();
  }
  for (const id of update.remove) writer.uint32(26).string(id);
}

function writeTarget(writer: protobuf.Writer, target: Target): void {
  writeString(writer, 1, target.id);
  writeString(writer, 2, target.cgroupPath);
  for (const path of target.childCgroupPaths) writer.uint32(26).string(path);
}

function readUpdate(reader: protobuf.Reader, end: number): TargetUpdate {
  const update = { revision: 0, upsert: [] as Target[], remove: [] as string[] };
  const bound = limits.maxTargets;
  readFields(reader, end, (tag) => {
    if (tag === 8) update.revision = reader.uint32();
    else if (tag === 18) {
      pushBounded(update.upsert, readTarget(reader, readEnd(reader, end)), {
        name: `${subject}.targets.upsert`,
        bound,
      });
    } else if (tag === 26) pushBounded(update.remove, reader.string(), { name: `${subject}.targets.remove`, bound });
    else return false;
    return true;
  });
  return update;
}

/** Throws LIMIT_REACHED. */
export function readTarget(reader: protobuf.Reader, end: number): Target {
  const target = { id: '', cgroupPath: '', childCgroupPaths: [] as string[] };
  readFields(reader, end, (tag) => {
    if (tag === 10) target.id = reader.string();
    else if (tag === 18) target.cgroupPath = reader.string();
    else if (tag === 26) {
      const bound = limits.maxChildren;
      pushBounded(target.childCgroupPaths, reader.string(), { name: `${subject}.child_cgroup_paths`, bound });
    } else return false;
    return true;
  });
  return target;
}
