import assert from 'node:assert/strict';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { readPmuFacts } from '../../../../../collector/kernel/perf/pmu-facts.ts';
import {
  parseParanoid,
  parsePrivileged,
  parseVirtual,
  readPerfHost,
} from '../../../../../collector/kernel/perf/privilege.ts';
import { probePerf } from '../../../../../collector/kernel/perf/probe.ts';
import { WcaError } from '../../../../../shared/errors/wca-error.ts';
import { FakeLibc } from '../../../../kit/fake-libc.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A /proc of three files. */
function makeProcfs(texts: { readonly paranoid?: string; readonly capEff?: string; readonly flags?: string }): string {
  const folder = mkdtempSync(join(tmpdir(), 'wca-proc-'));
  folders.push(folder);
  const put = (name: string, text: string | undefined): void => {
    if (text === undefined) return;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  put('sys/kernel/perf_event_paranoid', texts.paranoid);
  put('self/status', texts.capEff === undefined ? undefined : `Name:\tnode\nCapEff:\t${texts.capEff}\n`);
  put('cpuinfo', texts.flags === undefined ? undefined : `processor\t: 0\nflags\t\t: ${texts.flags}\nbugs\t\t:\n`);
  return folder;
}

const directory = () => {
  const fd = openSync('/', 'r');
  return { ok: true as const, value: { fd, close: () => closeSync(fd) } };
};

/** Of a machine that tells of no PMU. */
const pmuFacts = (procfs: string) => readPmuFacts({ procfs, sysfs: '/nowhere' }, '');

const none = '0000000000000000';
const perfmon = '0000004000000000';

const refusals: readonly {
  readonly name: string;
  readonly texts: Parameters<typeof makeProcfs>[0];
  /** Errors of software and hardware events. */
  readonly errnos: readonly [string | undefined, string | undefined];
  readonly available: readonly [cgroup: boolean, software: boolean, hardware: boolean];
  readonly reason: RegExp;
  readonly remedy: RegExp;
}[] = [
  {
    name: 'a virtual machine without a PMU counts software events and is told how to get one',
    texts: { flags: 'fpu vme hypervisor lahf_lm' },
    errnos: [undefined, 'ENOENT'],
    available: [true, true, false],
    reason: /this virtual machine has no virtual performance monitoring unit \[ENOENT\]/,
    remedy: /pmu=on/,
  },
  {
    name: 'a machine without a PMU driver is not told to be a virtual machine',
    texts: { flags: 'fpu vme' },
    errnos: [undefined, 'EOPNOTSUPP'],
    available: [true, true, false],
    reason: /this machine has no performance monitoring unit \[EOPNOTSUPP\]/,
    remedy: /kernel's log/,
  },
  {
    name: 'a process without capabilities is told the setting that forbids it and the ones that allow it',
    texts: { paranoid: '2\n', capEff: none },
    errnos: ['EACCES', 'EACCES'],
    available: [false, false, false],
    reason: /kernel.perf_event_paranoid is 2 and it has neither CAP_PERFMON nor CAP_SYS_ADMIN \[EACCES\]/,
    remedy: /AmbientCapabilities=CAP_PERFMON.*sysctl -w kernel.perf_event_paranoid=0/,
  },
  {
    name: 'a process with CAP_PERFMON is told that the kernels of distributions may want more',
    texts: { paranoid: '3\n', capEff: perfmon },
    errnos: ['EACCES', 'EACCES'],
    available: [false, false, false],
    reason: /kernel.perf_event_paranoid is 3, at which kernels of Debian and Ubuntu may want CAP_SYS_ADMIN/,
    remedy: /sysctl -w kernel.perf_event_paranoid=2, or give the collector CAP_SYS_ADMIN/,
  },
  {
    name: 'a process with CAP_PERFMON is told that something else forbids it',
    texts: { paranoid: '2\n', capEff: perfmon },
    errnos: ['EPERM', 'EPERM'],
    available: [false, false, false],
    reason: /although it has CAP_PERFMON: a seccomp filter/,
    remedy: /SystemCallFilter=/,
  },
  {
    name: 'without a readable /proc the refusal is still explained',
    texts: {},
    errnos: ['EACCES', 'EACCES'],
    available: [false, false, false],
    reason: /^the kernel does not let this process count events of cgroups \[EACCES\]/,
    remedy: /CAP_PERFMON/,
  },
  {
    name: 'ENOENT of a software event is about the cgroup and not about a PMU',
    texts: {},
    errnos: ['ENOENT', 'ENOENT'],
    available: [false, false, false],
    reason: /perf_event is bound to another hierarchy, or not built in/,
    remedy: /CONFIG_CGROUP_PERF/,
  },
];
for (const { name, texts, errnos, available, reason, remedy } of refusals) {
  test(name, () => {
    const libc = new FakeLibc(({ type }) => errnos[type === 1 ? 0 : 1]);
    const found = probePerf({ libc, openDirectory: directory, cpu: 0, pmu: pmuFacts(makeProcfs(texts)) });
    assert.deepEqual(
      found.map((capability) => [capability.name, capability.available]),
      [
        ['perf.cgroup', available[0]],
        ['perf.software', available[1]],
        ['perf.hardware', available[2]],
      ],
    );
    const first = found.find((capability) => !capability.available);
    assert.match(first?.reason ?? '', reason);
    assert.match(first?.remedy ?? '', remedy);
    assert.equal(libc.leaked(), 0);
  });
}

test('where everything counts there is nothing to explain', () => {
  const libc = new FakeLibc();
  for (const { available, reason, remedy } of probePerf({
    libc,
    openDirectory: directory,
    cpu: 0,
    pmu: pmuFacts('/proc'),
  })) {
    assert.deepEqual([available, reason, remedy], [true, '', '']);
  }
  assert.equal(libc.leaked(), 0);
});

test('a problem of the hierarchy is the reason for all three', () => {
  const problem = new WcaError('FEATURE_ABSENT', { subject: 'perf', message: 'mounted nowhere', remedy: 'mount it' });
  const libc = new FakeLibc();
  const found = probePerf({
    libc,
    openDirectory: () => ({ ok: false, error: problem }),
    cpu: 0,
    pmu: pmuFacts('/proc'),
  });
  assert.equal(found.length, 3);
  for (const { available, reason, remedy } of found)
    assert.deepEqual([available, reason, remedy], [false, 'mounted nowhere', 'mount it']);
  assert.deepEqual(libc.opens, []);
});

const paranoid: readonly (readonly [string, number | undefined])[] = [
  ['2\n', 2],
  ['-1\n', -1],
  ['4', 4],
  ['', undefined],
  ['\n', undefined],
  ['2 3\n', undefined],
  ['x\n', undefined],
  ['99999999999\n', undefined],
];
for (const [text, level] of paranoid) {
  test(`perf_event_paranoid ${JSON.stringify(text)} is ${level}`, () => assert.equal(parseParanoid(text), level));
}

const masks: readonly (readonly [string, boolean | undefined])[] = [
  ['CapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n', true],
  [`CapEff:\t${perfmon}\n`, true],
  ['CapEff:\t0000000000200000\n', true],
  [`CapPrm:\t${perfmon}\nCapEff:\t${none}\n`, false],
  ['CapEff:\t000000bfffdfffff\n', false],
  ['CapEff:\n', undefined],
  ['CapEff:\tzz\n', undefined],
  ['', undefined],
];
for (const [text, privileged] of masks) {
  test(`the status ${JSON.stringify(text)} ${privileged === undefined ? 'does not tell privileges' : privileged ? 'is privileged' : 'is not privileged'}`, () => {
    assert.equal(parsePrivileged(text), privileged);
  });
}

test('only x86 tells of virtual machines, by a whole word', () => {
  assert.equal(parseVirtual('flags\t\t: fpu hypervisor\n'), true);
  assert.equal(parseVirtual('flags\t\t: fpu hypervisors\n'), false);
  assert.equal(parseVirtual('Features\t: fp asimd hypervisor\n'), undefined);
  assert.equal(parseVirtual(''), undefined);
});

test('the facts of this host can be read', () => {
  const { paranoid: level, privileged } = readPerfHost('/proc');
  assert.equal(typeof level, 'number');
  assert.equal(typeof privileged, 'boolean');
});
