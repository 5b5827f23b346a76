// guests: v2
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { runCommand } from '../kit/command.ts';
import {
  becomes,
  collectorUnit,
  connectInstalled,
  controllerUnit,
  installPackage,
  purgePackage,
} from '../kit/installed.ts';
import { readControl, reloadSystemd, showProperty } from '../kit/units.ts';

/**
 * The machine is reset, as by its button, while values are allocated; this file is run before and again after. The
 * ledger is on the disk, which is worse than the package's tmpfs: it is still there, and the cgroups of the new boot
 * have the paths, perhaps the inodes, of the old.
 */

const ledger = '/var/lib/wca-ledger';
const unit = 'wca-reset.service';
const unitFile = `/etc/systemd/system/${unit}`;
const dropIn = `/etc/systemd/system/${collectorUnit}.d/ledger.conf`;
const service = `/system.slice/${unit}`;
const own = '/wca-reset';
const [original, allocated] = ['80000 100000', '50000 100000'];
const half: AllocationValue = { type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 };
const wasReset = existsSync(unitFile);

function makeOwn(): void {
  mkdirSync(`/sys/fs/cgroup${own}`, { recursive: true });
}

async function allocateBoth(): Promise<void> {
  const client = connectInstalled();
  try {
    await client.apply(service, [half]);
    const lease = { id: 'test', ttlMs: 600_000 };
    const [result] = await client.allocate([{ path: own, values: [half] }], { lease });
    assert.equal(result?.error, undefined);
  } finally {
    client.close();
  }
  assert.deepEqual(texts(), [allocated, allocated]);
}

const texts = (): readonly (string | undefined)[] => [service, own].map((path) => readControl(path, 'cpu.max'));

async function allocateAndReset(): Promise<void> {
  mkdirSync(ledger, { mode: 0o700 });
  mkdirSync(`/etc/systemd/system/${collectorUnit}.d`);
  writeFileSync(dropIn, `[Service]\nReadWritePaths=${ledger}\n`);
  const lines = [
    '[Service]',
    'ExecStart=/bin/sleep infinity',
    'CPUQuota=80%',
    '[Install]',
    'WantedBy=multi-user.target',
  ];
  writeFileSync(unitFile, `${lines.join('\n')}\n`);
  reloadSystemd();
  runCommand('systemctl', ['enable', '--now', unit]);
  makeOwn();
  assert.deepEqual(texts(), [original, 'max 100000']);
  await installPackage({ collector: { operators: ['root'], ledger, allocate: { below: [service, own] } } });
  await allocateBoth();
  copyFileSync(`${ledger}/ledger`, '/host/ledger-before');
  runCommand('sync', []);
  writeFileSync('/host/reset', '');
  await sleep(120_000);
  assert.fail('the host did not reset the machine');
}

async function checkAfterReset(t: TestContext): Promise<void> {
  after(() => {
    purgePackage();
    runCommand('systemctl', ['disable', '--now', unit]);
    for (const path of [unitFile, dropIn, ledger]) rmSync(path, { recursive: true, force: true });
    reloadSystemd();
  });
  for (const name of [collectorUnit, controllerUnit]) await becomes(() => showProperty(name, 'ActiveState'), 'active');
  const before = readFileSync('/host/ledger-before', 'utf8');
  for (const path of [service, own]) assert.match(before, new RegExp(`"path":"${path}"`));
  makeOwn();
  assert.deepEqual(texts(), [original, 'max 100000']);
  const client = connectInstalled();
  t.after(() => client.close());
  assert.deepEqual((await client.list()).allocations, [], 'nothing is remembered of a kernel that is gone');
  await allocateBoth();
  await client.restore({ all: true });
  assert.deepEqual(texts(), [original, 'max 100000']);
}

if (wasReset) test('after a reset both services are up, and nothing is left of what was allocated', checkAfterReset);
else test('a value and a lease are outstanding when the machine is reset', allocateAndReset);
