import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import {
  decodeWatchRequest,
  decodeWatchResponse,
  encodeWatchRequest,
  encodeWatchResponse,
} from '../../../../shared/rpc/watch-codec.ts';
import type {
  Column,
  ColumnValues,
  Snapshot,
  WatchRequest,
  WatchResponse,
  WatchSpec,
  WireError,
} from '../../../../shared/rpc/watch-messages.ts';
import { allocations, membersOfOneof, plainAllocations } from '../../../kit/allocation-values.ts';
import { packageRoot } from '../../../kit/package-root.ts';

/** The reference: protobufjs reading the contract itself. */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => join(packageRoot(), 'proto', target);
root.loadSync('wca/v1/collector.proto');
const requestType = root.lookupType('wca.v1.WatchRequest');
const responseType = root.lookupType('wca.v1.WatchResponse');

const uint32 = fc.nat({ max: 0xffff_ffff });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const double = fc.double();

const on = fc.constant(true);
const spec: fc.Arbitrary<WatchSpec> = fc.record(
  {
    client: fc.record({ major: uint32, minor: uint32, software: text }),
    intervalMs: uint32,
    events: fc.array(text, { maxLength: 5 }),
    perCpu: fc.boolean(),
    costlyEvery: uint32,
    rdt: fc.record({ required: fc.boolean(), perDomain: fc.boolean() }),
    wss: fc.record({
      resetEvery: uint32,
      stableCycles: fc.integer(),
      membwThreshold: fc.option(fc.double(), { nil: undefined }),
    }),
    sched: on,
    vmstat: on,
    zoneinfo: on,
    uncore: fc.record({ required: fc.boolean(), groups: fc.array(fc.array(text, { maxLength: 3 }), { maxLength: 3 }) }),
    memoryModules: fc.record({ required: fc.boolean() }),
    currentAllocations: on,
  },
  { requiredKeys: ['client', 'intervalMs', 'events', 'perCpu', 'costlyEvery'] },
);

const request: fc.Arbitrary<WatchRequest> = fc.oneof(
  fc.record({ kind: fc.constant('spec' as const), spec }),
  fc.record({
    kind: fc.constant('targets' as const),
    targets: fc.record({
      revision: uint32,
      upsert: fc.array(fc.record({ id: text, cgroupPath: text, childCgroupPaths: fc.array(text, { maxLength: 4 }) }), {
        maxLength: 5,
      }),
      remove: fc.array(text, { maxLength: 5 }),
    }),
  }),
);

const error: fc.Arbitrary<WireError> = fc.record({
  code: text,
  subject: text,
  message: text,
  remedy: text,
  errno: text,
});
const column: fc.Arbitrary<Column> = fc.record({
  metric: text,
  labels: fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 3 }).map(Object.fromEntries),
  kind: fc.constantFrom('u64', 'f64'),
  divisor: double,
});

function u64Values(values: readonly bigint[], absent: Uint8Array): ColumnValues {
  const words = new Uint32Array(BigUint64Array.from(values).buffer);
  return { kind: 'u64', words, doubles: new Float64Array(words.buffer), absent };
}

function f64Values(values: readonly number[], absent: Uint8Array): ColumnValues {
  const doubles = Float64Array.from(values);
  return { kind: 'f64', words: new Uint32Array(doubles.buffer), doubles, absent };
}

const absent = fc.uint8Array({ maxLength: 2 });
const values = fc.oneof(
  fc.tuple(fc.array(uint64, { minLength: 1, maxLength: 9 }), absent).map(([list, bits]) => u64Values(list, bits)),
  fc.tuple(fc.array(double, { minLength: 1, maxLength: 9 }), absent).map(([list, bits]) => f64Values(list, bits)),
);

const snapshot: fc.Arbitrary<Snapshot> = fc.record({
  sequence: count,
  realtimeNs: uint64,
  monotonicNs: uint64,
  schemaId: uint32,
  rosterId: uint32,
  lost: count,
  platform: fc.array(values, { maxLength: 3 }),
  targets: fc.array(values, { maxLength: 3 }),
  states: fc.array(fc.constantFrom(1, 2, 3, 4), { maxLength: 9 }).map((list) => Uint8Array.from(list)),
  generations: fc.array(uint64, { maxLength: 9 }).map((list) => new Uint32Array(BigUint64Array.from(list).buffer)),
  errors: fc.array(fc.record({ row: uint32, error }), { maxLength: 2 }),
  steps: fc.array(fc.record({ name: text, seconds: double }), { maxLength: 2 }),
  allocationsId: uint32,
});

const response: fc.Arbitrary<WatchResponse> = fc.oneof(
  fc.record({
    kind: fc.constant('schema' as const),
    schema: fc.record({
      id: uint32,
      platform: fc.array(column, { maxLength: 3 }),
      target: fc.array(column, { maxLength: 3 }),
      unavailable: fc.array(error, { maxLength: 2 }),
      notes: fc.array(error, { maxLength: 2 }),
    }),
  }),
  fc.record({
    kind: fc.constant('roster' as const),
    roster: fc.record({ id: uint32, targetsRevision: uint32, targetIds: fc.array(text, { maxLength: 5 }) }),
  }),
  fc.record({ kind: fc.constant('snapshot' as const), snapshot }),
  fc.record({ kind: fc.constant('allocations' as const), allocations }),
);

/** The plain object that protobufjs wants for one of our responses. */
function plainResponse(message: WatchResponse): Record<string, unknown> {
  if (message.kind === 'roster') return { roster: message.roster };
  if (message.kind === 'allocations') return { allocations: plainAllocations(message.allocations) };
  if (message.kind === 'schema') {
    const plainColumn = (c: Column): unknown => ({ ...c, kind: c.kind === 'u64' ? 1 : 2 });
    const { id, platform, target, unavailable, notes } = message.schema;
    return { schema: { id, platform: platform.map(plainColumn), target: target.map(plainColumn), unavailable, notes } };
  }
  const { states, generations, platform, targets, ...scalars } = message.snapshot;
  return {
    snapshot: {
      ...scalars,
      platform: platform.map(plainValues),
      targets: targets.map(plainValues),
      states: [...states],
      generations: [...new BigUint64Array(generations.slice().buffer)],
    },
  };
}

function plainValues({ kind, words, doubles, absent: bits }: ColumnValues): unknown {
  return kind === 'u64'
    ? { u64: [...new BigUint64Array(words.slice().buffer)], absent: bits }
    : { f64: [...doubles], absent: bits };
}

/** Kept when empty or 0: map entries, fields that the contract calls optional, members of a oneof. */
const kept = ['labels', 'membwThreshold', 'quotaUs', 'group', 'bytes', ...membersOfOneof];

/** A proto3 encoder omits defaults; protobufjs writes what is set, so the defaults are taken out first. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(item));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, v]) =>
          v !== undefined &&
          (kept.includes(key) || !(v === '' || Object.is(v, 0) || v === 0n || v === false || isEmpty(v))),
      )
      .map(([key, v]) => [key, key === 'labels' ? v : withoutDefaults(v)]),
  );
}

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}

function reference(type: protobuf.Type, plain: unknown): Uint8Array {
  const clean: Record<string, unknown> = Object.fromEntries(Object.entries(Object(withoutDefaults(plain))));
  return type.encode(type.fromObject(clean)).finish();
}

function plainRequest(message: WatchRequest): unknown {
  if (message.kind === 'targets') return { targets: message.targets };
  const { uncore, ...others } = message.spec;
  if (uncore === undefined) return { spec: others };
  return { spec: { ...others, uncore: { ...uncore, groups: uncore.groups.map((events) => ({ events })) } } };
}

test('WatchRequest has byte for byte the encoding of the contract', () => {
  fc.assert(
    fc.property(request, (message) => {
      assert.deepEqual(Buffer.from(reference(requestType, plainRequest(message))), encodeWatchRequest(message));
    }),
  );
});

test('WatchResponse has byte for byte the encoding of the contract', () => {
  fc.assert(
    fc.property(response, (message) => {
      assert.deepEqual(Buffer.from(reference(responseType, plainResponse(message))), encodeWatchResponse(message));
    }),
  );
});

test('decodeWatchRequest reads what the reference writes', () => {
  fc.assert(
    fc.property(request, (message) => {
      assert.deepEqual(decodeWatchRequest(reference(requestType, plainRequest(message))), structuredClone(message));
    }),
  );
});

test('decodeWatchResponse reads what the reference writes, at any alignment', () => {
  fc.assert(
    fc.property(response, fc.nat({ max: 7 }), (message, shift) => {
      const bytes = reference(responseType, plainResponse(message));
      const shifted = Buffer.alloc(bytes.length + shift);
      shifted.set(bytes, shift);
      assert.deepEqual(decodeWatchResponse(shifted.subarray(shift)), structuredClone(message));
    }),
  );
});

test('columns keep NaN, -0, infinities and 2^64-1 bit for bit', () => {
  const floats = f64Values([Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324], new Uint8Array(0));
  const counters = u64Values([2n ** 64n - 1n, 2n ** 53n + 1n, 0n, 1n], Uint8Array.of(0b100));
  const bytes = encodeWatchResponse({ kind: 'snapshot', snapshot: { ...emptySnapshot, targets: [floats, counters] } });
  const decoded = decodeWatchResponse(bytes);
  assert.ok(decoded.kind === 'snapshot');
  assert.deepEqual(
    decoded.snapshot.targets.map(({ words }) => words),
    [floats.words, counters.words],
  );
});

const emptySnapshot: Snapshot = {
  sequence: 1,
  realtimeNs: 0n,
  monotonicNs: 0n,
  schemaId: 1,
  rosterId: 1,
  lost: 0,
  platform: [],
  targets: [],
  states: new Uint8Array(0),
  generations: new Uint32Array(0),
  errors: [],
  steps: [],
  allocationsId: 0,
};

test('a column of no rows survives', () => {
  const bytes = encodeWatchResponse({
    kind: 'snapshot',
    snapshot: { ...emptySnapshot, targets: [f64Values([], new Uint8Array(0))] },
  });
  const decoded = decodeWatchResponse(bytes);
  assert.equal(decoded.kind === 'snapshot' ? decoded.snapshot.targets[0]?.words.length : undefined, 0);
});

test('fields of a newer peer are skipped', () => {
  const newer = protobuf
    .parse(`syntax = "proto3";
    message Extra { string text = 1; fixed64 wide = 2; fixed32 narrow = 3; }
    message TargetUpdate { uint32 revision = 1; Extra extra = 100; repeated string remove = 3; double more = 101; }
    message WatchRequest { TargetUpdate targets = 2; Extra extra = 200; }`)
    .root.lookupType('WatchRequest');
  const extra = { text: 'x', wide: 7, narrow: 9 };
  const bytes = newer
    .encode(newer.fromObject({ targets: { revision: 3, extra, remove: ['a'], more: 1.5 }, extra }))
    .finish();
  assert.deepEqual(decodeWatchRequest(bytes), {
    kind: 'targets',
    targets: { revision: 3, upsert: [], remove: ['a'] },
  });
});

/** Either decodes or says INVALID_ARGUMENT or LIMIT_REACHED. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (thrown) {
    assert.ok(thrown instanceof WcaError, String(thrown));
    assert.ok(thrown.code === 'INVALID_ARGUMENT' || thrown.code === 'LIMIT_REACHED', thrown.code);
  }
}

test('decoders survive any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      survives(decodeWatchRequest, bytes);
      survives(decodeWatchResponse, bytes);
    }),
    { numRuns: 2_000 },
  );
});

test('decoders survive a flipped byte anywhere', () => {
  fc.assert(
    fc.property(response, fc.nat(), fc.nat({ max: 255 }), (message, at, byte) => {
      const bytes = encodeWatchResponse(message);
      bytes[at % bytes.length] = byte;
      survives(decodeWatchResponse, bytes);
    }),
    { numRuns: 1_000 },
  );
});

test('decoders refuse a message cut at any byte', () => {
  fc.assert(
    fc.property(request, response, (ask, answer) => {
      const [asked, answered] = [encodeWatchRequest(ask), encodeWatchResponse(answer)];
      for (let n = 0; n < asked.length; n += 1) assert.throws(() => decodeWatchRequest(asked.subarray(0, n)), WcaError);
      for (let n = 0; n < answered.length; n += 1) {
        assert.throws(() => decodeWatchResponse(answered.subarray(0, n)), WcaError);
      }
    }),
    { numRuns: 30 },
  );
});

test('a length that claims 4 GiB allocates nothing', () => {
  // WatchResponse.snapshot { targets { u64: length 0xffffffff } }
  const bytes = Buffer.from('1a0842060affffffff0f', 'hex');
  assert.throws(() => decodeWatchResponse(bytes), { code: 'INVALID_ARGUMENT' });
});

test('groups nested a million deep are refused without a crash', () => {
  assert.throws(() => decodeWatchRequest(Buffer.alloc(1_000_000, 0x0b)), { code: 'INVALID_ARGUMENT' });
});

const bounds: readonly { name: string; request: WatchRequest }[] = [
  {
    name: 'targets.upsert',
    request: {
      kind: 'targets',
      targets: {
        revision: 1,
        upsert: Array.from({ length: limits.maxTargets + 1 }, () => ({
          id: 'a',
          cgroupPath: '',
          childCgroupPaths: [],
        })),
        remove: [],
      },
    },
  },
  {
    name: 'targets.remove',
    request: {
      kind: 'targets',
      targets: { revision: 1, upsert: [], remove: Array.from({ length: limits.maxTargets + 1 }, () => 'a') },
    },
  },
  {
    name: 'child_cgroup_paths',
    request: {
      kind: 'targets',
      targets: {
        revision: 1,
        upsert: [
          { id: 'a', cgroupPath: '/a', childCgroupPaths: Array.from({ length: limits.maxChildren + 1 }, () => '/b') },
        ],
        remove: [],
      },
    },
  },
  {
    name: 'events',
    request: {
      kind: 'spec',
      spec: {
        client: { major: 1, minor: 0, software: '' },
        intervalMs: 1000,
        events: Array.from({ length: limits.maxEvents + 1 }, () => 'task_cycles'),
        perCpu: false,
        costlyEvery: 1,
      },
    },
  },
];
for (const { name, request: message } of bounds) {
  test(`decodeWatchRequest stops at the bound of ${name}`, () => {
    assert.throws(() => decodeWatchRequest(encodeWatchRequest(message)), { code: 'LIMIT_REACHED' });
  });
}

test('an empty request is refused', () => {
  assert.throws(() => decodeWatchRequest(new Uint8Array(0)), { code: 'INVALID_ARGUMENT' });
});
