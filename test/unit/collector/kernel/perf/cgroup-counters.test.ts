import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { loadLibc } from '../../../../../collector/kernel/libc.ts';
import { CgroupCounters, perfColumns } from '../../../../../collector/kernel/perf/cgroup-counters.ts';
import { makeGroupBuffer } from '../../../../../collector/kernel/perf/counter-totals.ts';
import { type PerfEvent, resolveEvent } from '../../../../../collector/kernel/perf/events.ts';
import { probePerf } from '../../../../../collector/kernel/perf/probe.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { TestCgroups } from '../../../../kit/cgroups.ts';
import { FakeLibc, type PerfOpen } from '../../../../kit/fake-libc.ts';

function events(...names: readonly string[]): PerfEvent[] {
  return names.map((name) => {
    const event = resolveEvent(name, '');
    assert.ok(event.ok, name);
    return event.value;
  });
}

const borrowed = () => {
  const fd = openSync('/', constants.O_RDONLY | constants.O_DIRECTORY);
  return { ok: true as const, value: { fd, close: () => closeSync(fd) } };
};

function open(
  libc: FakeLibc,
  list: readonly PerfEvent[],
  options: { cpus?: readonly number[]; perCpu?: boolean } = {},
) {
  const { cpus = [0, 3], perCpu = false } = options;
  return CgroupCounters.open({ libc, buffer: makeGroupBuffer(), openDirectory: borrowed, events: list, cpus, perCpu });
}

test('each CPU gets one group of software and one of hardware events, leaders disabled, members under them', () => {
  const libc = new FakeLibc();
  const opened = open(libc, events('task_cycles', 'task_page_faults', 'task_instructions', 'task_clock_seconds'));
  assert.ok(opened.ok);
  const shape = ({ cpu, type, groupFd, disabled, flags }: PerfOpen) => [cpu, type, groupFd === -1, disabled, flags];
  assert.deepEqual(libc.opens.slice(0, 4).map(shape), [
    [0, 0, true, true, 12],
    [0, 1, true, true, 12],
    [0, 0, false, false, 12],
    [0, 1, false, false, 12],
  ]);
  assert.deepEqual(
    libc.opens.map(({ cpu }) => cpu),
    [0, 0, 0, 0, 3, 3, 3, 3],
  );
  assert.equal(opened.value.descriptors, 8);
  opened.value.close();
  assert.equal(libc.leaked(), 0);
});

test('an event that does not fit the group any more leads a further one', () => {
  const libc = new FakeLibc(({ config, groupFd }) => (config === 2n && groupFd !== -1 ? 'EINVAL' : undefined));
  const opened = open(libc, events('task_cycles', 'task_instructions', 'task_cache_references'), { cpus: [0] });
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.unavailable, []);
  assert.equal(opened.value.descriptors, 3);
  assert.equal(libc.opens.filter(({ groupFd }) => groupFd === -1).length, 2);
  opened.value.close();
  assert.equal(libc.leaked(), 0);
});

// errno -> code of the report
const refusals = [
  ['ENOENT', 'FEATURE_ABSENT', /no performance monitoring unit/],
  ['EOPNOTSUPP', 'FEATURE_ABSENT', /no performance monitoring unit/],
  ['EACCES', 'PERMISSION', /CAP_PERFMON/],
  ['EMFILE', 'FD_EXHAUSTED', /LimitNOFILE/],
  ['EINVAL', 'FEATURE_ABSENT', /encoding/],
  ['EBUSY', 'KERNEL_REFUSED', /nmi_watchdog/],
  ['ENOSYS', 'FEATURE_ABSENT', /seccomp/],
  ['E2BIG', 'KERNEL_REFUSED', /E2BIG/],
] as const;
for (const [errno, code, text] of refusals) {
  test(`an event refused with ${errno} is reported once as ${code} and the others go on`, () => {
    // Refused on the second CPU only: what was opened on the first is opened anew without it.
    const libc = new FakeLibc(({ type, cpu }) => (type === 0 && cpu === 3 ? errno : undefined));
    // An existing cgroup, so that ENOENT is about the event.
    const directory = () => {
      const fd = openSync('/proc/self', constants.O_RDONLY | constants.O_DIRECTORY);
      return { ok: true as const, value: { fd, close: () => closeSync(fd) } };
    };
    const list = events('task_context_switches', 'task_cycles');
    const opened = CgroupCounters.open({
      libc,
      buffer: makeGroupBuffer(),
      openDirectory: directory,
      events: list,
      cpus: [0, 3],
      perCpu: false,
    });
    if (errno === 'ENOENT') {
      // /proc/self has no cgroup.procs: to the counters a cgroup that was removed.
      assert.ok(!opened.ok && opened.error.code === 'CGROUP_GONE');
      assert.equal(libc.leaked(), 0);
      return;
    }
    assert.ok(opened.ok);
    assert.equal(opened.value.unavailable.length, 1);
    assert.equal(opened.value.unavailable[0]?.code, code);
    assert.match(opened.value.unavailable[0]?.toText() ?? '', text);
    assert.equal(opened.value.descriptors, 2);
    opened.value.close();
    opened.value.close();
    assert.equal(libc.leaked(), 0);
  });
}

test('when every event is refused nothing stays open and all columns are absent', () => {
  const libc = new FakeLibc(() => 'EACCES');
  const list = events('task_cycles', 'task_page_faults');
  const opened = open(libc, list);
  assert.ok(opened.ok);
  assert.equal(opened.value.unavailable.length, 2);
  const row = new Row(perfColumns(list, [0, 3], false).length);
  opened.value.readInto(row, 0);
  assert.deepEqual([...row.present], [0, 0, 0, 0]);
  assert.equal(libc.leaked(), 0);
});

test('columns are one an event, or one an event and CPU, then the two factors', () => {
  const list = events('task_clock_seconds', 'task_page_faults');
  assert.deepEqual(
    perfColumns(list, [0, 3], false).map(({ metric, kind, divisor }) => [metric, kind, divisor]),
    [
      ['task_clock_seconds', 'u64', 1e9],
      ['task_page_faults', 'u64', 1],
      ['task_scaling_factor_avg', 'f64', 1],
      ['task_scaling_factor_max', 'f64', 1],
    ],
  );
  assert.deepEqual(
    perfColumns(list, [0, 3], true).map(({ metric, labels }) => `${metric} ${labels['cpu']}`),
    ['task_clock_seconds', 'task_page_faults', 'task_scaling_factor_avg', 'task_scaling_factor_max'].flatMap(
      (metric) => [`${metric} 0`, `${metric} 3`],
    ),
  );
  assert.deepEqual(perfColumns([], [0], false), []);
});

test('CPUs that go lose their descriptors, CPUs that come get some', () => {
  const libc = new FakeLibc();
  const opened = open(libc, events('task_page_faults'), { cpus: [0, 1] });
  assert.ok(opened.ok);
  opened.value.setOnlineCpus([1, 2]);
  assert.deepEqual(
    libc.opens.map(({ cpu }) => cpu),
    [0, 1, 2],
  );
  assert.equal(opened.value.descriptors, 2);
  opened.value.setOnlineCpus([0, 1, 2]);
  assert.equal(opened.value.descriptors, 3);
  opened.value.close();
  assert.equal(libc.leaked(), 0);
});

// ------------------------------------------------------------------ the real kernel

const onlineCpus = readFileSync('/sys/devices/system/cpu/online', 'utf8')
  .trim()
  .split(',')
  .flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });

test('software events of a real cgroup count, survive its end, and a removed cgroup cannot be opened', async (t) => {
  const cgroups = TestCgroups.make((reason) => t.skip(reason));
  if (cgroups === undefined) return;
  t.after(() => cgroups.remove());
  const path = cgroups.add('perf');
  const directory = dirname(cgroups.file(path, 'cgroup.events') ?? cgroups.file(path, 'cgroup.procs') ?? '/');
  const openDirectory = () => {
    const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    return { ok: true as const, value: { fd, close: () => closeSync(fd) } };
  };
  const libc = loadLibc();
  const missing = probePerf({ libc, openDirectory, cpu: onlineCpus[0] ?? 0, procfs: '/proc' }).find(
    ({ name }) => name === 'perf.cgroup',
  );
  if (missing?.available !== true) return t.skip(`perf by cgroup: ${missing?.reason}`);
  const list = events('task_clock_seconds', 'task_context_switches', 'task_page_faults');
  const options = { libc, buffer: makeGroupBuffer(), openDirectory, events: list, cpus: onlineCpus, perCpu: false };
  const opened = CgroupCounters.open(options);
  assert.ok(opened.ok);
  assert.deepEqual(opened.value.unavailable, []);
  const row = new Row(perfColumns(list, onlineCpus, false).length);
  opened.value.readInto(row, 0);
  assert.deepEqual([...row.present], [1, 1, 1, 1, 1], 'a cgroup that never ran counts 0, which is true');
  assert.equal(row.words[0], 0);

  const child = spawn('sh', ['-c', 'read go; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; read end'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  cgroups.attach(path, child.pid ?? 0);
  child.stdin.write('go\n');
  await new Promise((resolve) => child.stdout.once('data', resolve));
  opened.value.readInto(row, 0);
  const clockNs = row.words[0] ?? 0;
  assert.ok(clockNs > 5_000_000, `${clockNs} ns of CPU time`);
  assert.equal(row.doubles[3], 1, 'software events are never multiplexed');

  child.stdin.end('end\n');
  await ended;
  const held = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  cgroups.drop(path);
  opened.value.readInto(row, 0);
  assert.ok((row.words[0] ?? 0) >= clockNs, 'the final totals can be read after the end');
  const late = CgroupCounters.open({
    ...options,
    openDirectory: () => ({ ok: true, value: { fd: held, close: () => {} } }),
  });
  closeSync(held);
  assert.ok(!late.ok && late.error.code === 'CGROUP_GONE');
  opened.value.close();
});
