// guests: v2
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../kit/command.ts';
import { becomes, collectorUnit, controllerUnit, mainPid, readJournal, restarted } from '../kit/installed.ts';
import { LeasedScene } from '../kit/leased-scene.ts';

/** The Debian package under systemd when memory is short. */

const scene = LeasedScene.make();
const { halfText } = scene;

test('a controller that the kernel ends for its memory is started again; nobody else notices', async (t) => {
  await scene.allocateBoth();
  const [collector, controller] = [mainPid(collectorUnit), mainPid(controllerUnit)];
  const limit = (bytes: string): string =>
    runCommand('systemctl', ['set-property', '--runtime', controllerUnit, `MemoryMax=${bytes}`, 'MemorySwapMax=0']);
  t.after(() => {
    limit('infinity');
    runCommand('systemctl', ['reset-failed', controllerUnit]);
    runCommand('systemctl', ['start', controllerUnit]);
  });
  limit('8M');
  await becomes(
    () => mainPid(controllerUnit),
    (pid) => pid !== controller,
  );
  await becomes(
    () => readJournal(60),
    (text) => /oom-kill/.test(text),
  );
  limit('infinity');
  await restarted(controllerUnit, 0);
  assert.equal(mainPid(collectorUnit), collector);
  assert.deepEqual(scene.texts(), [halfText, halfText]);
});
