import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { credentials, Metadata, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import { loadContract } from '../../shared/rpc/proto.ts';
import { type Certificate, TestAuthority } from '../kit/certificates.ts';
import { TestCgroups } from '../kit/cgroups.ts';
import { CollectorProcess } from '../kit/collector-process.ts';
import { ControllerProcess, seriesValue } from '../kit/controller-process.ts';
import { TcpLink } from '../kit/tcp-link.ts';
import { WatchStream } from '../kit/watch-stream.ts';

/** A real collector that serves other hosts by mutual TLS, and clients with all kinds of certificates. */

const skip = TestAuthority.isPossible() ? false : 'openssl is not installed';
const ctl = fileURLToPath(new URL('../../controller/ctl/main.js', import.meta.url));
const contract = loadContract();

interface World {
  readonly authority: TestAuthority;
  readonly stranger: TestAuthority;
  readonly server: Certificate;
  readonly operator: Certificate;
  readonly observer: Certificate;
  readonly nobody: Certificate;
}
let world: World;
let collector: CollectorProcess;
let port = 0;

before(async () => {
  if (skip !== false) return;
  const authority = new TestAuthority();
  world = {
    authority,
    stranger: new TestAuthority(),
    server: authority.issue('collector', { names: 'DNS:localhost,IP:127.0.0.1' }),
    operator: authority.issue('any name', { names: 'URI:spiffe://example/wca/controller' }),
    observer: authority.issue('reader', { names: 'DNS:reader.example' }),
    // Its common name is that of an observer, which must not count.
    nobody: authority.issue('reader.example', { names: 'DNS:stranger.example' }),
  };
  collector = await startServing(world.server);
  port = portOf(collector);
});
after(async () => {
  await collector?.stop();
  world?.authority.remove();
  world?.stranger.remove();
});

function startServing({ certPath, keyPath }: Certificate, more: readonly string[] = []): Promise<CollectorProcess> {
  return CollectorProcess.start({
    args: [
      ...['--tls-listen', '127.0.0.1:0', '--tls-cert', certPath, '--tls-key', keyPath],
      ...['--tls-client-ca', world.authority.caPath, '--log-level', 'debug'],
      ...['--operator', 'tls:spiffe://example/wca/controller', '--observer', 'tls:reader.example'],
      ...more,
    ],
  });
}

function portOf({ lines }: CollectorProcess): number {
  return Number(/tls:127\.0\.0\.1:(\d+)/.exec(lines.join('\n'))?.[1]);
}

function clientOf({ certPath, keyPath }: Certificate, host = '127.0.0.1', caPath = world.authority.caPath) {
  return contract.createCollectorClient(`tls:${host}:${port}`, { caPath, certPath, keyPath });
}

/** The gRPC status of an empty message to a unary rpc. */
function ask(client: ReturnType<typeof clientOf>, rpc: string): Promise<{ code: number; details: string }> {
  const same = (message: Buffer): Buffer => message;
  return new Promise((resolve) => {
    const done = (error: ServiceError | null): void =>
      resolve(error === null ? { code: 0, details: '' } : { code: error.code, details: error.details });
    const deadline = { deadline: Date.now() + 10_000 };
    client.makeUnaryRequest(`/wca.v1.Collector/${rpc}`, same, same, Buffer.alloc(0), new Metadata(), deadline, done);
  });
}

async function logged(text: RegExp): Promise<void> {
  for (let waited = 0; waited < 100; waited += 1) {
    if (collector.lines.some((line) => text.test(line))) return;
    await sleep(50);
  }
  assert.fail(`${text} is not in the log:\n${collector.lines.slice(-5).join('\n')}`);
}

/** Everything the contract has, so that an rpc that is added must be judged here. */
const roles: Readonly<Record<string, 'observer' | 'operator'>> = {
  GetPlatform: 'observer',
  ListCgroups: 'observer',
  Watch: 'observer',
  GetStatus: 'observer',
  ListAllocations: 'observer',
  WatchAudit: 'observer',
  Allocate: 'operator',
  RenewLease: 'operator',
  Restore: 'operator',
  Hold: 'operator',
};
const streams = ['Watch', 'WatchAudit'];

test('every rpc of the contract has a role', () => {
  assert.deepEqual(Object.keys(roles).sort(), Object.keys(contract.collector).sort());
});

test('an operator may call everything, an observer what changes nothing', { skip }, async () => {
  const [operator, observer] = [clientOf(world.operator), clientOf(world.observer)];
  for (const [rpc, role] of Object.entries(roles)) {
    if (streams.includes(rpc)) continue;
    const denied = status.PERMISSION_DENIED;
    const asOperator = await ask(operator, rpc);
    assert.notEqual(asOperator.code, denied, `${rpc}: ${asOperator.details}`);
    assert.notEqual(asOperator.code, status.UNAVAILABLE, `${rpc}: ${asOperator.details}`);
    const asObserver = await ask(observer, rpc);
    if (role === 'operator') {
      assert.equal(asObserver.code, denied, rpc);
      assert.match(asObserver.details, /reader\.example at 127\.0\.0\.1 is not operator/);
    } else assert.notEqual(asObserver.code, denied, rpc);
  }
  operator.close();
  observer.close();
});

test('an observer of another host is sent snapshots, and stands in the status by its name', { skip }, async () => {
  const client = clientOf(world.observer, 'localhost');
  const stream = new WatchStream(client);
  stream.update(['/']);
  await stream.next();
  const { subscribers } = await collector.status();
  assert.ok(
    subscribers.some(({ peer }) => peer === 'reader.example at 127.0.0.1'),
    JSON.stringify(subscribers),
  );
  stream.call.cancel();
  client.close();
});

test('a certificate without a role, of another authority, or expired: refused before gRPC, and logged', {
  skip,
}, async () => {
  const expired = world.authority.issue('x', { names: 'DNS:reader.example', days: '-1' });
  const cases: readonly (readonly [Certificate, RegExp])[] = [
    [world.nobody, /its certificate has stranger\.example, which has no role here/],
    [world.stranger.issue('x', { names: 'DNS:reader.example' }), /certificate is not accepted: UNABLE_TO_VERIFY/],
    [expired, /certificate is not accepted: CERT_HAS_EXPIRED/],
  ];
  for (const [certificate, why] of cases) {
    const client = clientOf(certificate);
    const { code } = await ask(client, 'GetPlatform');
    client.close();
    assert.equal(code, status.UNAVAILABLE, String(why));
    await logged(why);
  }
});

test('without a certificate, without TLS, with garbage: refused, and the others go on', { skip }, async () => {
  const ca = readFileSync(world.authority.caPath);
  const bare = new (makeClientConstructor(contract.collector, 'wca.v1.Collector'))(
    `ipv4:127.0.0.1:${port}`,
    credentials.createSsl(ca),
  );
  const plain = new (makeClientConstructor(contract.collector, 'wca.v1.Collector'))(
    `ipv4:127.0.0.1:${port}`,
    credentials.createInsecure(),
  );
  for (const client of [bare, plain]) {
    const { code } = await ask(client as unknown as ReturnType<typeof clientOf>, 'GetPlatform');
    assert.equal(code, status.UNAVAILABLE);
    client.close();
  }
  const garbage = connectTcp(port, '127.0.0.1');
  garbage.on('error', () => {});
  garbage.end(Buffer.alloc(4096, 0xff));
  await once(garbage, 'close');
  const client = clientOf(world.observer);
  assert.equal((await ask(client, 'GetStatus')).code, 0);
  client.close();
});

test('TLS before 1.2 is refused', { skip }, async () => {
  const { certPath, keyPath } = world.operator;
  const material = { cert: readFileSync(certPath), key: readFileSync(keyPath), rejectUnauthorized: false };
  const old = connectTls({ port, host: '127.0.0.1', ...material, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  const [error] = await once(old, 'error');
  assert.ok(error instanceof Error);
});

test('a thousand half-open connections keep nobody out for longer than the handshake may take', { skip }, async (t) => {
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < 1000; i += 1) {
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
  }
  await sleep(500);
  // The Unix socket is another listener: not disturbed at all.
  assert.ok((await collector.status()).pid > 0);
  const started = performance.now();
  const client = clientOf(world.observer);
  t.after(() => client.close());
  for (;;) {
    if ((await ask(client, 'GetStatus')).code === 0) break;
    assert.ok(performance.now() - started < 12_000, 'still kept out');
    await sleep(200);
  }
  const { descriptors } = await collector.status();
  assert.ok((descriptors?.open ?? 1000) < 300, `${descriptors?.open} descriptors`);
});

test('the server is checked: another name, another authority; the errors say which', { skip }, async (t) => {
  const run = (args: readonly string[]): string => {
    try {
      execFileSync(process.execPath, [ctl, 'status', '--timeout', '30', ...args], { encoding: 'utf8', stdio: 'pipe' });
    } catch (thrown) {
      return `${Object(thrown).stdout}${Object(thrown).stderr}`;
    }
    return assert.fail('accepted');
  };
  const { certPath, keyPath } = world.observer;
  const own = ['--tls-cert', certPath, '--tls-key', keyPath];
  const ca = ['--tls-ca', world.authority.caPath];
  assert.match(run(['--collector', `tls:127.0.0.1:${port}`, ...own]), /--tls-ca missing[\s\S]*both sides/);
  assert.match(
    run(['--collector', `tls:127.0.0.1:${port}`, ...own, '--tls-ca', world.stranger.caPath]),
    /authority that is not trusted here[\s\S]*--tls-ca/,
  );
  const other = world.authority.issue('collector', { names: 'DNS:node7.example' });
  const elsewhere = await startServing(other);
  t.after(() => elsewhere.stop());
  assert.match(
    run(['--collector', `tls:127.0.0.1:${portOf(elsewhere)}`, ...own, ...ca]),
    /its certificate is for other names/,
  );
  const refused = ['--tls-cert', world.nobody.certPath, '--tls-key', world.nobody.keyPath];
  assert.match(
    run(['--collector', `tls:127.0.0.1:${port}`, ...refused, ...ca]),
    /closes the connection[\s\S]*--observer/,
  );
  assert.match(run(['--collector', 'tls:127.0.0.1:1', ...own, ...ca]), /nobody listens there/);
  assert.match(run(['--collector', 'tcp:127.0.0.1:1', ...own, ...ca]), /tls:HOST:PORT/);
});

test('changed files hold for new connections, wrong ones for none', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-rotate-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [certPath, keyPath] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const install = (certificate: Certificate): void => {
    for (const [from, to] of [
      [certificate.keyPath, keyPath],
      [certificate.certPath, certPath],
    ] as const) {
      copyFileSync(from, `${to}.new`);
      renameSync(`${to}.new`, to);
    }
  };
  install(world.server);
  const own = await startServing({ certPath, keyPath });
  t.after(() => own.stop());
  const ownPort = portOf(own);
  const serial = async (): Promise<string> => {
    const { certPath: c, keyPath: k } = world.observer;
    const material = { ca: readFileSync(world.authority.caPath), cert: readFileSync(c), key: readFileSync(k) };
    const socket = connectTls({ port: ownPort, host: '127.0.0.1', ...material, ALPNProtocols: ['h2'] });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  const first = await serial();
  install(world.authority.issue('collector', { names: 'IP:127.0.0.1' }));
  await sleep(1100); // looked for once a second
  const second = await serial();
  assert.notEqual(second, first);
  copyFileSync(world.authority.caPath, keyPath); // no key at all
  await sleep(1100);
  assert.equal(await serial(), second);
  assert.ok(
    own.lines.some((line) => line.includes('are wrong, the old stay')),
    own.lines.slice(-3).join('\n'),
  );
});

test('a key that everybody may read, or half of the options, end the start with the reason', { skip }, () => {
  const main = fileURLToPath(new URL('../../collector/main.js', import.meta.url));
  const run = (args: readonly string[]): string => {
    try {
      execFileSync(process.execPath, [main, '--listen', 'unix:/tmp/never.sock', ...args], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    } catch (thrown) {
      return Object(thrown).stderr;
    }
    return assert.fail('accepted');
  };
  assert.match(run(['--tls-listen', '127.0.0.1:0']), /without --tls-cert, --tls-key, --tls-client-ca/);
  const { certPath } = world.server;
  const ca = world.authority.caPath;
  const files = ['--tls-listen', '127.0.0.1:0', '--tls-cert', certPath, '--tls-client-ca', ca];
  assert.match(run([...files, '--tls-key', ca]), /--tls-key .* can be read by everybody|--tls-cert .*/);
});

async function remoteController(t: TestContext): Promise<ControllerProcess> {
  const { certPath, keyPath } = world.observer;
  const controller = new ControllerProcess({
    collector: `tls:localhost:${port}`,
    args: ['--tls-ca', world.authority.caPath, '--tls-cert', certPath, '--tls-key', keyPath],
    config: [
      'runner: !MeasurementRunner',
      '  interval: 0.5',
      '  node: !CgroupNode {}',
      '  metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
      '',
    ].join('\n'),
  });
  t.after(() => controller.stop());
  return controller;
}

test('a controller of another host discovers, measures and stores', { skip }, async (t) => {
  const controller = await remoteController(t);
  await controller.until(
    () => seriesValue(controller.read('metrics.prom'), 'wca_tasks'),
    (tasks) => (tasks ?? 0) >= 1,
  );
});

test('a controller that is cut off loses what it leased, and gets it again when the link is mended', {
  skip,
}, async (t) => {
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return;
  t.after(() => cgroups.remove());
  const path = cgroups.add('leased');
  const file = cgroups.file(path, 'cpu.shares') ?? cgroups.file(path, 'cpu.weight');
  if (file === undefined) return t.skip('no cgroup has a CPU weight here');
  const now = (): string => readFileSync(file, 'utf8').trim();
  const original = now();
  const own = await startServing(world.server, ['--allocate-below', cgroups.root]);
  t.after(() => own.stop());
  const link = await TcpLink.to(portOf(own));
  t.after(() => link.close());
  const { certPath, keyPath } = world.operator;
  const controller = new ControllerProcess({
    collector: `tls:localhost:${link.port}`,
    args: ['--tls-ca', world.authority.caPath, '--tls-cert', certPath, '--tls-key', keyPath],
    config: [
      'runner: !AllocationRunner',
      '  measurement_runner: !MeasurementRunner',
      '    interval: 0.2',
      `    node: !StaticNode {tasks: [${path.slice(1)}]}`,
      '    metrics_storage: !LogStorage {output_filename: metrics.prom, overwrite: true}',
      '  allocator: !StaticAllocator {rules: [{allocations: {cpu_shares: 0.25}}]}',
      '  allocations_storage: !LogStorage {output_filename: allocations.prom, overwrite: true}',
      '  anomalies_storage: !LogStorage {output_filename: anomalies.prom, overwrite: true}',
      '  lease_seconds: 3',
      '',
    ].join('\n'),
  });
  t.after(() => controller.stop('SIGKILL'));
  await controller.until(now, (shares) => shares !== original);
  const allocated = now();
  await sleep(4000);
  assert.equal(now(), allocated, 'the lease is renewed over the link');
  link.cut();
  const cutMs = performance.now();
  await controller.until(now, (shares) => shares === original);
  const tookMs = performance.now() - cutMs;
  assert.ok(tookMs < 6000, `the original came back after ${tookMs} ms`);
  link.mend();
  await controller.until(now, (shares) => shares === allocated);
  const { leases } = await own.status();
  assert.deepEqual(
    leases.map(({ peer }) => peer),
    ['spiffe://example/wca/controller at 127.0.0.1'],
  );
});
