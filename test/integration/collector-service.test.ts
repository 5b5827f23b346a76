import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { ServerReflectionResponse__Output } from '../../shared/rpc/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import type { ProtoGrpcType as HealthTypes } from '../../shared/rpc/gen/health.ts';
import type { ProtoGrpcType as ReflectionTypes } from '../../shared/rpc/gen/reflection.ts';
import type { GetPlatformResponse__Output } from '../../shared/rpc/gen/wca/v1/GetPlatformResponse.ts';
import type { ListCgroupsResponse__Output } from '../../shared/rpc/gen/wca/v1/ListCgroupsResponse.ts';
import { loadContract } from '../../shared/rpc/proto.ts';
import { apiVersion } from '../../shared/rpc/version.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { packageRoot } from '../kit/package-root.ts';
import { WatchStream } from '../kit/watch-stream.ts';

/** The collector's other rpcs, the standard services, and its life from start to stop. */

const main = fileURLToPath(new URL('../../collector/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wca-service-'));
let collector: CollectorProcess;
before(async () => {
  collector = await CollectorProcess.start();
});
after(async () => {
  await collector.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A unary call as a promise. */
function ask<T>(call: (done: (error: ServiceError | null, reply?: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, reply) => (error === null && reply !== undefined ? resolve(reply) : reject(error)));
  });
}

function standardTypes(file: string): grpc.GrpcObject {
  const options = {
    includeDirs: [join(packageRoot(), 'proto')],
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  };
  return grpc.loadPackageDefinition(loadSync(file, options));
}

test('GetPlatform says what this host is and why it lacks what it lacks', async () => {
  const client = collector.client();
  const platform = await ask<GetPlatformResponse__Output>((done) => client.getPlatform({ client: apiVersion }, done));
  assert.ok(platform.cpus.length > 0 && platform.memoryTotalBytes > 0 && platform.pageSizeBytes >= 4096);
  assert.ok((platform.cgroupLayout?.hierarchies.length ?? 0) > 0);
  assert.ok(platform.capabilities.some(({ name }) => name === 'perf.software'));
  for (const { name, available, reason } of platform.capabilities) assert.ok(available || reason !== '', name);
});

test('GetPlatform refuses another major version and names both', async () => {
  const client = collector.client();
  const failing = ask((done) => client.getPlatform({ client: { major: 7, minor: 1, software: 'x' } }, done));
  await assert.rejects(failing, (error: ServiceError) => {
    assert.equal(error.code, status.FAILED_PRECONDITION);
    assert.match(error.details, /7\.1 .*1\.0/);
    return true;
  });
});

test('ListCgroups lists the root, named paths only when asked, and refuses bad ones', async () => {
  const client = collector.client();
  const all = await ask<ListCgroupsResponse__Output>((done) => client.listCgroups({ includeEmpty: true }, done));
  assert.ok(all.cgroups.some(({ path }) => path === '/'));
  const named = await ask<ListCgroupsResponse__Output>((done) =>
    client.listCgroups({ paths: ['/', '/no-such'] }, done),
  );
  assert.deepEqual(
    named.cgroups.map(({ path }) => path),
    ['/'],
  );
  await assert.rejects(
    ask((done) => client.listCgroups({ paths: ['/../etc'] }, done)),
    { code: status.INVALID_ARGUMENT },
  );
});

test('health answers Check and Watch', async () => {
  const types = standardTypes('grpc/health/v1/health.proto') as unknown as HealthTypes;
  const client = new types.grpc.health.v1.Health(`unix:${collector.socket}`, credentials.createInsecure());
  for (const service of ['', 'wca.v1.Collector']) {
    assert.deepEqual(await ask((done) => client.check({ service }, done)), { status: 'SERVING' });
  }
  await assert.rejects(
    ask((done) => client.check({ service: 'nothing' }, done)),
    { code: status.NOT_FOUND },
  );
  const call = client.watch({ service: '' });
  const [reply] = await once(call, 'data');
  assert.deepEqual(reply, { status: 'SERVING' });
  call.on('error', () => {}).cancel();
  client.close();
});

test('reflection describes every service that is served', async () => {
  const types = standardTypes('grpc/reflection/v1/reflection.proto') as unknown as ReflectionTypes;
  const client = new types.grpc.reflection.v1.ServerReflection(
    `unix:${collector.socket}`,
    credentials.createInsecure(),
  );
  const call = client.serverReflectionInfo();
  const ask1 = async (question: Parameters<typeof call.write>[0]): Promise<ServerReflectionResponse__Output> => {
    call.write(question);
    const [answer] = await once(call, 'data');
    return answer;
  };
  const { listServicesResponse } = await ask1({ listServices: '*' });
  const names = listServicesResponse?.service.map(({ name }) => name) ?? [];
  assert.deepEqual(names, ['wca.v1.Collector', 'grpc.health.v1.Health', 'grpc.reflection.v1.ServerReflection']);
  for (const name of [...names, 'wca.v1.Collector.Watch', 'wca.v1.Snapshot']) {
    const { fileDescriptorResponse } = await ask1({ fileContainingSymbol: name });
    assert.ok((fileDescriptorResponse?.fileDescriptorProto.length ?? 0) > 0, name);
  }
  // The loader makes one file of each package.
  const { fileDescriptorResponse } = await ask1({ fileByFilename: 'wca_v1.proto' });
  assert.equal(fileDescriptorResponse?.fileDescriptorProto.length, 1);
  assert.equal((await ask1({ fileContainingSymbol: 'no.Such' })).errorResponse?.errorCode, status.NOT_FOUND);
  call.end();
  client.close();
});

test('the socket is for its owner and group only', () => {
  assert.equal(statSync(collector.socket).mode & 0o777, 0o660);
});

test('--socket-mode and --socket-group are applied', async () => {
  const other = await CollectorProcess.start({ args: ['--socket-mode', '0600', '--socket-group', '1'] });
  const stat = statSync(other.socket);
  assert.equal(stat.mode & 0o777, 0o600);
  if (process.getuid?.() === 0) assert.equal(stat.gid, 1);
  await other.stop();
});

function start(...args: readonly string[]) {
  const {
    status: code,
    stderr,
    stdout,
  } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 10_000 });
  return { code, stderr, stdout };
}

test('a second collector on the same socket refuses to start and leaves the first alone', async () => {
  const { code, stderr } = start('--listen', `unix:${collector.socket}`, '--ledger', join(folder, 'second'));
  assert.equal(code, 1);
  assert.match(stderr, /another process listens on this socket/);
  assert.equal(stderr.trim().split('\n').length, 1);
  assert.equal((await collector.status()).pid, collector.child.pid);
});

test('a stale socket of a killed collector is replaced', async () => {
  const first = await CollectorProcess.start();
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  assert.ok(existsSync(first.socket));
  const second = await CollectorProcess.start({ folder: first.folder });
  assert.equal((await second.status()).pid, second.child.pid);
  assert.equal(await second.stop(), 0);
});

test('a file that is no socket is never removed', () => {
  const path = join(folder, 'precious');
  writeFileSync(path, 'data');
  const { code, stderr } = start('--listen', `unix:${path}`);
  assert.equal(code, 1);
  assert.match(stderr, /is not a socket/);
  assert.ok(existsSync(path));
});

const failures: readonly { name: string; args: readonly string[]; code: number; text: RegExp }[] = [
  { name: 'an unknown option', args: ['--frobnicate'], code: 2, text: /frobnicate/ },
  {
    name: 'a socket path that is too long',
    args: ['--listen', `unix:/${'x'.repeat(108)}`],
    code: 2,
    text: /107 bytes/,
  },
  { name: 'a TCP address', args: ['--listen', 'localhost:1'], code: 2, text: /unix:\/absolute/ },
  { name: 'an unknown log level', args: ['--log-level', 'loud'], code: 2, text: /loud/ },
  { name: 'a mode that lets everybody in', args: ['--socket-mode', '0666'], code: 2, text: /every user/ },
  {
    name: 'a group that does not exist',
    args: ['--socket-group', 'nobodys-friends'],
    code: 2,
    text: /nobodys-friends/,
  },
  {
    name: 'a folder that does not exist',
    args: ['--listen', 'unix:/no/such/folder.sock'],
    code: 1,
    text: /folder does not exist/,
  },
  { name: 'a configuration file that does not exist', args: ['--config', '/no/such.json'], code: 2, text: /ENOENT/ },
];
for (const { name, args, code, text } of failures) {
  test(`the collector does not start with ${name}`, () => {
    const ended = start(...args);
    assert.match(ended.stderr, text);
    assert.equal(ended.code, code);
  });
}

test('the configuration file is read, and refused when others may change it', async () => {
  const path = join(folder, 'collector.json');
  writeFileSync(path, '{"socket_mode": "0600", "log_level": "debug"}', { mode: 0o644 });
  const configured = await CollectorProcess.start({ args: ['--config', path] });
  assert.equal(statSync(configured.socket).mode & 0o777, 0o600);
  await configured.stop();
  chmodSync(path, 0o666);
  const { code, stderr } = start('--config', path);
  assert.equal(code, 2);
  assert.match(stderr, /can be changed by/);
});

test('--version and --help answer and exit 0', () => {
  assert.deepEqual(start('--version'), { code: 0, stdout: `wca-collector ${apiVersion.software}\n`, stderr: '' });
  assert.match(start('--help').stdout, /--socket-group/);
});

test('a socket passed by systemd is served and left in place', async () => {
  const path = join(folder, 'activated.sock');
  const listener = createServer().listen(`${path}.made`);
  await once(listener, 'listening');
  // Under another name, for closing our copy of the listener unlinks the one it was made with.
  renameSync(`${path}.made`, path);
  // LISTEN_PID must be the collector's own process, which only the shell knows beforehand.
  const script = `LISTEN_FDS=1 LISTEN_PID=$$ exec "${process.execPath}" "${main}"`;
  const fd: unknown = Object(listener)._handle.fd;
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe', Number(fd)] });
  assert.ok(child.stderr !== null);
  await once(child.stderr, 'data');
  listener.close();
  const client = loadContract().createCollectorClient(`unix:${path}`);
  const reply = await ask<GetPlatformResponse__Output>((done) => client.getPlatform({}, done));
  assert.ok(reply.cpus.length > 0);
  client.close();
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  assert.deepEqual(await closed, [0, null]);
  assert.ok(existsSync(path));
});

test('SIGTERM ends streams with UNAVAILABLE, unlinks the socket and exits 0 within a second', async () => {
  const stopping = await CollectorProcess.start();
  const stream = new WatchStream(stopping.client());
  stream.update(['/']);
  await stream.next();
  const started = performance.now();
  const closed = once(stopping.child, 'close');
  stopping.child.kill('SIGTERM');
  const error = await stream.ended();
  assert.equal(error.code, status.UNAVAILABLE);
  assert.match(error.details, /the collector is stopping/);
  assert.deepEqual(await closed, [0, null]);
  assert.ok(performance.now() - started < 1_000);
  assert.ok(!existsSync(stopping.socket));
  await stopping.stop();
});
