import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connectSupervisor } from '../../shared/lifecycle/notify-socket.ts';
import { NotifyReceiver } from '../kit/notify-receiver.ts';

/** What both processes tell a service manager that listens on NOTIFY_SOCKET; test/vm runs them under the real one. */

const module = (name: string): string => fileURLToPath(new URL(`../../${name}/main.js`, import.meta.url));

function makeReceiver(t: TestContext): NotifyReceiver {
  const receiver = new NotifyReceiver();
  t.after(() => receiver.close());
  return receiver;
}

function start(t: TestContext, receiver: NotifyReceiver, args: readonly string[]) {
  const env = { ...process.env, NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '100000' };
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  return { child, ended: once(child, 'exit') };
}

test('a message arrives at a path and as it was sent', async (t) => {
  const receiver = makeReceiver(t);
  const env = { NOTIFY_SOCKET: receiver.path, WATCHDOG_USEC: '20000', WATCHDOG_PID: '7' };
  const supervisor = connectSupervisor(env, 7);
  supervisor.ready('serves');
  assert.equal(await receiver.next('READY'), 'READY=1\nSTATUS=serves\nWATCHDOG=1');
  assert.equal(await receiver.next(), 'WATCHDOG=1');
});

test('a service manager that is gone is no error', (t) => {
  const receiver = makeReceiver(t);
  const supervisor = connectSupervisor({ NOTIFY_SOCKET: receiver.path }, 1);
  receiver.close();
  supervisor.ready('serves');
});

test('the collector tells when it serves, that it lives, and that it stops', async (t) => {
  const receiver = makeReceiver(t);
  const { folder } = receiver;
  const own = ['--listen', `unix:${join(folder, 'c.sock')}`, '--ledger', join(folder, 'ledger')];
  const { child, ended } = start(t, receiver, [module('collector'), ...own]);
  assert.match(await receiver.next('READY=1'), new RegExp(`^STATUS=serves unix:${folder}/c.sock$`, 'm'));
  await receiver.next('WATCHDOG=1');
  child.kill('SIGTERM');
  assert.match(await receiver.next('STOPPING=1'), /^STATUS=stops$/m);
  assert.deepEqual(await ended, [0, null]);
});

test('the controller loads its configuration anew on SIGHUP, and goes on as it was with one that is wrong', async (t) => {
  const receiver = makeReceiver(t);
  const { folder } = receiver;
  const file = join(folder, 'config.yaml');
  const config = `runner: !MeasurementRunner
  interval: 1.0
  node: !StaticNode {tasks: [wca-none], require_pids: false}
  metrics_storage: !LogStorage {output_filename: ${join(folder, 'metrics.prom')}, overwrite: true}
`;
  writeFileSync(file, config, { mode: 0o600 });
  const sockets = ['--collector', `unix:${join(folder, 'c.sock')}`, '--admin', `unix:${join(folder, 'a.sock')}`];
  const root = process.getuid?.() === 0 ? ['--root'] : [];
  const { child, ended } = start(t, receiver, [module('controller'), '-c', file, ...sockets, ...root]);
  assert.match(await receiver.next('READY=1'), new RegExp(`^STATUS=runs ${file}$`, 'm'));

  writeFileSync(file, config.replace('interval: 1.0', 'intervall: 1.0'));
  child.kill('SIGHUP');
  assert.match(await receiver.next('RELOADING=1'), /^MONOTONIC_USEC=\d+$/m);
  assert.match(await receiver.next('READY=1'), /as it was: the new one is refused/);

  writeFileSync(file, config.replace('interval: 1.0', 'interval: 2.0'));
  child.kill('SIGHUP');
  await receiver.next('RELOADING=1');
  assert.match(await receiver.next('READY=1'), new RegExp(`^STATUS=runs ${file}$`, 'm'));
  await receiver.next('WATCHDOG=1');

  child.kill('SIGTERM');
  await receiver.next('STOPPING=1');
  assert.deepEqual(await ended, [0, null]);
});
