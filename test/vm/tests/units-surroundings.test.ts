// guests: v2
import assert from 'node:assert/strict';
import { rmSync, statfsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../kit/command.ts';
import { becomes, collectorUnit, controllerUnit, mainPid, readJournal, restarted } from '../kit/installed.ts';
import { goOn, measuredAt, readPids, readTicks } from '../kit/installed-status.ts';
import { LeasedScene } from '../kit/leased-scene.ts';
import { readControl } from '../kit/units.ts';

/** The Debian package under systemd when what is around it fails: the clock, the disk, the journal, memory. */

const scene = LeasedScene.make();
const { lasting, file, halfText } = scene;
test('a clock that jumps by an hour, either way, changes neither the interval nor a lease', async (t) => {
  await scene.allocateBoth();
  const before = readPids();
  await goOn(before);
  for (const jump of ['+1 hour', '-1 hour']) {
    const [from, startMs] = [await readTicks(), performance.now()];
    runCommand('date', ['-s', jump]);
    await sleep(8_000);
    const [made, seconds] = [(await readTicks()) - from, (performance.now() - startMs) / 1000];
    t.diagnostic(`${jump}: ${made} ticks in ${seconds.toFixed(1)} s`);
    // The package measures every five seconds; an hour would be 720 of them.
    assert.ok(made >= 1 && made <= seconds / 5 + 2, `${made} ticks in ${seconds} s`);
    assert.deepEqual(scene.texts(), [halfText, halfText], 'the lease of ten minutes goes on');
    const [measured, now] = [await measuredAt(), Date.now() / 1000];
    assert.ok(Math.abs(measured - now) < 60, `measured at ${measured}, it is ${now}`);
  }
  await goOn(before);
});

test('without room for the ledger nothing is written to the kernel; with room again it is', async (t) => {
  const client = scene.connect(t);
  const before = readPids();
  const quotaOf = (i: number): string => `${10_000 + i} 100000`;
  const wish = (i: number) => [
    { path: lasting, values: [{ type: 'cpu_quota', quotaUs: 10_000 + i, periodUs: 100_000 } as const] },
  ];
  const filler = '/run/wca-filler';
  t.after(() => rmSync(filler, { force: true }));
  const { bavail, bsize } = statfsSync('/run');
  runCommand('fallocate', ['-l', String(bavail * bsize), filler]);
  // The last page of the ledger has room for some more lines.
  let refused: string | undefined;
  let last = 0;
  for (let i = 1; i <= 500 && refused === undefined; i += 1) {
    try {
      await client.allocate(wish(i));
      last = i;
    } catch (thrown) {
      refused = String(thrown);
    }
  }
  t.diagnostic(`refused after ${last}: ${refused}`);
  assert.match(refused ?? '', /ledger of original values cannot be kept: ENOSPC \(make room/);
  assert.equal(readControl(lasting, file), last === 0 ? halfText : quotaOf(last), 'what cannot be undone is not done');
  rmSync(filler);
  const [result] = await client.allocate(wish(1000));
  assert.deepEqual(
    result?.values.map(({ outcome }) => outcome),
    ['applied'],
  );
  assert.equal(readControl(lasting, file), quotaOf(1000));
  await goOn(before);
});

test('a controller that the kernel ends for its memory is started again; the collector does not notice', async (t) => {
  await scene.allocateBoth();
  const before = readPids();
  const limit = (bytes: string): string =>
    runCommand('systemctl', ['set-property', '--runtime', controllerUnit, `MemoryMax=${bytes}`, 'MemorySwapMax=0']);
  t.after(() => limit('infinity'));
  limit('8M');
  await becomes(
    () => mainPid(controllerUnit),
    (pid) => pid !== before[1],
  );
  await becomes(
    () => readJournal(60),
    (text) => /oom-kill/.test(text),
  );
  limit('infinity');
  await restarted(controllerUnit, 0);
  assert.equal(mainPid(collectorUnit), before[0]);
  assert.deepEqual(scene.texts(), [halfText, halfText]);
});

test('both go on without a journal', async (t) => {
  const units = ['', '-dev-log', '-audit'].map((name) => `systemd-journald${name}.socket`);
  units.push('systemd-journald.service');
  t.after(() => runCommand('systemctl', ['start', ...units]));
  const before = readPids();
  runCommand('systemctl', ['stop', ...units]);
  // Something to tell: that the configuration is loaded anew.
  process.kill(before[1] ?? 0, 'SIGHUP');
  await goOn(before);
  await goOn(before);
});
