import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { allocate } from '../../../../collector/service/allocate.ts';
import type { StreamCall } from '../../../../collector/service/calls.ts';
import { hold } from '../../../../collector/service/hold.ts';
import { listAllocations } from '../../../../collector/service/list-allocations.ts';
import { PeerRegistry } from '../../../../collector/service/peers.ts';
import { renewLease } from '../../../../collector/service/renew-lease.ts';
import { decoderOf } from '../../../../collector/service/requests.ts';
import { restore } from '../../../../collector/service/restore.ts';
import { type AuditCall, watchAudit } from '../../../../collector/service/watch-audit.ts';
import { WcaError } from '../../../../shared/errors/wca-error.ts';
import type { AllocateRequest } from '../../../../shared/rpc/allocate-request-codec.ts';
import type { HoldRequest__Output } from '../../../../shared/rpc/gen/wca/v1/HoldRequest.ts';
import type { RestoreRequest__Output } from '../../../../shared/rpc/gen/wca/v1/RestoreRequest.ts';
import { limits } from '../../../../shared/rpc/limits.ts';
import { loadContract } from '../../../../shared/rpc/proto.ts';
import { apiVersion } from '../../../../shared/rpc/version.ts';
import { FakeAllocationService, noAllocation } from '../../../kit/fake-allocation-service.ts';

const peer = { kind: 'local', pid: 4711, uid: 998, gid: 5 } as const;
const actor = { name: 'uid 998, pid 4711', principal: 'uid 998', pid: 4711 };

function setup() {
  const service = new FakeAllocationService();
  return { service, facade: { ok: true, value: service } as const };
}

function target(id: string, cgroupPath = `/${id}`, childCgroupPaths: readonly string[] = []) {
  const values = [{ type: 'cpu_idle', on: true }] as const;
  return { target: { id, cgroupPath, childCgroupPaths }, identity: 5n, values };
}

const plain: AllocateRequest = {
  client: undefined,
  requestId: 'r1',
  dryRun: false,
  leaseId: '',
  leaseTtlMs: 0,
  reassert: false,
  targets: [target('a')],
};

test('root and named users are operators, others only observe', () => {
  const peers = new PeerRegistry({ operatorUids: new Set([0, 998]), remote: new Map() });
  const may = (uid: number): boolean => peers.hasRole({ ...peer, uid }, 'operator');
  assert.deepEqual([may(0), may(998), may(999)], [true, true, false]);
  assert.ok(peers.hasRole({ ...peer, uid: 999 }, 'observer'));
});

test('a name in a certificate has the role it is given, another none; of several the greatest counts', () => {
  const remote = new Map([
    ['reader.example', 'observer'],
    ['spiffe://example/wca', 'operator'],
  ] as const);
  const peers = new PeerRegistry({ operatorUids: new Set(), remote });
  const roles = (identity: string): readonly boolean[] =>
    (['observer', 'operator'] as const).map((role) =>
      peers.hasRole({ kind: 'remote', identity, address: '10.0.0.5' }, role),
    );
  assert.deepEqual(roles('reader.example'), [true, false]);
  assert.deepEqual(roles('spiffe://example/wca'), [true, true]);
  assert.deepEqual(roles('stranger.example'), [false, false]);
  assert.equal(
    peers.chooseIdentity(['stranger.example', 'reader.example', 'spiffe://example/wca']),
    'spiffe://example/wca',
  );
  assert.equal(peers.chooseIdentity(['stranger.example', 'reader.example']), 'reader.example');
  assert.equal(peers.chooseIdentity(['stranger.example']), undefined);
});

test('Allocate hands over who asks, the lease and the targets with each container once', async () => {
  const { service, facade } = setup();
  const request = {
    ...plain,
    client: apiVersion,
    leaseId: 'l-1',
    leaseTtlMs: 5_000,
    dryRun: true,
    targets: [target('a', '/pod', ['/pod/c1', '/pod/c1', '/pod/c2'])],
  };
  const { results } = await allocate(facade)(request, { peer });
  assert.deepEqual(service.calls, [
    {
      actor,
      requestId: 'r1',
      dryRun: true,
      lease: { id: 'l-1', ttlMs: 5_000 },
      reassert: false,
      targets: [
        {
          target: { id: 'a', path: '/pod', children: ['/pod/c1', '/pod/c2'] },
          identity: 5n,
          values: [{ type: 'cpu_idle', on: true }],
        },
      ],
    },
  ]);
  assert.deepEqual(results, [
    { targetId: 'a', values: [{ type: 'cpu_idle', outcome: 'OUTCOME_APPLIED', writes: [] }] },
  ]);
});

test('a target with an impossible path or id is told in its place, the others are allocated', async () => {
  const { service, facade } = setup();
  const targets = [
    target('dots', '/a/../b'),
    target('a'),
    target('child', '/pod', ['/pod/c', '../etc']),
    target('', '/b'),
    target('x'.repeat(limits.maxIdBytes + 1), '/c'),
    target('b'),
  ];
  const { results = [] } = await allocate(facade)({ ...plain, targets }, { peer });
  assert.deepEqual(
    results.map(({ targetId, error }) => [targetId?.slice(0, 5), error?.code]),
    [
      ['dots', 'INVALID_ARGUMENT'],
      ['a', undefined],
      ['child', 'INVALID_ARGUMENT'],
      ['', 'INVALID_ARGUMENT'],
      ['xxxxx', 'INVALID_ARGUMENT'],
      ['b', undefined],
    ],
  );
  const [call] = service.calls as readonly {
    readonly targets: readonly { readonly target: { readonly id: string } }[];
  }[];
  assert.deepEqual(
    call?.targets.map(({ target: { id } }) => id),
    ['a', 'b'],
  );
});

const refusedAllocations: readonly {
  readonly name: string;
  readonly request: Partial<AllocateRequest>;
  readonly code?: string;
}[] = [
  { name: 'a time to live without a lease', request: { leaseTtlMs: 5_000 } },
  { name: 'a lease without a time to live', request: { leaseId: 'l' } },
  { name: 'a lease of an hour and more', request: { leaseId: 'l', leaseTtlMs: limits.maxLeaseMs + 1 } },
  { name: 'a lease of a moment', request: { leaseId: 'l', leaseTtlMs: limits.minLeaseMs - 1 } },
  { name: 'a lease with a blank', request: { leaseId: 'a b', leaseTtlMs: 5_000 } },
  { name: 'a lease with a newline', request: { leaseId: 'a\nb', leaseTtlMs: 5_000 } },
  { name: 'a long lease', request: { leaseId: 'x'.repeat(limits.maxIdBytes + 1), leaseTtlMs: 5_000 } },
  { name: 'a request id with an escape', request: { requestId: '\u001b[2J' } },
  { name: 'two targets of one id', request: { targets: [target('a'), target('a', '/b')] } },
  { name: 'another major version', request: { client: { ...apiVersion, major: 99 } }, code: 'VERSION_MISMATCH' },
];
for (const { name, request, code = 'INVALID_ARGUMENT' } of refusedAllocations) {
  test(`Allocate refuses ${name} before anything is done`, async () => {
    const { service, facade } = setup();
    await assert.rejects(allocate(facade)({ ...plain, ...request }, { peer }), { code });
    assert.deepEqual(service.calls, []);
  });
}

test('RenewLease keeps to the same bounds', async () => {
  const { service, facade } = setup();
  const renew = renewLease(facade);
  assert.deepEqual(await renew({ leaseId: 'l', ttlMs: 5_000 }, { peer }), { allocations: 7 });
  assert.deepEqual(service.calls, [{ leaseId: 'l', ttlMs: 5_000, actor }]);
  for (const [leaseId, ttlMs] of [
    ['', 5_000],
    ['l', 0],
    ['l', limits.maxLeaseMs + 1],
  ] as const) {
    await assert.rejects(renew({ leaseId, ttlMs }, { peer }), { code: 'INVALID_ARGUMENT' });
  }
});

const noRestore: RestoreRequest__Output = {
  cgroupPaths: [],
  all: false,
  leaseId: '',
  force: false,
  dryRun: false,
  requestId: '',
};

test('Restore takes paths, a lease or all, each path once', async () => {
  const { service, facade } = setup();
  const { results } = await restore(facade)({ ...noRestore, cgroupPaths: ['/a', '/a', '/b'], force: true }, { peer });
  assert.deepEqual(results, [
    { targetId: '/a', values: [] },
    { targetId: '/b', values: [] },
  ]);
  await restore(facade)({ ...noRestore, all: true }, { peer });
  await restore(facade)({ ...noRestore, leaseId: 'l' }, { peer });
  assert.equal(service.calls.length, 3);
});

const refusedRestores: readonly (readonly [string, Partial<RestoreRequest__Output>, string])[] = [
  ['nothing', {}, 'INVALID_ARGUMENT'],
  ['paths and all', { all: true, cgroupPaths: ['/a'] }, 'INVALID_ARGUMENT'],
  ['a path that leaves the tree', { cgroupPaths: ['/a', '/../b'] }, 'INVALID_ARGUMENT'],
  ['a lease that cannot be', { leaseId: 'a\0b' }, 'INVALID_ARGUMENT'],
  ['too many paths', { cgroupPaths: Array(limits.maxCgroups + 1).fill('/a') }, 'LIMIT_REACHED'],
];
for (const [name, request, code] of refusedRestores) {
  test(`Restore refuses ${name}`, async () => {
    const { service, facade } = setup();
    await assert.rejects(restore(facade)({ ...noRestore, ...request }, { peer }), { code });
    assert.deepEqual(service.calls, []);
  });
}

const refusedHolds: readonly (readonly [string, Partial<HoldRequest__Output>, string])[] = [
  ['nothing', {}, 'INVALID_ARGUMENT'],
  ['paths and all', { all: true, cgroupPaths: ['/a'] }, 'INVALID_ARGUMENT'],
  ['no path of a cgroup', { cgroupPaths: ['a'] }, 'INVALID_ARGUMENT'],
  ['too many paths', { cgroupPaths: Array(limits.maxHeld + 1).fill('/a') }, 'LIMIT_REACHED'],
];
for (const [name, request, code] of refusedHolds) {
  test(`Hold refuses ${name}`, async () => {
    const { service, facade } = setup();
    const whole: HoldRequest__Output = { cgroupPaths: [], all: false, hold: true, ...request };
    await assert.rejects(hold(facade)(whole, { peer }), { code });
    assert.deepEqual(service.calls, []);
  });
}

test('Hold answers what is held', async () => {
  const { service, facade } = setup();
  assert.deepEqual(await hold(facade)({ cgroupPaths: ['/a'], all: false, hold: true }, { peer }), {
    cgroupPaths: ['/a'],
  });
  assert.deepEqual(await hold(facade)({ cgroupPaths: [], all: true, hold: false }, { peer }), { cgroupPaths: ['/'] });
  assert.deepEqual(service.calls[0], { actor, paths: ['/a'], all: false, hold: true });
});

test('ListAllocations tells records with their problems', async () => {
  const { service, facade } = setup();
  service.records = [
    {
      path: '/a',
      type: 'cpu_quota',
      file: '/a cpu.max',
      original: 'max 100000',
      target: '50000 100000',
      current: '',
      problem: new WcaError('CHANGED_BY_OTHERS', { subject: '/a cpu.max', message: 'is 7' }),
      leaseId: 'l',
      leaseSecondsLeft: 3,
      owner: 'uid 998, pid 1',
      sinceSeconds: 8,
    },
  ];
  const answer = await listAllocations(facade)({ cgroupPaths: [] }, { peer });
  assert.deepEqual([answer.enabled, answer.held, answer.allocations?.length], [true, ['/held'], 1]);
  const [record] = answer.allocations ?? [];
  assert.deepEqual(
    [record?.cgroupPath, record?.problem?.code, record?.owner],
    ['/a', 'CHANGED_BY_OTHERS', 'uid 998, pid 1'],
  );
});

test('a collector that does not allocate says why', async () => {
  const { enabled, disabledReason } = await listAllocations(noAllocation)({ cgroupPaths: [] }, { peer });
  assert.deepEqual([enabled, disabledReason?.code], [false, 'FEATURE_ABSENT']);
  await assert.rejects(allocate(noAllocation)(plain, { peer }), { code: 'FEATURE_ABSENT' });
  await assert.rejects(restore(noAllocation)({ ...noRestore, all: true }, { peer }), { code: 'FEATURE_ABSENT' });
});

/** A stream whose client reads when it likes. */
class FakeAuditCall extends EventEmitter {
  readonly request = Buffer.alloc(0);
  readonly sent: { sequence?: unknown; realtimeNs?: unknown }[] = [];
  takes = true;
  ended = false;

  write(record: { sequence?: unknown; realtimeNs?: unknown }): boolean {
    this.sent.push(record);
    return this.takes;
  }

  end(): void {
    this.ended = true;
  }
}

function audit(follow: boolean) {
  const { service, facade } = setup();
  for (let i = 0; i < 3; i += 1) service.tell({});
  const call = new FakeAuditCall();
  const streams = new Set<StreamCall>();
  const sequences = (): unknown[] => call.sent.map(({ sequence }) => sequence);
  watchAudit(call as unknown as AuditCall, { allocation: facade, decode: () => ({ follow }), streams });
  return { service, call, streams, sequences };
}

test('WatchAudit sends what is remembered and ends', () => {
  const { call, sequences } = audit(false);
  assert.deepEqual(sequences(), [1, 2, 3]);
  assert.equal(call.sent[0]?.realtimeNs, '1600000000000000001');
  assert.ok(call.ended);
});

test('WatchAudit follows until the client leaves', async () => {
  const { service, call, streams, sequences } = audit(true);
  service.tell({});
  service.tell({ type: undefined, cause: 'hold' });
  await setImmediate();
  assert.deepEqual(sequences(), [1, 2, 3, 4, 5]);
  assert.deepEqual([service.listeners, streams.size, call.ended], [1, 1, false]);
  call.emit('cancelled');
  service.tell({});
  await setImmediate();
  assert.deepEqual([service.listeners, streams.size, call.sent.length], [0, 0, 5]);
});

test('a client of WatchAudit that does not read has nothing queued and sees a gap', async () => {
  const { service, call, sequences } = audit(true);
  call.takes = false;
  service.tell({});
  await setImmediate();
  assert.deepEqual(sequences(), [1, 2, 3, 4]);
  for (let i = 0; i < 50; i += 1) service.tell({});
  await setImmediate();
  assert.equal(call.sent.length, 4);
  service.audit = service.audit.slice(-10);
  call.takes = true;
  call.emit('drain');
  assert.deepEqual(sequences().slice(4), [45, 46, 47, 48, 49, 50, 51, 52, 53, 54]);
});

test('a request of millions of fields is refused before it takes memory', () => {
  const decode = decoderOf(loadContract().collector, 'ListCgroups');
  const bytes = Buffer.alloc(2 * 1024 * 1024);
  for (let i = 0; i < bytes.length; i += 2) bytes[i] = 0x0a;
  assert.throws(() => decode(bytes), { code: 'LIMIT_REACHED' });
  assert.throws(() => decode(Buffer.from('ffffff', 'hex')), { code: 'INVALID_ARGUMENT' });
  assert.deepEqual(decode(Buffer.from([0x0a, 1, 0x2f])), { paths: ['/'], includeEmpty: false });
});
