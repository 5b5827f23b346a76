import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Metadata, status } from '@grpc/grpc-js';
import { fromStatus } from '../../shared/errors/grpc-status.ts';
import { limits } from '../../shared/rpc/limits.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import type { WatchSpec } from '../../shared/rpc/watch-messages.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { WatchStream } from '../kit/watch-stream.ts';

/** A real collector and clients that mean no good, or that die. */

let collector: CollectorProcess;
before(async () => {
  collector = await CollectorProcess.start({ args: ['--log-level', 'info'] });
});
after(() => collector.stop());

/** A well-behaved subscriber goes on getting snapshots. */
async function undisturbed(): Promise<void> {
  const stream = new WatchStream(collector.client(), { intervalMs: 100 });
  stream.update(['/']);
  await stream.next();
  await stream.next();
  stream.call.cancel();
}

const refusedSpecs: readonly { name: string; spec: Partial<WatchSpec>; code: string; grpc: status }[] = [
  { name: 'interval 0', spec: { intervalMs: 0 }, code: 'INVALID_ARGUMENT', grpc: status.INVALID_ARGUMENT },
  {
    name: 'an interval of an hour',
    spec: { intervalMs: 3_600_000 },
    code: 'INVALID_ARGUMENT',
    grpc: status.INVALID_ARGUMENT,
  },
  {
    name: 'an unknown event',
    spec: { events: ['task_magic'] },
    code: 'INVALID_ARGUMENT',
    grpc: status.INVALID_ARGUMENT,
  },
  {
    name: 'too many events',
    spec: { events: Array.from({ length: limits.maxEvents + 1 }, (_, i) => `e${i}__r0001`) },
    code: 'LIMIT_REACHED',
    grpc: status.RESOURCE_EXHAUSTED,
  },
  {
    name: 'another major version',
    spec: { client: { ...apiVersion, major: 99 } },
    code: 'VERSION_MISMATCH',
    grpc: status.FAILED_PRECONDITION,
  },
];
for (const { name, spec, code, grpc } of refusedSpecs) {
  test(`Watch refuses ${name}`, async () => {
    const error = await new WatchStream(collector.client(), spec).ended();
    assert.equal(error.code, grpc);
    assert.equal(fromStatus(error, 'Watch').code, code);
  });
}

test('Watch refuses a second spec, and targets before the spec', async () => {
  const twice = new WatchStream(collector.client());
  const spec = { client: apiVersion, intervalMs: 200, events: [], perCpu: false, costlyEvery: 1 };
  twice.call.write({ kind: 'spec', spec });
  assert.match((await twice.ended()).details, /the spec comes once/);
  const call = collector.client().watch();
  call.write({ kind: 'targets', targets: { revision: 1, upsert: [], remove: [] } });
  const [error] = await once(call, 'error');
  assert.match(String(error), /the first message must be the spec/);
});

test('100,000 targets end the stream with the bound in the message', async () => {
  const stream = new WatchStream(collector.client());
  stream.update(Array.from({ length: 100_000 }, (_, i) => `/t${i}`));
  const error = await stream.ended();
  assert.equal(error.code, status.RESOURCE_EXHAUSTED);
  assert.match(error.details, new RegExp(String(limits.maxTargets)));
  await undisturbed();
});

test('paths that leave the tree or cannot be are refused row by row', async () => {
  const stream = new WatchStream(collector.client());
  const paths = ['/', '/../../etc', '/a/../b', '/nul\0', '/new\nline', 'etc', `/${'x/'.repeat(2_500)}x`, ''];
  stream.update(paths.map((cgroupPath, i) => ({ id: `t${i}`, cgroupPath, childCgroupPaths: [] })));
  const { snapshot } = await stream.next();
  assert.deepEqual([...snapshot.states].slice(1), [4, 4, 4, 4, 4, 4, 4]);
  assert.equal(snapshot.states[0], 1);
  assert.ok(snapshot.errors.every(({ error }) => error.code === 'INVALID_ARGUMENT'));
  stream.call.cancel();
});

test('bytes that are no message end only their own stream', async () => {
  const client = collector.client();
  const raw = client.makeBidiStreamRequest(
    '/wca.v1.Collector/Watch',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  raw.write(Buffer.from('ffffffffffffffffffff', 'hex'));
  const [error] = await once(raw, 'error');
  assert.equal(Object(error).code, status.INVALID_ARGUMENT);
  await undisturbed();
});

function open(): Socket {
  return connect(collector.socket).on('error', () => {});
}

test('garbage on the socket disturbs nobody', async () => {
  for (const bytes of [randomBytes(4_096), Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(100_000, 0xff)]) {
    const socket = open();
    socket.write(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  const preface = open();
  preface.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  preface.write(randomBytes(1_000));
  preface.resume();
  await once(preface, 'close');
  await undisturbed();
});

test('connections are bounded by user, and free again when they close', async () => {
  const sockets = Array.from({ length: 40 }, open);
  await Promise.all(sockets.slice(32).map((socket) => once(socket.resume(), 'close')));
  for (const socket of sockets) socket.destroy();
  await undisturbed();
  const { errorCounts } = await collector.status();
  assert.ok(errorCounts.some(({ code, source }) => code === 'LIMIT_REACHED' && source === 'connection'));
});

test('a client that says nothing is sent away', async () => {
  const socket = open();
  const started = performance.now();
  await once(socket.resume(), 'close');
  const waitedMs = performance.now() - started;
  assert.ok(waitedMs > 3_000 && waitedMs < 10_000, `${waitedMs} ms`);
});

test('who calls is what the kernel says, whatever the client claims', async () => {
  const metadata = new Metadata();
  for (const key of ['wca-peer', 'x-forwarded-for', 'forwarded', 'peer', 'remote-address'])
    metadata.set(key, 'wca-peer-1');
  const call = collector.client().watch(metadata);
  call.write({
    kind: 'spec',
    spec: { client: apiVersion, intervalMs: 1000, events: [], perCpu: false, costlyEvery: 1 },
  });
  const { subscribers } = await collector.statusWhere((now) => now.subscribers.length > 0);
  call.on('error', () => {}).cancel();
  assert.equal(subscribers[0]?.peer, `uid ${process.getuid?.()}, pid ${process.pid}`);
});

/** A subscriber in a process of its own, attached. */
async function spawnClient(t: TestContext, targets: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../kit/watch-client.js', import.meta.url));
  const child = spawn(process.execPath, [script, `unix:${collector.socket}`, '/', `${targets}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a client that is killed frees its targets', async (t) => {
  await collector.statusWhere((now) => now.subscribers.length === 0);
  const child = await spawnClient(t, 1);
  const attached = await collector.status();
  assert.deepEqual([attached.subscribers.length, attached.descriptors?.cgroups], [1, 1]);
  assert.equal(attached.subscribers[0]?.peer, `uid ${process.getuid?.()}, pid ${child.pid}`);
  child.kill('SIGKILL');
  await collector.statusWhere((now) => now.subscribers.length === 0 && now.descriptors?.cgroups === 0);
});

test('a client that stops reading loses snapshots, and nothing is queued for it', async (t) => {
  await collector.statusWhere((now) => now.subscribers.length === 0);
  const child = await spawnClient(t, 8_000);
  child.kill('SIGSTOP');
  await collector.statusWhere((now) => (now.subscribers[0]?.lost ?? 0) >= 3);
  const early = collector.rssBytes();
  const { sent } = (await collector.status()).subscribers[0] ?? { sent: 0 };
  const late = await collector.statusWhere((now) => (now.subscribers[0]?.lost ?? 0) >= 43);
  assert.equal(late.subscribers[0]?.sent, sent);
  const grownBytes = collector.rssBytes() - early;
  // 40 snapshots of 1.8 MB: queued they would be 72 MB; some wait for the garbage collector.
  assert.ok(grownBytes < 40 * 1024 * 1024, `memory grew by ${grownBytes} bytes over 40 snapshots`);
  await undisturbed();
});
