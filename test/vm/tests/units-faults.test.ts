// guests: v2 v1
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, type TestContext, test } from 'node:test';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { runCommand } from '../kit/command.ts';
import {
  becomes,
  collectorUnit,
  connectInstalled,
  controllerUnit,
  installPackage,
  mainPid,
  purgePackage,
  readJournal,
  unpack,
} from '../kit/installed.ts';
import { isV2, readControl, showProperty, startService } from '../kit/units.ts';

/** The Debian package under systemd: what is left of allocations when a process dies, hangs, is upgraded or removed. */

const cgroups = TestCgroups.make((why) => {
  throw new Error(why);
});
if (cgroups === undefined) throw new Error('no cgroups');
const { root } = cgroups;
const leased = cgroups.add('leased');
const lasting = cgroups.add('lasting');
const service = '/system.slice/wca-unit.service';

before(async () => {
  await installPackage({ collector: { operators: ['root'], allocate: { below: [root, service] } } });
});
after(() => {
  if (existsSync('/usr/bin/wca-ctl')) purgePackage();
  cgroups.remove();
});

const file = isV2 ? 'cpu.max' : 'cpu.cfs_quota_us';
const original = readControl(leased, file);
const half: AllocationValue = { type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 };
const halfText = isV2 ? '50000 100000' : '50000';

function connect(t: TestContext) {
  const client = connectInstalled();
  t.after(() => client.close());
  return client;
}

/** One value under a lease of ten minutes, one without. */
async function allocate(t: TestContext): Promise<void> {
  const client = connect(t);
  await client.apply(lasting, [half]);
  const [result] = await client.allocate([{ path: leased, values: [half] }], { lease: { id: 'test', ttlMs: 600_000 } });
  assert.equal(result?.error, undefined);
  assert.deepEqual(
    [leased, lasting].map((path) => readControl(path, file)),
    [halfText, halfText],
  );
}

/** Waits for another process of the service that is up. */
async function restarted(unit: string, pid: number): Promise<void> {
  await becomes(
    () => mainPid(unit),
    (found) => found !== 0 && found !== pid,
  );
  await becomes(() => showProperty(unit, 'ActiveState'), 'active');
}

test('kill -9 of the collector: what is leased has its original back, the next one remembers the rest', async (t) => {
  await allocate(t);
  const pid = mainPid(collectorUnit);
  process.kill(pid, 'SIGKILL');
  await becomes(() => readControl(leased, file), original);
  await restarted(collectorUnit, pid);
  assert.equal(readControl(lasting, file), halfText);
  const client = connect(t);
  const { allocations } = await client.list();
  assert.ok(JSON.stringify(allocations).includes(lasting));
});

test('the watchdog ends a collector that stands still, and what is leased has its original back', async (t) => {
  await allocate(t);
  const pid = mainPid(collectorUnit);
  process.kill(pid, 'SIGSTOP');
  await becomes(() => readControl(leased, file), original);
  await restarted(collectorUnit, pid);
  assert.match(readJournal(200), /Watchdog timeout/);
});

test('a planned restart and an upgrade keep what is allocated', async (t) => {
  await allocate(t);
  const first = mainPid(collectorUnit);
  runCommand('systemctl', ['kill', '-s', 'USR2', '--kill-who=main', collectorUnit]);
  await restarted(collectorUnit, first);
  assert.equal(readControl(leased, file), halfText);
  const [second, controller] = [mainPid(collectorUnit), mainPid(controllerUnit)];
  unpack();
  await restarted(collectorUnit, second);
  await restarted(controllerUnit, controller);
  assert.deepEqual(
    [leased, lasting].map((path) => readControl(path, file)),
    [halfText, halfText],
  );
});

test('kill -9 of the controller: systemd starts it again', async () => {
  const pid = mainPid(controllerUnit);
  process.kill(pid, 'SIGKILL');
  await restarted(controllerUnit, pid);
});

test('a stopped collector is started by whoever connects to its socket', async (t) => {
  runCommand('systemctl', ['stop', controllerUnit]);
  runCommand('systemctl', ['stop', collectorUnit]);
  assert.equal(readControl(leased, file), original, 'a stop gives back what is leased');
  assert.equal(showProperty(collectorUnit, 'ActiveState'), 'inactive');
  const client = connect(t);
  await client.list();
  assert.equal(showProperty(collectorUnit, 'ActiveState'), 'active');
});

test('removal gives every original back and leaves no file, unit or drop-in', async (t) => {
  startService(t, 'wca-unit', isV2 ? [] : ['CPUShares=1000']);
  const unitOriginal = readControl(service, file);
  await allocate(t);
  const client = connect(t);
  await client.apply(service, [half]);
  t.diagnostic(purgePackage());
  assert.deepEqual(
    [leased, lasting, service].map((path) => readControl(path, file)),
    [original, original, unitOriginal],
  );
  const left = [
    '/run/wca',
    '/run/wca-controller',
    '/var/lib/wca',
    '/usr/lib/wca',
    '/etc/wca',
    '/usr/bin/wca-collector',
  ];
  const dropIns = '/run/systemd/system.control/wca-unit.service.d';
  assert.deepEqual(
    [...left, dropIns].filter((path) => existsSync(path)),
    [],
  );
  assert.equal(showProperty(collectorUnit, 'LoadState'), 'not-found');
});
