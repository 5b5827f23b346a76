// guests: v2
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { goOn, measuredAt, readPids, readTicks } from '../kit/installed-status.ts';
import { LeasedScene } from '../kit/leased-scene.ts';
import { suspend } from '../kit/suspend.ts';

/** The Debian package under systemd while the machine is suspended to memory. */

const scene = LeasedScene.make();

test('suspended and woken, both go on as they were: no burst of samples, no lease that ended', async (t) => {
  await scene.allocateBoth();
  const before = readPids();
  await goOn(before);
  const online = readFileSync('/sys/devices/system/cpu/online', 'utf8');
  const [ticks, startMs] = [await readTicks(), performance.now()];
  const slept = suspend(40); // longer than the watchdog's 30 s
  t.diagnostic(`slept for ${slept.toFixed(1)} s`);
  assert.ok(slept > 30, `slept for ${slept} s`);
  await goOn(before);
  await goOn(before);
  const [made, seconds] = [(await readTicks()) - ticks, (performance.now() - startMs) / 1000];
  t.diagnostic(`${made} ticks in ${seconds.toFixed(1)} s awake`);
  // The package measures every five seconds.
  assert.ok(made <= seconds / 5 + 2, `${made} ticks in ${seconds} s`);
  const [measured, now] = [await measuredAt(), Date.now() / 1000];
  assert.ok(Math.abs(measured - now) < 60, `measured at ${measured}, it is ${now}`);
  assert.equal(readFileSync('/sys/devices/system/cpu/online', 'utf8'), online);
  assert.deepEqual(scene.texts(), [scene.halfText, scene.halfText]);
});
