// guests: v2 v1
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { after, before, type TestContext, test } from 'node:test';
import type { AllocationValue } from '../../../shared/allocation/values.ts';
import { type AllocationClient, describe } from '../../kit/allocation-client.ts';
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
  readProcessStatus,
} from '../kit/installed.ts';
import { mountResctrl } from '../kit/rdt.ts';
import { isV2, readControl, showProperty, startService } from '../kit/units.ts';

/** The Debian package under systemd: what its sandbox lets both processes do, and what it keeps them from. */

const cgroups = TestCgroups.make((why) => {
  throw new Error(why);
});
if (cgroups === undefined) throw new Error('no cgroups');
const { root } = cgroups;
const service = '/system.slice/wca-unit.service';

before(async () => {
  // Debian's kernels start with 3, their own, which refuses everybody without CAP_SYS_ADMIN: docs/install.md.
  writeFileSync('/proc/sys/kernel/perf_event_paranoid', '2');
  await installPackage({ collector: { operators: ['root'], allocate: { below: [root, service] } } });
});
after(() => {
  purgePackage();
  cgroups.remove();
});

/** On v1 systemd makes a unit's cgroup for the CPU only with the first property that needs it. */
const unitLines = isV2 ? [] : ['CPUShares=1000'];
const quotaFile = isV2 ? 'cpu.max' : 'cpu.cfs_quota_us';
const half: AllocationValue = { type: 'cpu_quota', quotaUs: 50_000, periodUs: 100_000 };
const halfText = isV2 ? '50000 100000' : '50000';

test('the package starts both services, keeps a configuration that is there, and wca-ctl finds them', async (t) => {
  assert.ok(readFileSync('/etc/wca/collector.json', 'utf8').includes(root));
  const socket = statSync('/run/wca/collector.sock');
  const gid = Number(runCommand('id', ['-g', 'wca']));
  assert.deepEqual([socket.mode & 0o777, socket.uid, socket.gid], [0o660, 0, gid]);
  assert.equal(showProperty(collectorUnit, 'StatusText'), 'serves systemd socket, descriptor 3');
  assert.equal(showProperty(controllerUnit, 'StatusText'), 'runs /etc/wca/config.yaml');
  const text = runCommand('wca-ctl', ['status', '-o', 'json', '--timeout', '60']);
  t.diagnostic(text.replaceAll(/\s+/g, ' ').slice(0, 600));
  assert.equal(typeof JSON.parse(text), 'object');
});

test('the collector has four capabilities, the controller none and another user', () => {
  const collector = readProcessStatus(mainPid(collectorUnit));
  const controller = readProcessStatus(mainPid(controllerUnit));
  // DAC_OVERRIDE 1, SYS_PTRACE 19, SYS_NICE 23, PERFMON 38
  const four = (1n << 1n) | (1n << 19n) | (1n << 23n) | (1n << 38n);
  for (const set of ['CapEff', 'CapPrm', 'CapBnd']) assert.equal(BigInt(`0x${collector.get(set)}`), four, set);
  for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb', 'CapInh'])
    assert.equal(Number(`0x${controller.get(set)}`), 0);
  const uid = runCommand('id', ['-u', 'wca']).trim();
  assert.equal(controller.get('Uid'), [uid, uid, uid, uid].join('\t'));
  for (const status of [collector, controller]) {
    assert.equal(status.get('NoNewPrivs'), '1');
    assert.equal(status.get('Seccomp'), '2');
  }
});

/** What Prometheus would get; empty while nothing listens. By node:http: fetch needs WebAssembly, which --jitless lacks. */
function scrape(): Promise<string> {
  return new Promise((resolve) => {
    const request = get('http://127.0.0.1:9152/metrics', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    request.on('error', () => resolve(''));
  });
}

test('metrics of services come through the sandboxes', async (t) => {
  startService(t, 'wca-unit', unitLines);
  const text = await becomes(scrape, (found) => found.includes('wca-unit.service'));
  const names = new Set(
    [...text.matchAll(/^(task_[a-z0-9_]+)\{[^}]*wca-unit\.service[^}]*\}/gm)].map(([, name]) => name),
  );
  t.diagnostic([...names].join(' '));
  for (const name of ['task_cpu_usage_seconds', 'task_mem_usage_bytes']) assert.ok(names.has(name), name);
  // systemd makes no cgroups in the perf_event hierarchy of v1: a unit has no counters there.
  if (isV2) assert.ok(names.has('task_instructions'), `task_instructions of ${[...names].join(' ')}`);
  assert.doesNotMatch(readJournal(200), /EPERM|EACCES|EROFS|not permitted|denied|read-only/i);
});

function connect(t: TestContext): AllocationClient {
  const client = connectInstalled();
  t.after(() => client.close());
  return client;
}

async function apply(t: TestContext, path: string, value: AllocationValue): Promise<AllocationClient> {
  const client = connect(t);
  await client.apply(path, [value]);
  return client;
}

async function restore(client: AllocationClient, path: string): Promise<void> {
  const results = await client.restore({ cgroupPaths: [path] });
  const failed = results.filter((result) => describe(result).includes('failed') || result.error !== undefined);
  assert.deepEqual(failed.map(describe), [], results.map(describe).join('\n'));
}

test('a cgroup that belongs to nobody is allocated, and gets its original back', async (t) => {
  const path = cgroups.add('job');
  const original = readControl(path, quotaFile);
  const client = await apply(t, path, half);
  assert.equal(readControl(path, quotaFile), halfText);
  await restore(client, path);
  assert.equal(readControl(path, quotaFile), original);
});

test('a unit is allocated through systemd, and nothing is left of it', async (t) => {
  startService(t, 'wca-unit', unitLines);
  const client = await apply(t, service, half);
  assert.equal(readControl(service, quotaFile), halfText);
  assert.equal(showProperty('wca-unit.service', 'CPUQuotaPerSecUSec'), '500ms');
  t.diagnostic(JSON.stringify(await client.list()));
  await restore(client, service);
  assert.equal(showProperty('wca-unit.service', 'CPUQuotaPerSecUSec'), 'infinity');
  assert.ok(!existsSync('/run/systemd/system.control/wca-unit.service.d'));
});

test('resctrl that was mounted after the start is allocated', { skip: isV2 ? false : 'no RDT here' }, async (t) => {
  const folder = mountResctrl();
  const path = cgroups.add('cache');
  runCommand('systemctl', ['kill', '-s', 'USR2', '--kill-who=main', collectorUnit]); // what a CPU has it looks up once
  const client = await apply(t, path, { type: 'rdt', group: undefined, lines: ['L3:0=f;1=3'] });
  const group = `${folder}/${path.slice(1).replaceAll('/', '-')}`;
  assert.match(readFileSync(`${group}/schemata`, 'utf8'), /L3:0=0*f;1=0*3/);
  await restore(client, path);
  assert.ok(!existsSync(group));
});

test('a configuration that is wrong is refused by reload, one that is right is in force without a restart', async (t) => {
  const file = '/etc/wca/config.yaml';
  const text = readFileSync(file, 'utf8');
  t.after(() => writeFileSync(file, text));
  const pid = mainPid(controllerUnit);
  writeFileSync(file, text.replace('!CgroupNode', '!CgroupNoode'));
  const refused = spawnSync('systemctl', ['reload', controllerUnit], { encoding: 'utf8' });
  assert.notEqual(refused.status, 0);
  assert.match(readJournal(), /CgroupNoode/);
  writeFileSync(file, text.replace('interval: 5.0', 'interval: 5.0\n  extra_labels: {reloaded: "yes"}'));
  runCommand('systemctl', ['reload', controllerUnit]);
  await becomes(scrape, (found) => found.includes('reloaded="yes"'));
  assert.equal(mainPid(controllerUnit), pid);
  assert.equal(showProperty(controllerUnit, 'StatusText'), 'runs /etc/wca/config.yaml');
});

for (const { unit, most } of [
  { unit: collectorUnit, most: 3.0 },
  { unit: controllerUnit, most: 1.5 },
]) {
  test(`systemd's exposure level of ${unit} is at most ${most}`, (t) => {
    const text = runCommand('systemd-analyze', ['security', '--no-pager', unit]);
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
    t.diagnostic(`${level}`);
    assert.ok(level <= most, text);
  });
}
