import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseWatchdogMs, formatNotify, Supervisor } from '../../../../shared/lifecycle/notify.ts';
import { connectSupervisor, encodeNotifyAddress } from '../../../../shared/lifecycle/notify-socket.ts';

test('formatNotify writes one line a field', () => {
  assert.equal(formatNotify({ READY: '1', STATUS: 'measures 3 targets' }), 'READY=1\nSTATUS=measures 3 targets');
  assert.equal(formatNotify({}), '');
});

test('a status never adds a field of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (status) => {
      assert.equal(formatNotify({ STATUS: status }).split('\n').length, 1);
      assert.ok(formatNotify({ STATUS: status }).length <= 'STATUS='.length + 200);
    }),
  );
});

const watchdogs: readonly { readonly env: NodeJS.ProcessEnv; readonly expected: number | undefined }[] = [
  { env: {}, expected: undefined },
  { env: { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, expected: 15_000 },
  { env: { WATCHDOG_USEC: '30000000' }, expected: 15_000 },
  { env: { WATCHDOG_USEC: '30000000', WATCHDOG_PID: '43' }, expected: undefined },
  { env: { WATCHDOG_USEC: '1' }, expected: 1 },
  { env: { WATCHDOG_USEC: '0' }, expected: undefined },
  { env: { WATCHDOG_USEC: '' }, expected: undefined },
  { env: { WATCHDOG_USEC: '-5' }, expected: undefined },
  { env: { WATCHDOG_USEC: '9999999999999999' }, expected: 2 ** 31 - 1 },
  { env: { WATCHDOG_USEC: '18446744073709551615' }, expected: undefined },
];
for (const { env, expected } of watchdogs) {
  test(`the watchdog of ${JSON.stringify(env)} is fed every ${expected} ms`, () => {
    assert.equal(chooseWatchdogMs(env, 42), expected);
  });
}

test('encodeNotifyAddress makes a sockaddr_un of a path and of an abstract name', () => {
  assert.deepEqual(encodeNotifyAddress('/run/n'), Buffer.from('\x01\0/run/n\0', 'latin1'));
  assert.deepEqual(encodeNotifyAddress('@wca'), Buffer.from('\x01\0\0wca', 'latin1'));
});

for (const socket of ['', '/', '@', 'run/n', 'vsock:2:1', '/a\0b', `/${'x'.repeat(107)}`]) {
  test(`encodeNotifyAddress refuses ${JSON.stringify(socket.slice(0, 20))}`, () => {
    assert.equal(encodeNotifyAddress(socket), undefined);
  });
}

test('connectSupervisor does nothing without NOTIFY_SOCKET and refuses one it does not understand', () => {
  connectSupervisor({ WATCHDOG_USEC: '1000' }, 1).ready('up');
  assert.throws(() => connectSupervisor({ NOTIFY_SOCKET: 'vsock:2:1' }, 1), { code: 'INVALID_ARGUMENT' });
});

test('a supervisor is told of each step, and of life only once the service is up', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const sent: string[] = [];
  const supervisor = new Supervisor((message) => sent.push(message) > 0, 500);
  t.mock.timers.tick(2000);
  assert.deepEqual(sent, []);
  supervisor.ready('up');
  assert.deepEqual(sent.splice(0), ['READY=1\nSTATUS=up\nWATCHDOG=1']);
  t.mock.timers.tick(1000);
  assert.deepEqual(sent.splice(0), ['WATCHDOG=1', 'WATCHDOG=1']);
  supervisor.reloading('reads');
  assert.match(sent.splice(0).join(), /^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reads$/);
  supervisor.ready('up again');
  assert.deepEqual(sent.splice(0), ['READY=1\nSTATUS=up again\nWATCHDOG=1']);
  t.mock.timers.tick(500);
  assert.deepEqual(sent.splice(0), ['WATCHDOG=1'], 'one timer, however often it is ready');
  supervisor.stopping('ends');
  assert.deepEqual(sent.splice(0), ['STOPPING=1\nSTATUS=ends']);
});
