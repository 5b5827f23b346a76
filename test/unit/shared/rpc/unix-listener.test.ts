import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listenOnUnixSocket } from '../../../../shared/rpc/unix-listener.ts';

function place(t: TestContext): { path: string; server: () => Server } {
  const folder = mkdtempSync(join(tmpdir(), 'wca-listen-'));
  const servers: Server[] = [];
  t.after(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const server = (): Server => {
    const made = createServer();
    servers.push(made);
    return made;
  };
  return { path: join(folder, 's.sock'), server };
}

/** Leaves a socket that nobody listens on. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer().listen(`${path}.tmp`);
  await once(server, 'listening');
  renameSync(`${path}.tmp`, path);
  server.close();
  await once(server, 'close');
}

/** The number of a process that is gone. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

test('a new socket has the mode asked for and no lock is left', async (t) => {
  const { path, server } = place(t);
  await listenOnUnixSocket(server(), { path, mode: 0o660 });
  assert.equal(statSync(path).mode & 0o777, 0o660);
  assert.ok(!existsSync(`${path}.lock`));
});

test('a stale socket is replaced', async (t) => {
  const { path, server } = place(t);
  await leaveStale(path);
  assert.ok(existsSync(path));
  await listenOnUnixSocket(server(), { path, mode: 0o600 });
  const client = connect(path);
  await once(client, 'connect');
  client.destroy();
});

test('a live socket is left alone', async (t) => {
  const { path, server } = place(t);
  await listenOnUnixSocket(server(), { path, mode: 0o600 });
  const { ino } = statSync(path);
  await assert.rejects(listenOnUnixSocket(server(), { path, mode: 0o600 }), {
    code: 'KERNEL_REFUSED',
    errno: 'EADDRINUSE',
  });
  assert.equal(statSync(path).ino, ino);
});

test('a file and a link to a socket are left alone', async (t) => {
  const { path, server } = place(t);
  writeFileSync(path, 'data');
  await assert.rejects(listenOnUnixSocket(server(), { path, mode: 0o600 }), { code: 'KERNEL_REFUSED' });
  const link = `${path}.link`;
  await leaveStale(`${path}.stale`);
  symlinkSync(`${path}.stale`, link);
  await assert.rejects(listenOnUnixSocket(server(), { path: link, mode: 0o600 }), { code: 'KERNEL_REFUSED' });
  assert.ok(existsSync(path) && existsSync(`${path}.stale`));
});

test('the lock of a living process is respected, that of a dead one broken', async (t) => {
  const { path, server } = place(t);
  writeFileSync(`${path}.lock`, `${process.ppid}\n`);
  await assert.rejects(listenOnUnixSocket(server(), { path, mode: 0o600 }), { code: 'KERNEL_REFUSED' });
  for (const pid of [deadPid(), process.pid]) {
    writeFileSync(`${path}.lock`, `${pid}\n`);
    const made = server();
    await listenOnUnixSocket(made, { path, mode: 0o600 });
    made.close();
    await once(made, 'close');
  }
});

test('a folder that does not exist is named', async (t) => {
  const { path, server } = place(t);
  await assert.rejects(listenOnUnixSocket(server(), { path: `${path}/no/s.sock`, mode: 0o600 }), {
    code: 'KERNEL_REFUSED',
    errno: 'ENOENT',
    message: 'its folder does not exist',
  });
});
