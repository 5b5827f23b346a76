// guests: v2
import assert from 'node:assert/strict';
import { rmSync, statfsSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../kit/command.ts';
import { becomes, collectorUnit, controllerUnit, mainPid } from '../kit/installed.ts';
import { LeasedScene } from '../kit/leased-scene.ts';
import { readControl } from '../kit/units.ts';

/** The Debian package under systemd when what is around it fails: the clock, the disk, the journal. */

const scene = LeasedScene.make();
const { lasting, file, halfText } = scene;

interface Status {
  readonly collector: { readonly sampler: { readonly ticks: number } };
  readonly controller: { readonly iterations: number };
}

function askStatus(): Status {
  return JSON.parse(runCommand('wca-ctl', ['status', '-o', 'json', '--timeout', '60']));
}

const pids = (): readonly number[] => [collectorUnit, controllerUnit].map(mainPid);

/** Both go on as the processes they were. */
async function goOn(before: readonly number[]): Promise<void> {
  const { iterations } = askStatus().controller;
  await becomes(
    () => askStatus().controller.iterations,
    (now) => now > iterations,
  );
  assert.deepEqual(pids(), before);
}

test('a clock that jumps by an hour, either way, changes neither the interval nor a lease', async (t) => {
  await scene.allocateBoth();
  const before = pids();
  t.after(() => runCommand('systemctl', ['restart', controllerUnit]));
  for (const jump of ['+1 hour', '-1 hour']) {
    const [ticks, startMs] = [askStatus().collector.sampler.ticks, performance.now()];
    runCommand('date', ['-s', jump]);
    await sleep(8_000);
    const [made, seconds] = [askStatus().collector.sampler.ticks - ticks, (performance.now() - startMs) / 1000];
    t.diagnostic(`${jump}: ${made} ticks in ${seconds.toFixed(1)} s`);
    // The package measures every five seconds; a jump of an hour would be 720 of them.
    assert.ok(made >= 1 && made <= seconds / 5 + 2, `${made} ticks in ${seconds} s`);
    assert.deepEqual(scene.texts(), [halfText, halfText], 'the lease of ten minutes goes on');
    const [, seen = ''] = /^wca_up\S* (\S+)/m.exec(runCommand('wca-ctl', ['metrics', 'wca_up'])) ?? [];
    assert.ok(Math.abs(Number(seen) - Date.now() / 1000) < 60, `measured at ${seen}, it is ${Date.now() / 1000}`);
  }
  await goOn(before);
});

test('without room for the ledger nothing is written to the kernel; with room again it is', async (t) => {
  const client = scene.connect(t);
  const before = pids();
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

test('both go on without a journal', async (t) => {
  const sockets = ['systemd-journald.socket', 'systemd-journald-dev-log.socket', 'systemd-journald-audit.socket'];
  t.after(() => {
    runCommand('systemctl', ['start', ...sockets, 'systemd-journald.service']);
    // What it held of open streams ended with it.
    runCommand('systemctl', ['restart', collectorUnit, controllerUnit]);
  });
  const before = pids();
  runCommand('systemctl', ['stop', ...sockets, 'systemd-journald.service']);
  // Something to tell: a controller that is asked to load its configuration anew tells so.
  process.kill(before[1] ?? 0, 'SIGHUP');
  await goOn(before);
  await goOn(before);
});
