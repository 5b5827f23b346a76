// guests: v2
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../kit/command.ts';
import { becomes, collectorUnit, controllerUnit, mainPid, readJournal, restarted } from '../kit/installed.ts';
import { LeasedScene } from '../kit/leased-scene.ts';
import { readControl, showProperty } from '../kit/units.ts';

/** The Debian package under systemd: what is left of allocations when a process dies or hangs. */

const scene = LeasedScene.make();
const { leased, lasting, file, original, halfText } = scene;

test('kill -9 of the collector: what is leased has its original back, the next one remembers the rest', async (t) => {
  await scene.allocateBoth();
  const pid = mainPid(collectorUnit);
  process.kill(pid, 'SIGKILL');
  await becomes(() => readControl(leased, file), original);
  await restarted(collectorUnit, pid);
  assert.equal(readControl(lasting, file), halfText);
  const { allocations } = await scene.connect(t).list();
  assert.ok(JSON.stringify(allocations).includes(lasting));
});

test('the watchdog ends a collector that stands still, and what is leased has its original back', async () => {
  await scene.allocateBoth();
  const pid = mainPid(collectorUnit);
  process.kill(pid, 'SIGSTOP');
  await becomes(() => readControl(leased, file), original);
  await restarted(collectorUnit, pid);
  assert.match(readJournal(200), /Watchdog timeout/);
});

test('kill -9 of the controller: systemd starts it again', async () => {
  const pid = mainPid(controllerUnit);
  process.kill(pid, 'SIGKILL');
  await restarted(controllerUnit, pid);
});

test('a stopped collector gives back what is leased, and is started by whoever connects to its socket', async (t) => {
  await scene.allocateBoth();
  // One after the other: a controller that is still there would connect, and start the collector again.
  runCommand('systemctl', ['stop', controllerUnit]);
  runCommand('systemctl', ['stop', collectorUnit]);
  assert.deepEqual(scene.texts(), [original, halfText]);
  assert.equal(showProperty(collectorUnit, 'ActiveState'), 'inactive');
  await scene.connect(t).list();
  assert.equal(showProperty(collectorUnit, 'ActiveState'), 'active');
});

test('a collector with a wrong configuration is not started again and again', async (t) => {
  runCommand('sh', [
    '-c',
    'cp -p /etc/wca/collector.json /tmp/collector.json && echo nonsense > /etc/wca/collector.json',
  ]);
  t.after(() => {
    runCommand('sh', ['-c', 'cp -p /tmp/collector.json /etc/wca/collector.json']);
    runCommand('systemctl', ['reset-failed', 'wca-collector.socket', collectorUnit]);
    runCommand('systemctl', ['start', 'wca-collector.socket', collectorUnit]);
  });
  const pid = mainPid(collectorUnit);
  process.kill(pid, 'SIGUSR2');
  await becomes(() => showProperty(collectorUnit, 'ActiveState'), 'failed');
  assert.equal(showProperty(collectorUnit, 'ExecMainStatus'), '2');
  assert.match(readJournal(20), /collector\.json.*is not JSON/);
});
