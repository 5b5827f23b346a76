// guests: v2 v1
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { runCommand } from '../kit/command.ts';
import { collectorUnit, controllerUnit, mainPid, purgePackage, restarted, unpack } from '../kit/installed.ts';
import { LeasedScene } from '../kit/leased-scene.ts';
import { readControl, showProperty, startService } from '../kit/units.ts';

/** The Debian package under systemd: what is left of allocations after an upgrade and after removal. */

const scene = LeasedScene.make();
const { original, halfText, service, file, unit, unitLines } = scene;

test('a planned restart and an upgrade keep what is allocated', async () => {
  await scene.allocateBoth();
  const first = mainPid(collectorUnit);
  runCommand('systemctl', ['kill', '-s', 'USR2', '--kill-who=main', collectorUnit]);
  await restarted(collectorUnit, first);
  assert.deepEqual(scene.texts(), [halfText, halfText]);
  const [second, controller] = [mainPid(collectorUnit), mainPid(controllerUnit)];
  unpack();
  await restarted(collectorUnit, second);
  await restarted(controllerUnit, controller);
  assert.deepEqual(scene.texts(), [halfText, halfText]);
});

test('removal gives every original back and leaves no file, unit or drop-in', async (t) => {
  startService(t, unit, unitLines);
  await scene.allocateBoth();
  await scene.allocateLasting(service);
  assert.equal(showProperty(`${unit}.service`, 'CPUQuotaPerSecUSec'), '500ms');
  t.diagnostic(purgePackage());
  assert.deepEqual(scene.texts(), [original, original]);
  assert.equal(showProperty(`${unit}.service`, 'CPUQuotaPerSecUSec'), 'infinity');
  // systemd may have taken the controller away with the unit's last property.
  assert.equal(readControl(service, file) ?? original, original);
  const left = [
    '/run/wca',
    '/run/wca-controller',
    '/var/lib/wca',
    '/usr/lib/wca',
    '/etc/wca',
    '/usr/bin/wca-collector',
  ];
  const dropIns = `/run/systemd/system.control/${unit}.service.d`;
  assert.deepEqual(
    [...left, dropIns].filter((path) => existsSync(path)),
    [],
  );
  assert.equal(showProperty(collectorUnit, 'LoadState'), 'not-found');
});
