import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAllocationValue } from '../../../../shared/allocation/check-value.ts';
import { outcomes, type TargetResult } from '../../../../shared/allocation/results.ts';
import { type AllocationValue, allocationTypes } from '../../../../shared/allocation/values.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import { decodeAllocateRequest } from '../../../../shared/rpc/allocate-request-codec.ts';
import {
  decodeAllocationValue,
  decodeTargetResult,
  encodeAllocationValue,
  encodeTargetResult,
} from '../../../../shared/rpc/allocation-codec.ts';
import type { AllocateRequest, AllocateRequest__Output } from '../../../../shared/rpc/gen/wca/v1/AllocateRequest.ts';
import type { AllocateResponse__Output } from '../../../../shared/rpc/gen/wca/v1/AllocateResponse.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import { loadContract } from '../../../../shared/rpc/proto.ts';
import { allocationValue } from '../../../kit/allocation-values.ts';

const { collector } = loadContract();
const method = collector['Allocate'];
assert.ok(method !== undefined);
const asRequest = (request: AllocateRequest): Buffer => method.requestSerialize(request);
/** What a server without the hand codec gets. */
const fromRequest = (bytes: Buffer): AllocateRequest__Output =>
  method.requestDeserialize(bytes) as AllocateRequest__Output;

const text = fc.string({ maxLength: 12 });
const target = fc.record({ id: text, cgroupPath: text, childCgroupPaths: fc.array(text, { maxLength: 3 }) });
const request = fc.record({
  requestId: text,
  dryRun: fc.boolean(),
  leaseId: text,
  leaseTtlMs: fc.nat({ max: 0xffff_ffff }),
  reassert: fc.boolean(),
  targets: fc.array(
    fc.record({
      target,
      identity: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      values: fc.uniqueArray(allocationValue, { selector: ({ type }) => type, maxLength: 6 }),
    }),
    { maxLength: 4 },
  ),
});

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** As a client sends it. */
function encoded(message: Request): Buffer {
  return asRequest({
    ...message,
    targets: message.targets.map(({ target: to, identity, values }) => ({
      target: to,
      identity: identity.toString(),
      values: values.map(encodeAllocationValue),
    })),
  });
}

test('what a client encodes is what the collector decodes, 64-bit identities exactly', () => {
  fc.assert(
    fc.property(request, (message) => {
      assert.deepEqual(decodeAllocateRequest(encoded(message)), structuredClone({ ...message, client: undefined }));
    }),
  );
});

test('values survive the plain objects of proto-loader', () => {
  fc.assert(
    fc.property(allocationValue, (value) => {
      const bytes = asRequest({ targets: [{ values: [encodeAllocationValue(value)] }] });
      const decoded = fromRequest(bytes);
      const wire = decoded.targets[0]?.values[0];
      assert.deepEqual(wire === undefined ? undefined : decodeAllocationValue(wire), structuredClone(value));
    }),
  );
});

test('results survive the way to the client', () => {
  const error = fc
    .record({ subject: text, message: text, remedy: fc.constantFrom('do that', undefined) })
    .map(
      ({ remedy, ...facts }) => new WcaError('NOT_ALLOWED', { ...facts, ...(remedy === undefined ? {} : { remedy }) }),
    );
  const maybeError = fc.option(error, { nil: undefined });
  const result: fc.Arbitrary<TargetResult> = fc.record({
    targetId: text,
    error: maybeError,
    values: fc.array(
      fc.record({
        type: fc.constantFrom(...allocationTypes),
        outcome: fc.constantFrom(...outcomes),
        error: maybeError,
        writes: fc.array(fc.record({ file: text, before: text, after: text }), { maxLength: 3 }),
      }),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(result, (one) => {
      const bytes = method.responseSerialize({ results: [encodeTargetResult(one)] });
      const answer = method.responseDeserialize(bytes) as AllocateResponse__Output;
      const [back] = answer.results.map(decodeTargetResult);
      assert.deepEqual(plain(back), plain(one));
    }),
  );
});

/** Errors compare by their stacks otherwise. */
function plain(result: TargetResult | undefined): unknown {
  return JSON.parse(
    JSON.stringify(result ?? null, (_key, value) => (value instanceof WcaError ? value.toText() : value)),
  );
}

test('results of types and outcomes of a newer collector are left out', () => {
  const values = [
    { type: 'gpu_share', outcome: 'OUTCOME_APPLIED' as const, error: null, writes: [] },
    { type: 'cpu_quota', outcome: 'OUTCOME_UNSPECIFIED' as const, error: null, writes: [] },
    { type: 'cpu_quota', outcome: 'OUTCOME_FAILED' as const, error: null, writes: [] },
  ];
  const { values: known } = decodeTargetResult({ targetId: 't', error: null, values });
  assert.deepEqual(known, [{ type: 'cpu_quota', outcome: 'failed', error: undefined, writes: [] }]);
});

function requestOf(...values: readonly object[]): Buffer {
  return asRequest({ targets: [{ target: { id: 't', cgroupPath: '/t' }, values: [...values] }] });
}

const refused: readonly { readonly name: string; readonly bytes: () => Buffer; readonly code?: string }[] = [
  { name: 'a value without a type', bytes: () => requestOf({}) },
  { name: 'two values of one type', bytes: () => requestOf({ cpuIdle: true }, { cpuIdle: false }) },
  { name: 'a target without a name', bytes: () => asRequest({ targets: [{ values: [] }] }) },
  { name: 'a quota of 2^53', bytes: () => requestOf({ cpuQuota: { quotaUs: '9007199254740992', periodUs: 1 } }) },
  { name: 'memory of 2^64-1', bytes: () => requestOf({ memoryHigh: { bytes: '18446744073709551615' } }) },
  { name: 'a burst of 2^63', bytes: () => requestOf({ cpuBurstUs: '9223372036854775808' }) },
  { name: 'shares of 2^53', bytes: () => requestOf({ cpuShares: { shares: '9007199254740992' } }) },
  { name: 'an unknown conversion', bytes: () => requestOf({ cpuShares: { shares: 2, conversion: 'magic' } }) },
  { name: 'no ids', bytes: () => requestOf({ cpusetCpus: '' }) },
  { name: 'ids that are none', bytes: () => requestOf({ cpusetCpus: '0-3;rm' }) },
  { name: 'more ids than any kernel has', bytes: () => requestOf({ cpusetMems: '0-65535' }) },
  { name: 'a long list of ranges', bytes: () => requestOf({ cpusetCpus: Array(500).fill('0-4095').join(',') }) },
  { name: 'a group that is a path', bytes: () => requestOf({ rdt: { group: 'a/../..', lines: [] } }) },
  { name: 'a group of two dots', bytes: () => requestOf({ rdt: { group: '..', lines: [] } }) },
  { name: 'a group with a newline', bytes: () => requestOf({ rdt: { group: 'a\nb', lines: [] } }) },
  { name: 'a line that is two', bytes: () => requestOf({ rdt: { group: 'a', lines: ['L3:0=f\nMB:0=10'] } }) },
  {
    name: 'a thousand lines',
    bytes: () => requestOf({ rdt: { lines: Array(1_000).fill('L3:0=f') } }),
    code: 'LIMIT_REACHED',
  },
  { name: 'a hundred values', bytes: () => requestOf(...Array(100).fill({ cpuIdle: true })), code: 'LIMIT_REACHED' },
  {
    name: 'more targets than may be',
    bytes: () => asRequest({ targets: Array(limits.maxAllocatedTargets + 1).fill({ target: { id: 't' } }) }),
    code: 'LIMIT_REACHED',
  },
  {
    name: 'more containers than may be',
    bytes: () => asRequest({ targets: [{ target: { childCgroupPaths: Array(limits.maxChildren + 1).fill('/a') } }] }),
    code: 'LIMIT_REACHED',
  },
];
for (const { name, bytes, code = 'INVALID_ARGUMENT' } of refused) {
  test(`decodeAllocateRequest refuses ${name}`, () => {
    assert.throws(() => decodeAllocateRequest(bytes()), { code });
  });
}

test('a message of millions of empty targets is refused before it is read', () => {
  const bytes = Buffer.alloc(16 * 1024 * 1024);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x3a;
  assert.throws(() => decodeAllocateRequest(bytes), WcaError);
});

test('decodeAllocateRequest survives any bytes, any cut and any flipped byte', () => {
  const survives = (bytes: Uint8Array): void => {
    try {
      decodeAllocateRequest(bytes);
    } catch (thrown) {
      assert.ok(thrown instanceof WcaError, String(thrown));
      assert.ok(['INVALID_ARGUMENT', 'LIMIT_REACHED'].includes(thrown.code), thrown.code);
    }
  };
  fc.assert(
    fc.property(
      request,
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(),
      fc.nat({ max: 255 }),
      (message, any, at, byte) => {
        survives(any);
        const bytes = encoded(message);
        survives(bytes.subarray(0, at % (bytes.length + 1)));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        survives(bytes);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a value that no collector takes is not sent', () => {
  const wrong: readonly AllocationValue[] = [
    { type: 'cpu_quota', quotaUs: Number.NaN, periodUs: 100_000 },
    { type: 'cpu_quota', quotaUs: 1.5, periodUs: 100_000 },
    { type: 'cpu_burst', burstUs: -1 },
    { type: 'memory_high', bytes: Number.POSITIVE_INFINITY },
  ];
  for (const value of wrong) {
    assert.equal(checkAllocationValue(value)?.code, 'INVALID_ARGUMENT');
    assert.throws(() => encodeAllocationValue(value), { code: 'INVALID_ARGUMENT' });
  }
});
