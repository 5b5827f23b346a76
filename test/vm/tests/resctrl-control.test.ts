// guests: v2 kernel612
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { readCgroupLayout } from '../../../collector/kernel/cgroup/layout.ts';
import { defaultRoots } from '../../../collector/kernel/roots.ts';
import { systemClock } from '../../../shared/lifecycle/clock.ts';
import { TestCgroups } from '../../kit/cgroups.ts';
import { CollectorProcess } from '../../kit/collector-process.ts';
import { RdtDriver } from '../../kit/rdt-driver.ts';
import { WatchStream } from '../../kit/watch-stream.ts';
import { runCommand } from '../kit/command.ts';
import { mountResctrl, type RegisterWrite, readRegisterWrites } from '../kit/rdt.ts';

/** RDT control on the kernel's own resctrl; what reached the registers of the emulated CPU is the oracle. */

const folder = mountResctrl();
const made = TestCgroups.make((reason) => {
  throw new Error(reason);
});
if (made === undefined) throw new Error('no cgroups');
const cgroups = made;
after(() => cgroups.remove());

interface Policy {
  readonly rootGroup?: boolean;
  readonly foreignGroups?: boolean;
}

function makeDriver(t: TestContext, policy: Policy = {}): RdtDriver {
  const driver = new RdtDriver({
    roots: defaultRoots,
    layout: readCgroupLayout(defaultRoots),
    vendor: 'GenuineIntel',
    clock: systemClock,
    policy: { rootGroup: false, foreignGroups: false, ...policy },
    readInode: (path) => statSync(join('/sys/fs/cgroup', path), { bigint: true, throwIfNoEntry: false })?.ino,
  });
  t.after(async () => {
    await driver.restore();
    await driver.restore(); // groups that were shared
    assert.deepEqual(driver.entries, []);
    assert.deepEqual(groups(), []);
  });
  return driver;
}

/** Control groups but the root. */
function groups(): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['info', 'mon_data', 'mon_groups'].includes(entry.name))
    .map(({ name }) => name);
}

function schemata(group: string): string[] {
  return readFileSync(join(folder, group, 'schemata'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
}

function tasks(group: string): number[] {
  return readFileSync(join(folder, group, 'tasks'), 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map(Number);
}

async function start(
  t: TestContext,
  path: string,
  command: readonly string[] = ['sleep', '100000'],
): Promise<ChildProcess> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore' });
  t.after(async () => {
    child.ref();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
  child.unref(); // a test that fails ends all the same
  await once(child, 'spawn');
  cgroups.attach(path, child.pid ?? 0);
  return child;
}

/** What is in the registers of CLOSIDs now, by `L3 domain closid`, from all writes since `from`. */
function registers(from: number): ReadonlyMap<string, number> {
  return new Map(
    readRegisterWrites()
      .slice(from)
      .map(({ resource, domain, closid, value }) => [`${resource} ${domain} ${closid}`, value]),
  );
}

function ofClosid(writes: readonly RegisterWrite[], closid: number): string[] {
  return writes
    .filter((write) => write.closid === closid)
    .map(({ resource, domain, value }) => `${resource}:${domain}=${value.toString(16)}`);
}

/** Anything that was written to the root's registers. */
function rootWrites(from: number): readonly RegisterWrite[] {
  return readRegisterWrites()
    .slice(from)
    .filter(({ closid }) => closid === 0);
}

test('masks and throttles reach the registers before the first thread moves; everything comes back; the root is not written', async (t) => {
  const driver = makeDriver(t);
  const path = cgroups.add('first');
  const child = await start(t, path, [process.execPath, '-e', 'setInterval(() => {}, 1e6)']);
  const from = readRegisterWrites().length;
  assert.deepEqual(await driver.allocate({ path, lines: ['L3:0=0F;1=3', 'MB:0=12;1=50'] }), ['ok']);
  const [name = ''] = groups();
  assert.equal(name, path.slice(1).replaceAll('/', '-'));
  assert.deepEqual(schemata(name), ['L3:0=00f;1=003', 'MB:0= 20;1= 50']);
  const threads = readdirSync(`/proc/${child.pid}/task`).map(Number);
  assert.ok(threads.length > 3);
  assert.deepEqual(tasks(name).sort(), threads.sort());
  const now = registers(from);
  assert.deepEqual(
    [now.get('L3 0 1'), now.get('L3 1 1'), now.get('MBA 0 1'), now.get('MBA 1 1')],
    [0xf, 3, 80, 50], // the register holds the delay
  );
  assert.deepEqual(driver.current(path)?.value, { type: 'rdt', group: name, lines: ['MB:0=20;1=50', 'L3:0=f;1=3'] });
  const before = readRegisterWrites().length;
  assert.deepEqual(await driver.allocate({ path, lines: ['L3:0=0F;1=3', 'MB:0=12;1=50'] }), ['ok']);
  assert.equal(readRegisterWrites().length, before, 'the same again writes nothing');
  await driver.restore();
  assert.deepEqual(groups(), []);
  assert.ok(threads.every((id) => tasks('').includes(id)));
  assert.deepEqual(rootWrites(from), []);
});

test('threads of a process that makes them all the time end up in the group, all of them', async (t) => {
  const driver = makeDriver(t);
  const path = cgroups.add('forking');
  const child = await start(t, path, ['sh', '-c', 'while :; do sleep 0.05 & sleep 0.01; done']);
  assert.deepEqual(await driver.allocate({ path, lines: ['L3:0=f'] }), ['ok']);
  const name = path.slice(1).replaceAll('/', '-');
  for (let look = 0; look < 20; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const inside = new Set(tasks(name));
    const procs = readFileSync(join('/sys/fs/cgroup', path, 'cgroup.procs'), 'utf8')
      .trim()
      .split('\n')
      .map(Number);
    const strays = procs.filter((pid) => !inside.has(pid) && tasks('').includes(pid));
    assert.deepEqual(strays, [], `of ${procs.length}`);
  }
  assert.ok(tasks(name).includes(child.pid ?? 0));
});

test('CLOSIDs: seven groups beside the root, one of them of somebody else; the next is refused, and made when one is free', async (t) => {
  mkdirSync(join(folder, 'theirs'));
  t.after(() => rmdirSync(join(folder, 'theirs')));
  const driver = new RdtDriver({
    roots: defaultRoots,
    layout: readCgroupLayout(defaultRoots),
    vendor: 'GenuineIntel',
    clock: systemClock,
    policy: { rootGroup: false, foreignGroups: false },
    readInode: (path) => statSync(join('/sys/fs/cgroup', path), { bigint: true, throwIfNoEntry: false })?.ino,
  });
  const paths = Array.from({ length: 7 }, (_, i) => cgroups.add(`many${i}`));
  const results = await driver.allocate(...paths.map((path) => ({ path, lines: ['L3:0=f'] })));
  assert.deepEqual(results.slice(0, 6), Array(6).fill('ok'));
  assert.match(results[6] ?? '', /CLOSID_EXHAUSTED .*left of 8: 1 is the root, 6 of WCA .*, 1 of others \(theirs\)/);
  const session = driver.rdt.knobs.open();
  const made = await session.write({ kind: 'rdt-group', group: 'more' }, 'present');
  assert.equal(made.ok ? '' : made.error.code, 'CLOSID_EXHAUSTED', 'the kernel says the same');
  session.close();
  await driver.restore(paths[0]);
  assert.deepEqual(await driver.allocate({ path: paths[6] ?? '', lines: ['L3:0=f'] }), ['ok']);
  await driver.restore();
  assert.deepEqual(groups(), ['theirs']);
});

test("what the kernel refuses is told in its own words, and the group's lines stay", async (t) => {
  const driver = makeDriver(t);
  const path = cgroups.add('refused');
  assert.deepEqual(await driver.allocate({ path, group: 'be', lines: ['L3:0=f'] }), ['ok']);
  const session = driver.rdt.knobs.open();
  const refused = async (resource: string, text: string) => {
    const written = await session.write({ kind: 'rdt-line', group: 'be', resource }, text);
    return written.ok ? '' : `${written.error.code} ${written.error.message}`;
  };
  assert.match(await refused('L3', '0=5'), /KERNEL_REFUSED .*EINVAL: The mask 5 has non-consecutive 1-bits/);
  assert.match(await refused('L3', '0=fff'), /EINVAL: Mask out of range/);
  assert.match(await refused('MB', '0=5'), /EINVAL: MB value 5 out of range/);
  assert.match(await refused('L3', '0=zz'), /EINVAL: Non-hex character/);
  session.close();
  assert.deepEqual(schemata('be'), ['L3:0=00f;1=7ff', 'MB:0=100;1=100']);
  const wrong = await Promise.all(
    ['L3:0=5', 'L3:2=f', 'L3:0=fff', 'MB:0=5', 'MB:0=101', 'L2:0=f'].map((line) =>
      driver.allocate({ path, group: 'be', lines: [line] }),
    ),
  );
  for (const [result] of wrong) assert.match(result ?? '', /INVALID_ARGUMENT/);
});

test('a group of somebody else is joined and left as it was; an exclusive one keeps the ways of others', async (t) => {
  mkdirSync(join(folder, 'theirs'));
  // Not the ways that other hardware may share: shareable_bits.
  writeFileSync(join(folder, 'theirs', 'schemata'), 'L3:0=f0;1=f0\n');
  t.after(() => rmdirSync(join(folder, 'theirs')));
  const driver = makeDriver(t);
  const path = cgroups.add('joining');
  const child = await start(t, path);
  assert.deepEqual(await driver.allocate({ path, group: 'theirs' }), ['ok']);
  assert.deepEqual(tasks('theirs'), [child.pid]);
  const [refused] = await driver.allocate({ path, group: 'theirs', lines: ['L3:0=f'] });
  assert.match(refused ?? '', /NOT_ALLOWED/);
  await driver.restore();
  assert.deepEqual([tasks('theirs'), groups()], [[], ['theirs']]);
  assert.deepEqual(schemata('theirs'), ['L3:0=0f0;1=0f0', 'MB:0=100;1=100']);
  writeFileSync(join(folder, 'schemata'), 'L3:0=f;1=f\n');
  t.after(() => writeFileSync(join(folder, 'schemata'), 'L3:0=7ff;1=7ff\n'));
  writeFileSync(join(folder, 'theirs', 'mode'), 'exclusive\n');
  const [exclusive] = await driver.allocate({ path, lines: ['L3:0=ff'] });
  assert.match(exclusive ?? '', /KERNEL_REFUSED .*EINVAL: Overlaps with exclusive group/);
  assert.ok(tasks('').includes(child.pid ?? 0));
});

test('the keeper brings in processes that entered the cgroup from elsewhere, and leaves a target that somebody moved', async (t) => {
  const driver = makeDriver(t);
  const path = cgroups.add('kept');
  const first = await start(t, path);
  await driver.allocate({ path, group: 'be', lines: ['L3:0=f'] });
  await driver.keeper.keep();
  const second = await start(t, path);
  assert.deepEqual(tasks('be'), [first.pid]);
  await driver.keeper.keep();
  assert.deepEqual(tasks('be').sort(), [first.pid, second.pid].sort());
  assert.equal(driver.kept.length, 1);
  for (const pid of [first.pid, second.pid]) writeFileSync(join(folder, 'tasks'), `${pid}`);
  await driver.keeper.keep();
  assert.deepEqual(tasks('be'), []);
  assert.equal(driver.kept.length, 1);
  assert.deepEqual(driver.troubles, []);
});

test('a domain that goes with its CPUs and comes back gets its masks again, of this group only', async (t) => {
  const setOnline = (online: boolean) => {
    for (const cpu of [2, 3]) writeFileSync(`/sys/devices/system/cpu/cpu${cpu}/online`, online ? '1' : '0');
  };
  const driver = makeDriver(t);
  t.after(() => setOnline(true));
  const path = cgroups.add('offline');
  await driver.allocate({ path, group: 'be', lines: ['L3:0=f;1=3', 'MB:0=50;1=20'] });
  await driver.keeper.keep();
  setOnline(false);
  const [refused] = await driver.allocate({ path, group: 'be', lines: ['L3:0=f;1=7'] });
  assert.match(refused ?? '', /INVALID_ARGUMENT .*L3 has no domain 1, only 0/);
  await driver.keeper.keep();
  assert.deepEqual(schemata('be'), ['L3:0=00f', 'MB:0= 50']);
  setOnline(true);
  assert.deepEqual(schemata('be'), ['L3:0=00f;1=7ff', 'MB:0= 50;1=100'], 'the kernel has forgotten it');
  const from = readRegisterWrites().length;
  await driver.keeper.keep();
  assert.deepEqual(schemata('be'), ['L3:0=00f;1=003', 'MB:0= 50;1= 20']);
  assert.deepEqual(ofClosid(readRegisterWrites().slice(from), 1).sort(), ['L3:1=3', 'MBA:1=50']);
  assert.deepEqual(rootWrites(from), []);
  setOnline(false);
  setOnline(true);
  await driver.keeper.keep();
  assert.deepEqual(schemata('be'), ['L3:0=00f;1=003', 'MB:0= 50;1= 20'], 'also when nobody saw it go');
});

test('a cgroup that is gone gives its group back', async (t) => {
  const driver = makeDriver(t);
  const path = cgroups.add('going');
  await driver.allocate({ path, lines: ['L3:0=f'] });
  assert.equal(groups().length, 1);
  cgroups.drop(path);
  await driver.keeper.keep();
  assert.deepEqual([groups(), driver.entries], [[], []]);
});

test('monitoring follows a target into its control group and back', async (t) => {
  const driver = makeDriver(t);
  const collector = await CollectorProcess.start({ args: ['--allow', 'rdt-monitoring'] });
  t.after(() => collector.stop());
  const path = cgroups.add('measured');
  const child = await start(t, path);
  const stream = new WatchStream(collector.client(), { intervalMs: 1000, rdt: { required: true, perDomain: false } });
  stream.call.on('error', () => {});
  t.after(() => stream.call.cancel());
  stream.update([path]);
  const name = `wca-${path.slice(1).replaceAll('-', '%2D').replaceAll('/', '-')}`;
  const until = async (group: string) => {
    for (const endMs = performance.now() + 60_000; performance.now() < endMs; ) {
      const file = join(folder, group, 'mon_groups', name, 'tasks');
      if (existsSync(file) && readFileSync(file, 'utf8') === `${child.pid}\n`) return;
      await stream.next();
    }
    throw new Error(`never in ${group}`);
  };
  await until('');
  await driver.allocate({ path, group: 'be', lines: ['L3:0=f'] });
  await until('be');
  assert.deepEqual(await driver.allocate({ path, group: 'be', lines: ['L3:0=f'] }), ['ok']);
  await driver.keeper.keep();
  assert.deepEqual(driver.kept, [], 'a thread of a monitoring group is in its control group');
  await driver.restore();
  await until('');
  assert.deepEqual(groups(), []);
});

/** Mounted anew with options for one test. */
function remount(t: TestContext, options: readonly string[]): void {
  runCommand('umount', [folder]);
  t.after(() => {
    if (existsSync(join(folder, 'schemata'))) runCommand('umount', [folder]);
    mountResctrl();
  });
  mountResctrl(options);
}

test('cdp: code and data have masks of their own, L3 is refused with what there is', async (t) => {
  remount(t, ['cdp']);
  const driver = makeDriver(t);
  const path = cgroups.add('cdp');
  const [refused] = await driver.allocate({ path, group: 'be', lines: ['L3:0=f'] });
  assert.match(refused ?? '', /INVALID_ARGUMENT .*only L3CODE, L3DATA, MB can/);
  assert.deepEqual(await driver.allocate({ path, group: 'be', lines: ['L3CODE:0=f;1=3', 'L3DATA:1=7f0'] }), ['ok']);
  assert.deepEqual(schemata('be'), ['L3CODE:0=00f;1=003', 'L3DATA:0=7ff;1=7f0', 'MB:0=100;1=100']);
  const results = await driver.allocate(
    ...['a', 'b', 'c'].map((name) => ({ path: cgroups.add(`cdp-${name}`), lines: [] })),
  );
  assert.deepEqual(results.slice(0, 2), ['ok', 'ok']);
  assert.match(results[2] ?? '', /CLOSID_EXHAUSTED .*left of 4/);
});

test('mba_MBps: numbers are MB/s; unlimited comes back as unlimited', async (t) => {
  remount(t, ['mba_MBps']);
  mkdirSync(join(folder, 'raw'));
  writeFileSync(join(folder, 'raw', 'schemata'), 'MB:0=4294967295\n');
  t.diagnostic(`4294967295 becomes ${schemata('raw').join(' ')}`);
  rmdirSync(join(folder, 'raw'));
  const driver = makeDriver(t, { rootGroup: true });
  const path = cgroups.add('mbps');
  assert.deepEqual(await driver.allocate({ path, group: 'be', lines: ['MB:0=1234;1=4294967290'] }), ['ok']);
  t.diagnostic(schemata('be').join(' '));
  assert.match(schemata('be')[1] ?? '', /^MB:0=12(34|40);1=429496729[0-5]$/);
  const [refused] = await driver.allocate({ path, group: 'be', lines: ['MB:0=4294967296'] });
  assert.match(refused ?? '', /INVALID_ARGUMENT .*\(MBps\)/);
  assert.deepEqual(await driver.allocate({ path, group: '', lines: ['MB:0=5000'] }), ['ok']);
  await driver.restore();
  assert.match(schemata('')[1] ?? '', /^MB:0=429496729[0-5];1=429496729[0-5]$/);
});
