import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Call, loadLibc, type OpenFileLimit, raiseOpenFileLimit } from '../../../../collector/kernel/libc.ts';
import { encodeAttr } from '../../../../collector/kernel/perf/attr.ts';
import { FakeLibc } from '../../../kit/fake-libc.ts';
import { packageRoot } from '../../../kit/package-root.ts';

const libc = loadLibc();
const libcModule = pathToFileURL(join(import.meta.dirname, '../../../../collector/kernel/libc.js')).href;

test('a call that fails names its error', () => {
  const fd = openSync('/dev/null', 'r');
  assert.deepEqual(libc.ioctl(fd, 0x2400, 0), { ok: false, errno: 'ENOTTY' });
  closeSync(fd);
  assert.deepEqual(libc.ioctl(-1, 0x2400, 0), { ok: false, errno: 'EBADF' });
  const attr = encodeAttr({ type: 1, config: 1n, config1: 0n, disabled: true });
  const answer = libc.perfEventOpen(attr, { pid: -1, cpu: 0, groupFd: -1, flags: 4 | 8 });
  assert.ok(!answer.ok && /^E[A-Z]+$/.test(answer.errno), JSON.stringify(answer));
});

test('the peer of a Unix socket is the process at its other end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wca-peer-'));
  const path = join(folder, 'socket');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const arrived = once(server, 'connection');
  const child = spawnSync(
    process.execPath,
    ['-e', `require('net').connect(process.argv[1]).on('connect', function () { this.destroy(); })`, path],
    { timeout: 20_000 },
  );
  assert.equal(child.status, 0);
  const [socket]: Socket[] = await arrived;
  const fd: unknown = socket === undefined ? undefined : Reflect.get(Reflect.get(socket, '_handle'), 'fd');
  assert.ok(typeof fd === 'number');
  assert.deepEqual(libc.peerCredentials(fd), { pid: child.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  socket?.destroy();
  server.close();
  rmSync(folder, { recursive: true });
});

test('what is no socket has no peer', () => {
  const fd = openSync('/dev/null', 'r');
  assert.equal(libc.peerCredentials(fd), undefined);
  closeSync(fd);
});

test('the limit of open files is the one that /proc/self/limits shows, and can be set', () => {
  const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const limit = libc.openFileLimit();
  assert.ok(limit);
  assert.deepEqual(limit, { soft: Number(soft), hard: Number(hard) });
  assert.deepEqual(libc.setOpenFileLimit({ soft: limit.soft - 1, hard: limit.hard }), { ok: true, value: 0 });
  assert.equal(libc.openFileLimit()?.soft, limit.soft - 1);
  assert.equal(raiseOpenFileLimit(libc, limit.hard), limit.hard);
  assert.equal(libc.openFileLimit()?.soft, limit.hard);
});

test('an infinite limit can be given to the kernel', () => {
  const answer = libc.setOpenFileLimit({ soft: 1024, hard: 2 ** 64 });
  // No kernel lets anybody go above fs.nr_open.
  assert.deepEqual(answer, { ok: false, errno: 'EPERM' });
});

/** The kernel's rules: nobody above `hard`, unless privileged and not above `mayRaiseTo`. */
class FakeLimits extends FakeLibc {
  #limit: OpenFileLimit;
  readonly #mayRaiseTo: number;

  constructor(limit: OpenFileLimit, mayRaiseTo: number) {
    super();
    this.#limit = limit;
    this.#mayRaiseTo = mayRaiseTo;
  }

  override openFileLimit(): OpenFileLimit {
    return this.#limit;
  }

  override setOpenFileLimit(limit: OpenFileLimit): Call {
    if (limit.hard > Math.max(this.#limit.hard, this.#mayRaiseTo)) return { ok: false, errno: 'EPERM' };
    this.#limit = limit;
    return { ok: true, value: 0 };
  }
}

const raises = [
  { name: 'soft is raised to hard', soft: 1024, hard: 4096, mayRaiseTo: 0, wanted: 9999, inForce: 4096 },
  {
    name: 'hard is raised where the process may',
    soft: 1024,
    hard: 4096,
    mayRaiseTo: 9999,
    wanted: 9999,
    inForce: 9999,
  },
  { name: 'no more is taken than wanted', soft: 1024, hard: 4096, mayRaiseTo: 0, wanted: 2000, inForce: 2000 },
  { name: 'a limit is never lowered', soft: 3000, hard: 4096, mayRaiseTo: 0, wanted: 2000, inForce: 3000 },
  { name: 'an infinite limit stays', soft: 2 ** 64, hard: 2 ** 64, mayRaiseTo: 0, wanted: 9999, inForce: 2 ** 64 },
];
for (const { name, soft, hard, mayRaiseTo, wanted, inForce } of raises) {
  test(`raising the limit of open files: ${name}`, () => {
    assert.equal(raiseOpenFileLimit(new FakeLimits({ soft, hard }, mayRaiseTo), wanted), inForce);
  });
}

test('a kernel that does not tell its limit is taken to allow 1024', () => {
  assert.equal(raiseOpenFileLimit(new FakeLibc(), 5000), 1024);
});

test('an installation without the native module of koffi says how to install it', () => {
  const script = `
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      if (name.startsWith('@koromix/') || name.endsWith('.node')) throw new Error('Cannot find module ' + name);
      return resolve.call(this, name, ...rest);
    };
    import(process.argv[1]).then((module) => module.loadLibc()).then(
      () => console.log('loaded'),
      (error) => console.log(error.name, error.code, error.toText?.() ?? error.message),
    );`;
  const child = spawnSync(process.execPath, ['-e', script, libcModule], {
    cwd: packageRoot(),
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.match(child.stdout, /^WcaError FEATURE_ABSENT koffi: .*npm ci without --omit=optional/, child.stderr);
});

test('pages are asked for off the main thread, and a process that is none is named so', async () => {
  const first = /^([0-9a-f]+)-/.exec(readFileSync('/proc/self/maps', 'utf8'))?.[1] ?? '';
  const addresses = Buffer.alloc(8);
  addresses.writeBigUInt64LE(BigInt(`0x${first}`));
  const status = Buffer.alloc(4, 0xff);
  const own = await libc.movePages({ pid: process.pid, count: 1, addresses, nodes: undefined, status });
  assert.deepEqual(own, { ok: true, value: 0 });
  assert.ok(status.readInt32LE(0) >= 0, 'its node');
  const absent = await libc.movePages({ pid: 2 ** 22 + 1, count: 1, addresses, nodes: undefined, status });
  assert.deepEqual(absent, { ok: false, errno: 'ESRCH' });
  const mask = Buffer.alloc(8);
  mask[0] = 1;
  assert.deepEqual(await libc.migratePages(process.pid, mask, mask), { ok: true, value: 0 });
  assert.deepEqual(await libc.migratePages(2 ** 22 + 1, mask, mask), { ok: false, errno: 'ESRCH' });
});
