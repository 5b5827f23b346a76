import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ServiceError, status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { loadContract } from '../../shared/rpc/proto.ts';
import { CollectorProcess } from '../kit/collector-process.ts';

/** Requests that mean no good, at the rpcs of allocation of a real collector: it goes on, and no cgroup is touched. */

let collector: CollectorProcess;
before(async () => {
  collector = await CollectorProcess.start({ args: ['--log-level', 'info', '--allocate-below', '/wca-test-hostile'] });
});
after(() => collector.stop());

const { collector: service } = loadContract();
const rpcs = [
  'Allocate',
  'RenewLease',
  'Restore',
  'Hold',
  'ListAllocations',
  'GetPlatform',
  'ListCgroups',
  'GetStatus',
];

/** The code with which a call ends. */
function send(rpc: string, bytes: Buffer): Promise<status> {
  const client = collector.client();
  return new Promise((resolve) => {
    const same = (message: Buffer): Buffer => message;
    client.makeUnaryRequest(`/wca.v1.Collector/${rpc}`, same, same, bytes, (error: ServiceError | null) => {
      client.close();
      resolve(error === null ? status.OK : error.code);
    });
  });
}

/** Whatever a request is, it is answered, and never as a bug. */
const decent: ReadonlySet<status> = new Set([
  status.OK,
  status.INVALID_ARGUMENT,
  status.RESOURCE_EXHAUSTED,
  status.FAILED_PRECONDITION,
  status.PERMISSION_DENIED,
]);

function encode(rpc: string, message: object): Buffer {
  const method = service[rpc];
  if (method === undefined) throw new Error(rpc);
  return method.requestSerialize(message);
}

/** Files that an allocation could change, of the root and of this process. */
function stateOfHost(): string {
  const own = /^\d+:[^:]*\bcpu\b[^:]*:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  const files = ['', own].flatMap((path) =>
    ['cpu/cpu.shares', 'cpu/cpu.cfs_quota_us', 'cpuset/cpuset.cpus', 'cpu.weight', 'cpu.max', 'cpuset.cpus'].map(
      (file) => {
        const [folder = '', name = ''] = file.includes('/') ? file.split('/') : ['', file];
        return `/sys/fs/cgroup/${folder}${path}/${name}`;
      },
    ),
  );
  return files.map((file) => (existsSync(file) ? `${file} ${readFileSync(file, 'utf8')}` : '')).join('');
}

test('random bytes at every rpc are answered and change nothing', async () => {
  const state = stateOfHost();
  for (const rpc of rpcs) {
    for (let i = 0; i < 25; i += 1) {
      const code = await send(rpc, randomBytes(i * i));
      assert.ok(decent.has(code), `${rpc}: ${status[code]}`);
    }
  }
  assert.equal(stateOfHost(), state);
  const { errorCounts } = await collector.status();
  assert.deepEqual(
    errorCounts.filter(({ code }) => code === 'INTERNAL'),
    [],
  );
});

const paths = fc.constantFrom(
  '/',
  '',
  '/..',
  '/a/../..',
  'x',
  '/nul\0',
  '/new\nline',
  `/${'y'.repeat(300)}`,
  '/wca-test-none',
);
const numbers = fc.constantFrom('0', '1', '-1', '9007199254740993', '18446744073709551615', '100000');
const texts = fc.oneof(fc.string(), fc.constantFrom('0-65535', '../..', 'L3:0=f\nL3:0=0', '0-3,', '\u0000', 'max'));
const value = fc.oneof(
  fc.record({ cpuQuota: fc.record({ quotaUs: numbers, periodUs: numbers }) }),
  fc.record({ cpuShares: fc.record({ shares: numbers, conversion: texts }) }),
  fc.record({ cpusetCpus: texts }),
  fc.record({ cpusetMems: texts }),
  fc.record({ cpuBurstUs: numbers }),
  fc.record({ memoryHigh: fc.record({ bytes: numbers }) }),
  fc.record({ memoryLow: fc.record({ bytes: numbers }) }),
  fc.record({ ioWeight: fc.nat({ max: 0xffff_ffff }) }),
  fc.record({ migratePages: fc.record({ node: fc.nat({ max: 0xffff_ffff }), bulk: fc.boolean() }) }),
  fc.record({ rdt: fc.record({ group: texts, lines: fc.array(texts, { maxLength: 3 }) }) }),
  fc.constant({}),
);
const allocation = fc.record({
  requestId: texts,
  leaseId: fc.constantFrom('', 'l', 'a b', '\n'),
  leaseTtlMs: fc.constantFrom(0, 1, 5_000, 0xffff_ffff),
  reassert: fc.boolean(),
  targets: fc.array(
    fc.record({
      target: fc.record({ id: texts, cgroupPath: paths, childCgroupPaths: fc.array(paths, { maxLength: 3 }) }),
      identity: numbers,
      values: fc.array(value, { maxLength: 4 }),
    }),
    { maxLength: 4 },
  ),
});

test('wishes that make no sense are answered and change nothing', async () => {
  const state = stateOfHost();
  await fc.assert(
    fc.asyncProperty(allocation, async (message) => {
      const code = await send('Allocate', encode('Allocate', message));
      assert.ok(decent.has(code), status[code]);
    }),
    { numRuns: 150 },
  );
  assert.equal(stateOfHost(), state);
  const { errorCounts, allocations, leases } = await collector.status();
  assert.deepEqual([allocations, leases], [0, []]);
  assert.deepEqual(
    errorCounts.filter(({ code }) => code === 'INTERNAL'),
    [],
  );
});

test('sixteen megabytes of empty fields end with a bound, at every rpc', async () => {
  const full = 16 * 1024 * 1024 - 64;
  for (const [rpc, tag] of [
    ['Allocate', 0x3a],
    ['Restore', 0x0a],
    ['Hold', 0x0a],
    ['ListAllocations', 0x0a],
    ['ListCgroups', 0x0a],
  ] as const) {
    const bytes = Buffer.alloc(full);
    for (let i = 0; i < full; i += 2) bytes[i] = tag;
    const code = await send(rpc, bytes);
    // A target that is empty is wrong before there are too many.
    assert.ok(code === status.RESOURCE_EXHAUSTED || code === status.INVALID_ARGUMENT, `${rpc}: ${status[code]}`);
  }
  assert.ok(collector.rssBytes() < 400 * 1024 * 1024, `${collector.rssBytes()} bytes`);
});

test('an observer may look and not touch', {
  skip: process.getuid?.() !== 0 && 'needs root to be somebody else',
}, async () => {
  const codes = await asNobody();
  assert.deepEqual(codes, {
    ListAllocations: status.OK,
    GetStatus: status.OK,
    Allocate: status.PERMISSION_DENIED,
    RenewLease: status.PERMISSION_DENIED,
    Restore: status.PERMISSION_DENIED,
    Hold: status.PERMISSION_DENIED,
  });
});

/** Codes of calls of a process of another user. */
async function asNobody(): Promise<Record<string, status>> {
  chmodSync(collector.folder, 0o755);
  chmodSync(collector.socket, 0o666);
  const script = fileURLToPath(new URL('../kit/call-rpcs.js', import.meta.url));
  const child = spawn(process.execPath, [script, `unix:${collector.socket}`], {
    uid: 65_534,
    gid: 65_534,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(text);
}
