import type protobuf from 'protobufjs/minimal.js';
import { checkAllocationValue } from '../allocation/check-value.ts';
import { type AllocationValue, allocationTypes } from '../allocation/values.ts';
import { WcaError } from '../errors/wca-error.ts';
import { readAllocationValue } from './allocation-value-codec.ts';
import { limits } from './limits.ts';
import type { ApiVersion } from './version.ts';
import { readTarget } from './watch-codec.ts';
import type { Target } from './watch-messages.ts';
import { readVersion } from './watch-spec-codec.ts';
import { decodeUntrusted, pushBounded, readEnd, readFields, readFixed64 } from './wire.ts';

/** TypeScript form of wca.v1.AllocateRequest; see collector.proto. */
export interface AllocateRequest {
  /** undefined: not told. */
  readonly client: ApiVersion | undefined;
  readonly requestId: string;
  readonly dryRun: boolean;
  readonly leaseId: string;
  readonly leaseTtlMs: number;
  readonly reassert: boolean;
  readonly targets: readonly RequestedTarget[];
}

export interface RequestedTarget {
  readonly target: Target;
  readonly identity: bigint;
  /** Each can be worked with, one of a type. */
  readonly values: readonly AllocationValue[];
}

const subject = 'AllocateRequest';

/**
 * Decodes by hand, so that no list outgrows its bound while it is read and 64-bit numbers stay exact. Throws
 * INVALID_ARGUMENT for bytes that are no AllocateRequest and for values that cannot be worked with, LIMIT_REACHED.
 */
export function decodeAllocateRequest(bytes: Uint8Array): AllocateRequest {
  return decodeUntrusted(bytes, subject, (reader) => {
    const targets: RequestedTarget[] = [];
    let client: ApiVersion | undefined;
    const request = { requestId: '', dryRun: false, leaseId: '', leaseTtlMs: 0, reassert: false };
    const end = reader.len;
    const bounded = { name: `${subject}.targets`, bound: limits.maxAllocatedTargets };
    readFields(reader, end, (tag) => {
      if (tag === 10) client = readVersion(reader, readEnd(reader, end));
      else if (tag === 18) request.requestId = reader.string();
      else if (tag === 24) request.dryRun = reader.bool();
      else if (tag === 34) request.leaseId = reader.string();
      else if (tag === 40) request.leaseTtlMs = reader.uint32();
      else if (tag === 48) request.reassert = reader.bool();
      else if (tag === 58) pushBounded(targets, readTargetAllocation(reader, readEnd(reader, end)), bounded);
      else return false;
      return true;
    });
    return { ...request, client, targets };
  });
}

function readTargetAllocation(reader: protobuf.Reader, end: number): RequestedTarget {
  let target: Target | undefined;
  let identity = 0n;
  const values: AllocationValue[] = [];
  readFields(reader, end, (tag) => {
    if (tag === 10) target = readTarget(reader, readEnd(reader, end));
    else if (tag === 17) identity = readFixed64(reader);
    else if (tag === 26) {
      pushBounded(values, readValue(reader, readEnd(reader, end)), {
        name: `${subject}.targets.values`,
        bound: allocationTypes.length,
      });
    } else return false;
    return true;
  });
  if (target === undefined) throw bad('a target is missing');
  if (new Set(values.map(({ type }) => type)).size < values.length) {
    throw bad(`two values of one type for ${JSON.stringify(target.id.slice(0, 80))}`);
  }
  return { target, identity, values };
}

function readValue(reader: protobuf.Reader, end: number): AllocationValue {
  const value = readAllocationValue(reader, end)?.value;
  if (value === undefined) throw bad('a value is of no type that this collector knows');
  const fault = checkAllocationValue(value);
  if (fault !== undefined) throw fault;
  return value;
}

function bad(message: string): WcaError {
  return new WcaError('INVALID_ARGUMENT', { subject, message });
}
