import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { FdBudget } from '../../../../../collector/kernel/fd-budget.ts';
import { type Libc, loadLibc } from '../../../../../collector/kernel/libc.ts';
import { encodeAttr } from '../../../../../collector/kernel/perf/attr.ts';
import { probeUncore } from '../../../../../collector/kernel/perf/uncore/probe.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { parseUncoreLists } from '../../../../../collector/watch/sources/uncore-plan.ts';
import { openUncore, type UncoreSource } from '../../../../../collector/watch/sources/uncore-source.ts';
import { FakeLibc, type PerfOpen } from '../../../../kit/fake-libc.ts';
import { groupRead } from '../../../../kit/perf-bytes.ts';
import { doubleAt, integerAt } from '../../../../kit/rows.ts';
import { UncoreTree } from '../../../../kit/uncore-tree.ts';

type Tree = ConstructorParameters<typeof UncoreTree>[0];

interface Host {
  readonly tree: Tree;
  readonly libc: Libc;
  readonly groups: readonly (readonly string[])[];
  readonly codeName?: string;
  readonly cpus?: readonly number[];
  readonly socketOf?: (cpu: number) => number | undefined;
  readonly budget?: FdBudget;
  readonly procfs?: Readonly<Record<string, string>>;
}

function open(t: TestContext, { tree, libc, groups, codeName = 'cascade-lake', ...host }: Host) {
  const sysfs = new UncoreTree(tree);
  for (const [path, text] of Object.entries(host.procfs ?? {})) sysfs.write(`proc/${path}`, text);
  const online = { cpus: host.cpus ?? Array.from({ length: 128 }, (_, cpu) => cpu) };
  const budget = host.budget ?? new FdBudget(100_000);
  const source = openUncore({
    roots: sysfs.roots,
    libc,
    budget,
    codeName,
    lists: parseUncoreLists(groups),
    socketOf: host.socketOf ?? ((cpu) => (cpu < 28 ? 0 : 1)),
    onlineCpus: () => online.cpus,
  });
  t.after(() => {
    source.close();
    source.close();
    sysfs.remove();
    assert.equal(budget.used, 0, 'descriptors are given back');
  });
  return { source, sysfs, online, budget };
}

/** `metric socket,pmu_type` → value of a new reading. */
function read(source: UncoreSource): Record<string, bigint | number | undefined> {
  const { platform } = source;
  const row = new Row(platform.columns.length + 3);
  row.present.fill(9);
  platform.readInto(row, 3);
  assert.deepEqual([...row.present.subarray(0, 3)], [9, 9, 9], 'slots before its own are left alone');
  return Object.fromEntries(
    platform.columns.map(({ metric, labels, kind }, i) => [
      `${metric.replace('platform_', '')} ${labels['socket']},${labels['pmu_type']}`,
      kind === 'f64' ? doubleAt(row, i + 3) : integerAt(row, i + 3),
    ]),
  );
}

const told = (source: UncoreSource): string[] =>
  source.unavailable.map((error) => `${error.code} ${error.errno ?? ''} ${error.toText()}`);

/** Groups as plain files, by the type and CPU they are opened for and the config of their leader. */
class Leaders {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wca-leaders-'));

  constructor(t: TestContext) {
    t.after(() => rmSync(this.#folder, { recursive: true }));
  }

  readonly file = ({ type, cpu, config }: PerfOpen): string => {
    const path = this.#path(`${type}-${cpu}-${config}`);
    writeFileSync(path, '');
    return path;
  };

  /** What the next reading of a group gives: times in ns and values. */
  tell(group: string, [enabledNs, runningNs, ...values]: readonly [number, number, ...(number | bigint)[]]): void {
    appendFileSync(this.#path(group), groupRead({ enabledNs, runningNs, values }));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

const cas = ['platform_cas_count_reads', 'platform_cas_count_writes'];
const oneImc: Tree = { uncore_imc_0: { type: 17, cpumask: '0,28' } };

test('each PMU and CPU of the mask gets one group, bound to no task, closed on exec', (t) => {
  const libc = new FakeLibc();
  const { source, budget } = open(t, {
    tree: 'cascadeLake',
    libc,
    groups: [[...cas, 'platform_upi_rxl_flits', 'platform_upi_txl_flits']],
  });
  assert.deepEqual(told(source), []);
  // 6 controllers and 3 links of 2 events on 2 sockets.
  assert.equal(libc.opens.length, 36);
  assert.equal(budget.used, 36);
  for (const { pid, flags, groupFd, disabled, cpu } of libc.opens) {
    assert.deepEqual([pid, flags], [-1, 8]);
    assert.equal(disabled, groupFd === -1);
    assert.ok(cpu === 0 || cpu === 28);
  }
  assert.equal(source.platform.columns.length, 2 * 9 * 3);
  assert.deepEqual(source.platform.columns.slice(0, 3), [
    { metric: 'platform_cas_count_reads', labels: { socket: '0', pmu_type: '17' }, kind: 'u64', divisor: 1 },
    { metric: 'platform_cas_count_writes', labels: { socket: '0', pmu_type: '17' }, kind: 'u64', divisor: 1 },
    { metric: 'platform_scaling_uncore_factor', labels: { socket: '0', pmu_type: '17' }, kind: 'f64', divisor: 1 },
  ]);
  source.close();
  assert.equal(libc.leaked(), 0);
});

test('attributes of a PMU exclude and inherit nothing', () => {
  const attr = encodeAttr({ type: 17, config: 0x304n, config1: 1n, disabled: false, countGuests: true });
  assert.equal(attr.readBigUInt64LE(40), 0n);
});

test('counts are totals by socket and PMU; multiplexed intervals are scaled and never fall', (t) => {
  const leaders = new Leaders(t);
  const libc = new FakeLibc(undefined, { file: leaders.file });
  const { source } = open(t, { tree: oneImc, libc, groups: [cas] });
  leaders.tell('17-0-772', [100, 100, 10, 20]);
  leaders.tell('17-28-772', [300, 200, 100, 2n ** 60n]);
  const first = read(source);
  assert.equal(first['cas_count_reads 0,17'], 10n);
  assert.equal(first['cas_count_writes 0,17'], 20n);
  assert.equal(first['scaling_uncore_factor 0,17'], 1);
  assert.equal(first['cas_count_reads 1,17'], 150n);
  assert.equal(first['scaling_uncore_factor 1,17'], 1.5);
  // The share rises from a half to three quarters: scaled as a whole, 120 * 1000 / 900 would be less than 150.
  leaders.tell('17-0-772', [200, 200, 2n ** 52n + 11n, 21]);
  leaders.tell('17-28-772', [1000, 900, 120, 2n ** 60n]);
  const second = read(source);
  assert.equal(second['cas_count_reads 0,17'], 2n ** 52n + 11n);
  assert.equal(second['cas_count_reads 1,17'], 170n);
  assert.equal(second['cas_count_writes 1,17'], first['cas_count_writes 1,17']);
  assert.equal(second['scaling_uncore_factor 1,17'], 1);
  leaders.tell('17-0-772', [300, 300, 2n ** 53n + 13n, 22]);
  leaders.tell('17-28-772', [1100, 1000, 130, 2n ** 60n + 1n]);
  assert.equal(read(source)['cas_count_reads 0,17'], 2n ** 53n + 13n);
});

test('the factor is the mean over the events of a PMU; groups without a counter count for nothing', (t) => {
  const leaders = new Leaders(t);
  const libc = new FakeLibc(undefined, { file: leaders.file });
  const tree: Tree = { uncore_imc_0: { type: 17, cpumask: '0' } };
  const { source } = open(t, {
    tree,
    libc,
    groups: [cas, ['a/uncore_imc/event=1/', 'b/uncore_imc/event=2/'], ['c/uncore_imc/event=3/']],
  });
  leaders.tell('17-0-772', [400, 100, 1, 1]);
  leaders.tell('17-0-1', [400, 200, 2, 2]);
  leaders.tell('17-0-3', [400, 0, 0]);
  const values = read(source);
  assert.equal(values['scaling_uncore_factor 0,17'], 3);
  assert.deepEqual([values['cas_count_reads 0,17'], values['a 0,17'], values['c 0,17']], [4n, 4n, undefined]);
  // What starved is made up for when it is counted again.
  leaders.tell('17-0-3', [800, 100, 5]);
  assert.equal(read(source)['c 0,17'], 40n);
});

test('sub-channels are added; a value lacks while one of them does', (t) => {
  const leaders = new Leaders(t);
  // Two counters a controller: the third event leads a group of its own, and so does the fourth, as it finds it full.
  const libc = new FakeLibc(({ config, groupFd }) => (config >= 0xf000n && groupFd !== -1 ? 'EINVAL' : undefined), {
    file: leaders.file,
  });
  const tree: Tree = { uncore_imc_0: { type: 50, cpumask: '0' } };
  const { source } = open(t, { tree, libc, groups: [cas], codeName: 'granite-rapids' });
  leaders.tell(`50-0-${0xcf05}`, [100, 100, 2n ** 32n - 1n, 2]);
  leaders.tell(`50-0-${0xf005}`, [100, 100, 5]);
  leaders.tell(`50-0-${0xf006}`, [100, 0, 0]);
  const values = read(source);
  assert.equal(values['cas_count_reads 0,50'], 2n ** 32n + 1n);
  assert.equal(values['cas_count_writes 0,50'], undefined);
  leaders.tell(`50-0-${0xf005}`, [200, 200, 10]);
  leaders.tell(`50-0-${0xf006}`, [200, 100, 1]);
  assert.equal(read(source)['cas_count_writes 0,50'], 12n);
  assert.deepEqual(
    source.notes.map(({ subject }) => subject),
    ['uncore_imc_0'],
  );
  assert.match(source.notes[0]?.message ?? '', /take turns/);
});

test('dies and L3 caches of a socket are added', (t) => {
  const leaders = new Leaders(t);
  const libc = new FakeLibc(undefined, { file: leaders.file });
  const socketOf = (cpu: number) => (cpu < 96 ? 0 : 1);
  const { source } = open(t, { tree: 'zen4', libc, groups: [['misses/amd_l3/event=4,umask=1/']], socketOf });
  for (const [cpu, value] of [
    [0, 1],
    [8, 2],
    [96, 30],
    [104, 40],
  ] as const) {
    leaders.tell(`12-${cpu}-260`, [100, 100, value]);
  }
  const values = read(source);
  assert.deepEqual([values['misses 0,12'], values['misses 1,12']], [3n, 70n]);
});

test('a CPU that the facts of the host do not have is placed by the kernel, or in socket 0', (t) => {
  const { source, sysfs, online } = open(t, {
    tree: oneImc,
    libc: new FakeLibc(),
    groups: [cas],
    cpus: [0],
    socketOf: () => undefined,
  });
  sysfs.write('sys/devices/system/cpu/cpu28/topology/physical_package_id', '1\n');
  online.cpus = [0, 28];
  assert.equal(source.platform.refresh(), true);
  assert.deepEqual(
    source.platform.columns.map(({ labels }) => labels['socket']),
    ['0', '0', '0', '1', '1', '1'],
  );
});

test('a mask names CPUs that are offline: they are not opened', (t) => {
  const libc = new FakeLibc();
  const { source } = open(t, { tree: oneImc, libc, groups: [cas], cpus: [0, 1, 2] });
  assert.deepEqual(new Set(libc.opens.map(({ cpu }) => cpu)), new Set([0]));
  assert.deepEqual(told(source), []);
});

test('a PMU without any CPU that is online is told', (t) => {
  const { source } = open(t, { tree: oneImc, libc: new FakeLibc(), groups: [cas], cpus: [5] });
  assert.match(told(source).join(), /^FEATURE_ABSENT {2}events platform_cas_count_reads, .*no CPU that is online/);
  assert.deepEqual(source.platform.columns, []);
});

test('when a CPU goes offline its PMUs are followed to the next one, and totals go on', (t) => {
  const leaders = new Leaders(t);
  const libc = new FakeLibc(undefined, { file: leaders.file });
  const { source, sysfs, online } = open(t, { tree: oneImc, libc, groups: [cas] });
  leaders.tell('17-0-772', [100, 100, 10, 20]);
  assert.equal(read(source)['cas_count_reads 0,17'], 10n);
  assert.equal(source.platform.refresh(), false);
  const columns = source.platform.columns;
  // The last words of the old group are taken before it is closed.
  leaders.tell('17-0-772', [200, 200, 15, 20]);
  sysfs.pmu('uncore_imc_0/cpumask', '1,28\n');
  online.cpus = online.cpus.filter((cpu) => cpu !== 0);
  assert.equal(source.platform.refresh(), false);
  assert.equal(source.platform.columns, columns);
  leaders.tell('17-1-772', [50, 50, 7, 1]);
  const values = read(source);
  assert.deepEqual([values['cas_count_reads 0,17'], values['cas_count_writes 0,17']], [22n, 21n]);
});

test('a socket that goes takes its columns with it and finds its totals again', (t) => {
  const leaders = new Leaders(t);
  const libc = new FakeLibc(undefined, { file: leaders.file });
  const { source, sysfs, online, budget } = open(t, { tree: oneImc, libc, groups: [cas] });
  const all = online.cpus;
  leaders.tell('17-28-772', [100, 100, 10, 20]);
  assert.equal(read(source)['cas_count_reads 1,17'], 10n);
  sysfs.pmu('uncore_imc_0/cpumask', '0\n');
  online.cpus = all.filter((cpu) => cpu < 28);
  assert.equal(source.platform.refresh(), true);
  assert.equal(source.platform.columns.length, 3);
  assert.equal(budget.used, 2);
  assert.equal(read(source)['cas_count_reads 1,17'], undefined);
  // The CPU is online some time before the driver names it.
  online.cpus = all;
  assert.equal(source.platform.refresh(), false);
  sysfs.pmu('uncore_imc_0/cpumask', '0,28\n');
  assert.equal(source.platform.refresh(), true);
  leaders.tell('17-28-772', [100, 100, 1, 2]);
  assert.equal(read(source)['cas_count_reads 1,17'], 11n);
});

test('a CPU that goes offline while it is opened is told and tried again', (t) => {
  let gone = true;
  const libc = new FakeLibc(({ cpu }) => (gone && cpu === 28 ? 'ENODEV' : undefined));
  const { source } = open(t, { tree: oneImc, libc, groups: [cas] });
  assert.match(told(source).join(), /ENODEV.*CPU 28, which stands for uncore_imc_0, went offline/);
  assert.equal(source.platform.columns.length, 3);
  gone = false;
  assert.equal(source.platform.refresh(), true);
  assert.deepEqual(told(source), []);
  assert.equal(source.platform.columns.length, 6);
});

test('an event that one controller refuses is given up on all of them, alone', (t) => {
  const libc = new FakeLibc(({ type, config }) => (type === 19 && config === 0xe3n ? 'EINVAL' : undefined));
  const { source, budget } = open(t, {
    tree: 'cascadeLake',
    libc,
    groups: [['platform_pmm_bandwidth_reads', ...cas]],
  });
  assert.deepEqual(told(source), [
    'FEATURE_ABSENT EINVAL event platform_pmm_bandwidth_reads: uncore_imc_2 cannot count it: config 0xe3 is not valid ' +
      'there, or fits no counter (check event and umask against the event list of the CPU)',
  ]);
  assert.equal(source.platform.columns.length, 6 * 2 * 3);
  assert.equal(budget.used, 6 * 2 * 2);
  source.close();
  assert.equal(libc.leaked(), 0);
});

for (const [errno, procfs, message] of [
  [
    'EACCES',
    { 'sys/kernel/perf_event_paranoid': '2\n', 'self/status': 'CapEff:\t0000000000000000\n' },
    /^PERMISSION EACCES .*count events of PMUs: kernel.perf_event_paranoid is 2 and .*CAP_PERFMON/,
  ],
  ['EPERM', {}, /^PERMISSION EPERM/],
  ['EMFILE', {}, /^FD_EXHAUSTED EMFILE/],
  ['ENOSYS', {}, /^FEATURE_ABSENT ENOSYS/],
] as const) {
  test(`${errno} is told once for all events, and nothing stays open`, (t) => {
    // The first events are taken, so that there is something to leave open.
    const libc = new FakeLibc((_, count) => (count >= 5 ? errno : undefined));
    const { source } = open(t, { tree: 'cascadeLake', libc, groups: [cas], procfs });
    assert.equal(source.unavailable.length, 1);
    assert.match(told(source).join(), message);
    assert.deepEqual(source.platform.columns, []);
    assert.equal(libc.leaked(), 0);
    assert.equal(source.platform.refresh(), false);
  });
}

test('descriptors are not taken beyond the budget', (t) => {
  const libc = new FakeLibc();
  const { source } = open(t, { tree: 'cascadeLake', libc, groups: [cas], budget: new FdBudget(256 + 11) });
  assert.match(told(source).join(), /^FD_EXHAUSTED/);
  assert.equal(libc.opens.length, 10);
  assert.equal(libc.leaked(), 0);
});

test('a group that cannot be enabled names its leader', (t) => {
  const libc = new FakeLibc(undefined, { ioctl: () => 'EINVAL' });
  const { source } = open(t, { tree: oneImc, libc, groups: [['platform_cas_count_reads']] });
  assert.match(told(source).join(), /platform_cas_count_reads/);
  assert.equal(libc.leaked(), 0);
});

test('a virtual machine gives one reason and no columns', (t) => {
  const procfs = { cpuinfo: 'flags\t\t: fpu hypervisor\n' };
  const { source } = open(t, { tree: 'none', libc: new FakeLibc(), groups: [cas], procfs });
  assert.equal(source.unavailable.length, 1);
  assert.match(told(source).join(), /virtual machines do not/);
  assert.deepEqual(read(source), {});
});

test('whatever masks, CPUs and refusals come and go, nothing leaks, throws or falls', (t) => {
  const ids = fc.uniqueArray(fc.constantFrom(0, 1, 28, 29), { maxLength: 4 });
  const step = fc.record({ mask: ids, cpus: ids, errno: fc.constantFrom(undefined, 'EINVAL', 'ENODEV', 'EACCES') });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (steps) => {
      let errno: string | undefined;
      const leaders = new Leaders(t);
      const libc = new FakeLibc(() => errno, { file: leaders.file });
      const { source, sysfs, online, budget } = open(t, { tree: oneImc, libc, groups: [cas] });
      const last = new Map<string, bigint>();
      for (const [i, { mask, cpus, errno: next }] of steps.entries()) {
        errno = next;
        sysfs.pmu('uncore_imc_0/cpumask', `${mask.join()}\n`);
        online.cpus = [...cpus].sort((a, b) => a - b);
        source.platform.refresh();
        for (const cpu of [0, 1, 28, 29]) leaders.tell(`17-${cpu}-772`, [100 * (i + 1), 50 * (i + 1), 10 * i, 7 * i]);
        for (const [name, value] of Object.entries(read(source))) {
          if (typeof value !== 'bigint') continue;
          assert.ok(value >= (last.get(name) ?? 0n), name);
          last.set(name, value);
        }
        assert.ok(budget.used <= 8);
      }
      source.close();
      assert.equal(libc.leaked(), 0);
    }),
    { numRuns: 40 },
  );
});

test('the probe tries the first event of the CPU, and says why not', (t) => {
  const tree = (name: Tree): UncoreTree => {
    const sysfs = new UncoreTree(name);
    t.after(() => sysfs.remove());
    return sysfs;
  };
  const probe = (name: Tree, libc: Libc, codeName: string) => probeUncore({ roots: tree(name).roots, libc, codeName });
  const libc = new FakeLibc();
  const available = { name: 'uncore', available: true, reason: '', remedy: '' };
  assert.deepEqual(probe('cascadeLake', libc, 'cascade-lake'), available);
  assert.deepEqual(
    libc.opens.map(({ type, config, cpu, pid }) => [type, config, cpu, pid]),
    [[17, 0xe3n, 0, -1]],
  );
  assert.equal(libc.leaked(), 0);
  assert.deepEqual(probe('zen4', new FakeLibc(), ''), available);
  assert.match(probe('none', libc, '').reason, /no uncore PMUs/);
  const unknown = probe('sapphireRapids', libc, '');
  assert.deepEqual(
    [unknown.available, unknown.reason],
    [false, 'WCA knows no event of the PMUs here: uncore_imc, uncore_imc_free_running, uncore_m2m, uncore_upi'],
  );
  const denied = probe('cascadeLake', new FakeLibc(() => 'EACCES'), 'cascade-lake');
  assert.match(denied.reason, /^the kernel does not let this process count events of PMUs \[EACCES\]$/);
  assert.match(denied.remedy, /CAP_PERFMON/);
});

/** The kernel's own software PMU under the name of a memory controller: opening and reading are real. */
const software = (cpumask: string): Tree => ({ uncore_imc_0: { type: 1, cpumask } });
const libc = loadLibc();

function skipReason(): string | false {
  const attr = encodeAttr({ type: 1, config: 9n, config1: 0n, disabled: true, countGuests: true });
  const opened = libc.perfEventOpen(attr, { pid: -1, cpu: 0, groupFd: -1, flags: 8 });
  if (!opened.ok) return `this process may not count events of whole CPUs: ${opened.errno}`;
  return false;
}

test('real events: clocks and page faults of CPUs are counted and rise', { skip: skipReason() }, (t) => {
  const { source } = open(t, {
    tree: software('0'),
    libc,
    groups: [['clock/uncore_imc/config=0/', 'faults/uncore_imc/config=0x2/'], ['switches/uncore_imc/config=0x3/']],
  });
  assert.deepEqual(told(source), []);
  const first = read(source);
  const clock = first['clock 0,1'];
  assert.ok(typeof clock === 'bigint' && clock > 0n, String(clock));
  assert.equal(typeof first['faults 0,1'], 'bigint');
  assert.equal(typeof first['switches 0,1'], 'bigint');
  assert.equal(first['scaling_uncore_factor 0,1'], 1);
  const second = read(source)['clock 0,1'];
  assert.ok(typeof second === 'bigint' && second > clock);
});

test('real events: an encoding that the kernel refuses is named, the others count', { skip: skipReason() }, (t) => {
  const { source } = open(t, {
    tree: software('0'),
    libc,
    groups: [['clock/uncore_imc/config=0/', 'none/uncore_imc/config=0xffff/']],
  });
  assert.match(
    told(source).join(),
    /^FEATURE_ABSENT (ENOENT|EINVAL) event none: uncore_imc_0 cannot count it: config 0xffff/,
  );
  assert.ok((read(source)['clock 0,1'] ?? 0n) > 0n);
});

const twoCpus = availableParallelism() < 2 ? 'this machine has one CPU' : skipReason();

test('real events: a mask of two CPUs is two sockets, and following it goes on counting', { skip: twoCpus }, (t) => {
  const { source, sysfs, online } = open(t, {
    tree: software('0,1'),
    libc,
    groups: [['clock/uncore_imc/config=0/']],
    cpus: [0, 1],
    socketOf: (cpu) => cpu,
  });
  const first = read(source);
  assert.deepEqual(Object.keys(first), [
    'clock 0,1',
    'scaling_uncore_factor 0,1',
    'clock 1,1',
    'scaling_uncore_factor 1,1',
  ]);
  sysfs.pmu('uncore_imc_0/cpumask', '1\n');
  online.cpus = [1];
  assert.equal(source.platform.refresh(), true);
  assert.deepEqual(Object.keys(read(source)), ['clock 1,1', 'scaling_uncore_factor 1,1']);
  sysfs.pmu('uncore_imc_0/cpumask', '0-1\n');
  online.cpus = [0, 1];
  assert.equal(source.platform.refresh(), true);
  const last = read(source)['clock 0,1'];
  assert.ok(typeof last === 'bigint' && last > (first['clock 0,1'] ?? 0n));
});
