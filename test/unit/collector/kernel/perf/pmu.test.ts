import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { CgroupCounters } from '../../../../../collector/kernel/perf/cgroup-counters.ts';
import { makeGroupBuffer } from '../../../../../collector/kernel/perf/counter-totals.ts';
import { resolveEvent } from '../../../../../collector/kernel/perf/events.ts';
import { CorePmus, readPmuNames } from '../../../../../collector/kernel/perf/pmu.ts';
import { readPmuFacts } from '../../../../../collector/kernel/perf/pmu-facts.ts';
import { probePerf } from '../../../../../collector/kernel/perf/probe.ts';
import { Row } from '../../../../../collector/kernel/row.ts';
import { FakeLibc } from '../../../../kit/fake-libc.ts';
import { GroupFiles } from '../../../../kit/group-files.ts';
import { TempKernel } from '../../../../kit/temp-kernel.ts';

const devices = 'sys/bus/event_source/devices';

/** A machine with these PMUs: name → type, CPUs. */
function machine(t: TestContext, pmus: Readonly<Record<string, readonly [type: string, cpus: string]>>): TempKernel {
  const kernel = new TempKernel('6.1-v2-2numa');
  t.after(() => kernel.remove());
  kernel.remove(devices);
  for (const [name, [type, cpus]] of Object.entries(pmus)) {
    kernel.write(`${devices}/${name}/type`, type);
    if (cpus !== '') kernel.write(`${devices}/${name}/cpus`, cpus);
  }
  return kernel;
}

/** Performance cores 0 and 1, efficient ones 16 and 17. */
const hybrid = { cpu_core: ['4\n', '0-1\n'], cpu_atom: ['10\n', '16-17\n'], software: ['1\n', ''] } as const;
const directory = () => ({ ok: true as const, value: { fd: 3, close: () => {} } });

test('kinds of cores are known only where there are several', (t) => {
  const cores = new CorePmus(machine(t, hybrid).roots.sysfs);
  assert.equal(cores.isHybrid, true);
  assert.deepEqual(
    [0, 1, 16, 17, 2].map((cpu) => cores.of(cpu)?.name),
    ['cpu_core', 'cpu_core', 'cpu_atom', 'cpu_atom', undefined],
  );
  const trees: readonly Parameters<typeof machine>[1][] = [
    {},
    { cpu: ['4\n', ''] },
    { cpu_core: ['4\n', '0-1\n'] },
    { cpu_core: ['4\n', '0-1\n'], cpu_atom: ['x\n', '2\n'] },
    { cpu_core: ['4\n', '0-1\n'], cpu_atom: ['10\n', '\n'] },
    { armv8_cortex_a72: ['7\n', '0\n'], armv8_cortex_a53: ['8\n', '1\n'] },
  ];
  for (const tree of trees) assert.equal(new CorePmus(machine(t, tree).roots.sysfs).of(0), undefined);
});

test('a CPU that comes online later is looked up again', (t) => {
  const kernel = machine(t, hybrid);
  const cores = new CorePmus(kernel.roots.sysfs);
  kernel.write(`${devices}/cpu_atom/cpus`, '16-18\n');
  assert.equal(cores.of(18)?.name, 'cpu_atom');
});

test('PMUs of cores are told from others by name', (t) => {
  const names = { cpu: ['4', ''], armv8_pmuv3_0: ['8', ''], uncore_imc_0: ['12', ''], software: ['1', ''] } as const;
  assert.deepEqual(readPmuNames(machine(t, names).roots.sysfs), ['armv8_pmuv3_0', 'cpu']);
  assert.deepEqual(readPmuNames('/nowhere'), []);
});

test('on a hybrid CPU an event is opened on the PMU of each core, and only where the core knows it', (t) => {
  const pmu = readPmuFacts(machine(t, hybrid).roots, 'alder-lake');
  const names = ['task_cycles', 'task_dtlb_load_misses', 'task_stalled_mem_loads', 'task_page_faults', 'x__r0302'];
  const events = names.map((name) => {
    const event = resolveEvent(name, 'alder-lake');
    assert.ok(event.ok);
    return event.value;
  });
  const place = new GroupFiles();
  const libc = new FakeLibc(undefined, { file: place.file });
  const options = { libc, buffer: makeGroupBuffer(), openDirectory: directory, events, cpus: [0, 16], pmu };
  const opened = CgroupCounters.open({ ...options, perCpu: false });
  assert.ok(opened.ok);
  const seen = (cpu: number) => libc.opens.filter((open) => open.cpu === cpu).map(({ type, config }) => [type, config]);
  assert.deepEqual(seen(0), [
    [0, 0x4_0000_0000n],
    [4, 0x0e12n],
    [4, 0x050021a6n],
    [1, 2n],
    [4, 0x203n],
  ]);
  assert.deepEqual(seen(16), [
    [0, 0xa_0000_0000n],
    [10, 0x0e08n],
    [1, 2n],
  ]);
  assert.equal(opened.value.descriptors, 8);
  opened.value.close();
  assert.equal(libc.leaked(), 0);
  place.remove();
});

test('counts of both kinds of cores are added', (t) => {
  const pmu = readPmuFacts(machine(t, hybrid).roots, 'alder-lake');
  const event = resolveEvent('task_instructions', 'alder-lake');
  assert.ok(event.ok);
  const place = new GroupFiles();
  const libc = new FakeLibc(undefined, { file: place.file });
  const options = { libc, buffer: makeGroupBuffer(), openDirectory: directory, events: [event.value], cpus: [1, 17] };
  const opened = CgroupCounters.open({ ...options, perCpu: false, pmu });
  assert.ok(opened.ok);
  place.write(1, { enabledNs: 10, runningNs: 10, values: [100] });
  place.write(17, { enabledNs: 10, runningNs: 10, values: [23] });
  const row = new Row(3);
  opened.value.readInto(row, 0);
  assert.equal(row.words[0], 123);
  opened.value.close();
  place.remove();
});

test('the probe asks the PMU of the CPU it tries', (t) => {
  const pmu = readPmuFacts(machine(t, hybrid).roots, 'alder-lake');
  const libc = new FakeLibc(({ type, config, cpu }) =>
    type === 0 && cpu > 1 && config >> 32n !== 10n ? 'ENOENT' : undefined,
  );
  const found = probePerf({ libc, openDirectory: directory, cpu: 16, pmu });
  assert.ok(found.every(({ available }) => available));
  assert.equal(libc.leaked(), 0);
});

test('an event that a PMU lacks is not taken for a machine without a PMU', (t) => {
  const pmu = readPmuFacts(machine(t, { armv8_pmuv3_0: ['8\n', '0-3\n'] }).roots, 'neoverse-n1');
  const libc = new FakeLibc(({ type }) => (type === 0 ? 'ENOENT' : undefined));
  const hardware = probePerf({ libc, openDirectory: directory, cpu: 0, pmu }).find(
    ({ name }) => name === 'perf.hardware',
  );
  assert.match(hardware?.reason ?? '', /no such event for the PMU of this CPU \(armv8_pmuv3_0\) \[ENOENT\]/);
  assert.equal(libc.leaked(), 0);
});
