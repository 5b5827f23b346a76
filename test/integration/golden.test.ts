import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { readCgroupLayout } from '../../collector/kernel/cgroup/layout.ts';
import { FdBudget } from '../../collector/kernel/fd-budget.ts';
import { RdtMonitoring } from '../../collector/watch/sources/rdt-monitoring.ts';
import type { Delivery } from '../../controller/model/delivery.ts';
import type { Task } from '../../controller/model/task.ts';
import { systemClock } from '../../shared/lifecycle/clock.ts';
import { defaultUncoreEvents } from '../../shared/metrics/uncore-events.ts';
import type { Target, WatchSpec } from '../../shared/rpc/watch-messages.ts';
import { FakeResctrl } from '../kit/fake-resctrl.ts';
import { GoldenHost } from '../kit/golden-host.ts';
import { assertGolden, exposeText } from '../kit/golden-text.ts';
import type { KernelName, TempKernel } from '../kit/temp-kernel.ts';

/** Kernel files in, exposition text out: collector, socket and exporter together, compared to the last byte. */

const two = ['task_instructions', 'task_cycles'];

async function setUp(t: TestContext, name: KernelName, prepare: (kernel: TempKernel) => void = () => {}) {
  const host = new GoldenHost(name);
  t.after(() => host.stop());
  prepare(host.kernel);
  await host.start();
  return host;
}

function task(id: string, containers: readonly string[] = [], parts: Partial<Task> = {}): Task {
  const subcgroupPaths = containers.map((container) => `/${id}/${container}`);
  return { id, name: id, cgroupPath: `/${id}`, subcgroupPaths, labels: {}, resources: {}, ...parts };
}

function targetsOf(tasks: readonly Task[]): readonly Target[] {
  return tasks.map(({ id, cgroupPath, subcgroupPaths }) => ({ id, cgroupPath, childCgroupPaths: subcgroupPaths }));
}

/** Two readings, `change` between them. */
async function readTwice(
  host: GoldenHost,
  options: { readonly spec: Partial<WatchSpec>; readonly tasks: readonly Task[]; readonly change: () => void },
): Promise<readonly Delivery[]> {
  const targets = targetsOf(options.tasks);
  const first = await host.read(options.spec, targets);
  options.change();
  return [first, await host.read(options.spec, targets)];
}

const ms = 1_000_000;

test('cgroup v1, sparse nodes, perf events: the example of the specification', async (t) => {
  const host = await setUp(t, '5.10-v1-sparse-nodes');
  const tasks = [task('batch/job7', [], { resources: { cpus: 2 } }), task('batch')];
  host.perf('/batch/job7', 0, { enabledNs: 4 * ms, runningNs: 4 * ms, values: [9000, 6000] });
  host.perf('/batch/job7', 1, { enabledNs: 4 * ms, runningNs: ms, values: [500, 400] });
  for (const cpu of [2, 4, 5]) host.perf('/batch/job7', cpu, { enabledNs: 0, runningNs: 0, values: [0, 0] });
  const first = await host.read({ events: two }, targetsOf(tasks));
  const source = host.client();
  const extraLabels = { rack: 'r1' };
  assertGolden('v1', await exposeText({ source, tasks, extraLabels, deliveries: [first] }));
});

test('cgroup v2, two NUMA nodes, pressure, derived metrics of two readings', async (t) => {
  const host = await setUp(t, '6.1-v2-2numa');
  const tasks = [task('batch/job7', [], { resources: { cpus: 2, mem: 1e9 } }), task('batch/idle')];
  const write = (cpu: number, enabledNs: number, values: readonly number[]): void =>
    host.perf('/batch/job7', cpu, { enabledNs, runningNs: enabledNs, values });
  for (const cpu of [0, 1, 2, 3]) write(cpu, ms, [1000, 500, 10, 100]);
  const deliveries = await readTwice(host, {
    spec: { events: [...two, 'task_cache_misses', 'task_cache_references'] },
    tasks,
    change: () => {
      for (const cpu of [0, 1, 2, 3]) write(cpu, 2 * ms, [3000 + cpu, 1500, 20, 300]);
      host.kernel.edit('cgroup/batch/job7/memory.current', () => '9007199254740993\n');
    },
  });
  assertGolden('v2', await exposeText({ source: host.client(), tasks, deliveries }));
});

const containers = ['pause', 'app', 'sidecar'];

/** Copies the files of batch/job7, on each hierarchy that has it, for a pod and its containers. */
function makePod(
  kernel: TempKernel,
  hierarchies: readonly string[],
  change: (folder: string, i: number) => void,
): void {
  for (const hierarchy of hierarchies) {
    const from = kernel.path(`cgroup/${hierarchy}batch/job7`);
    for (const [i, below] of ['', ...containers.map((name) => `/${name}`)].entries()) {
      const folder = `cgroup/${hierarchy}kubepods/pod1${below}`;
      cpSync(from, kernel.path(folder), { recursive: true });
      change(folder, i);
    }
  }
}

test('cgroup v1: a pod of three containers is their sum, its limit and peak are its own', async (t) => {
  const hierarchies = ['cpu,cpuacct/', 'memory/', 'perf_event/'];
  const host = await setUp(t, '5.10-v1-sparse-nodes', (kernel) => {
    const has = (folder: string, file: string): boolean => readdirSync(kernel.path(folder)).includes(file);
    const set = (folder: string, file: string, text: string): void => {
      if (has(folder, file)) kernel.write(`${folder}/${file}`, text);
    };
    makePod(kernel, hierarchies, (folder, i) => {
      set(folder, 'cpuacct.usage', `${i === 0 ? 999_000_000_000 : i * 1_500_000_001}\n`);
      set(folder, 'memory.usage_in_bytes', `${i * 4096}\n`);
      set(folder, 'memory.max_usage_in_bytes', `${i === 0 ? 40_960 : i * 8192}\n`);
      set(folder, 'memory.limit_in_bytes', i === 2 ? '9223372036854771712\n' : `${(4 - i) * 1_048_576}\n`);
    });
  });
  const tasks = [task('kubepods/pod1', containers, { labels: { app: 'web "1"\\', cpu: 'mine' } })];
  /** Container i ran on CPU 4 a share 1 / 2^i of the time. */
  const write = (times: number): void => {
    for (const [i, name] of containers.entries()) {
      for (const cpu of [0, 1, 2, 4, 5]) {
        const enabledNs = cpu === 4 ? times * ms : 0;
        const values = cpu === 4 ? [100 * times ** 2, 10 * (i + 1) * times] : [0, 0];
        host.perf(`/kubepods/pod1/${name}`, cpu, { enabledNs, runningNs: enabledNs / 2 ** i, values });
      }
    }
  };
  write(1);
  const deliveries = await readTwice(host, {
    spec: { events: two },
    tasks,
    change: () => write(2),
  });
  assertGolden('v1-pod', await exposeText({ source: host.client(), tasks, deliveries }));
});

test('cgroup v2: a pod of three containers, one of them without memory files', async (t) => {
  const host = await setUp(t, '6.1-v2-2numa', (kernel) => {
    makePod(kernel, [''], (folder, i) => {
      kernel.edit(`${folder}/memory.current`, () => `${i * 4096}\n`);
      kernel.edit(`${folder}/memory.max`, () => (i === 1 ? 'max\n' : `${(i + 1) * 1_048_576}\n`));
      if (i === 3) for (const file of ['current', 'peak', 'max', 'stat']) kernel.remove(`${folder}/memory.${file}`);
    });
  });
  const tasks = [task('kubepods/pod1', containers)];
  const deliveries = [await host.read({ events: [] }, targetsOf(tasks))];
  assertGolden('v2-pod', await exposeText({ source: host.client(), tasks, deliveries }));
});

test('hybrid cgroups, events by CPU: derived metrics by CPU as well', async (t) => {
  const host = await setUp(t, '6.18-hybrid-2cpu');
  const tasks = [task('batch/job7')];
  host.perf('/batch/job7', 0, { enabledNs: ms, runningNs: ms, values: [1000, 500] });
  host.perf('/batch/job7', 1, { enabledNs: 0, runningNs: 0, values: [0, 0] });
  const deliveries = await readTwice(host, {
    spec: { events: two, perCpu: true },
    tasks,
    change: () => {
      host.perf('/batch/job7', 0, { enabledNs: 2 * ms, runningNs: 2 * ms, values: [2000, 1500] });
      host.perf('/batch/job7', 1, { enabledNs: ms, runningNs: ms / 2, values: [50, 70] });
    },
  });
  assertGolden('hybrid-per-cpu', await exposeText({ source: host.client(), tasks, deliveries }));
});

test('RDT: a task on two L3 caches with ids far apart, sums and caches', async (t) => {
  const host = await setUp(t, '6.1-v2-2numa');
  const machine = new FakeResctrl({ domains: [0, 17] });
  t.after(() => machine.remove());
  const thread = machine.addThread('/batch/job7');
  const monitoring = new RdtMonitoring({
    roots: machine.roots,
    layout: readCgroupLayout(machine.roots),
    cpu: { vendor: 'GenuineIntel', family: 6, model: 106, stepping: 6 },
    kernel: '6.1.0',
    allowed: true,
    budget: new FdBudget(1_000),
    clock: systemClock,
    calls: machine.calls,
  });
  const plans = [{ key: 'rdt', required: true, open: () => monitoring.openSource({ perDomain: true }) }];
  const tasks = [task('batch/job7')];
  const first = await host.readWith(plans, targetsOf(tasks));
  const group = { control: '', monitoring: 'wca-batch-job7' };
  for (let i = 0; machine.at(thread) !== '/mon_groups/wca-batch-job7'; i += 1) {
    assert.ok(i < 1000, machine.log.join());
    await setImmediate();
  }
  machine.count(group, 0, { llc_occupancy: 1_048_576, mbm_total_bytes: 700_000, mbm_local_bytes: 500_000 });
  machine.count(group, 17, { llc_occupancy: 524_288, mbm_total_bytes: 300_000, mbm_local_bytes: 100_000 });
  await setImmediate();
  const deliveries = [first, await host.readWith(plans, targetsOf(tasks))];
  const text = await exposeText({ source: host.client(), tasks, deliveries });
  assertGolden('rdt', onlyFamilies(text, /^(task_llc|task_mem_bandwidth|wca_rdt)/));
});

/** The first memory controller and the first link of both sockets. */
function addPmus(kernel: TempKernel): void {
  for (const [name, type] of [['uncore_imc_0', 17] as const, ['uncore_upi_0', 22] as const]) {
    kernel.write(`sys/bus/event_source/devices/${name}/type`, `${type}\n`);
    kernel.write(`sys/bus/event_source/devices/${name}/cpumask`, '0,2\n');
  }
}

/** Growth of the example of the specification, once or twice; socket 1 idles. */
function writeUncore(host: GoldenHost, times: number): void {
  const reading = (values: readonly number[]) => ({ enabledNs: times * ms, runningNs: times * ms, values });
  host.perf(17, 0, reading([600_000, 400_000, 2_000_000, 1_000_000].map((growth) => growth * times)));
  host.perf(22, 0, reading([9_000, 18_000].map((growth) => growth * times)));
  host.perf(17, 2, reading([0, 0, 0, 0]));
  host.perf(22, 2, reading([0, 0]));
}

test('uncore: memory controllers and links of two sockets, the example of the specification', async (t) => {
  const host = await setUp(t, '5.10-v1-sparse-nodes', addPmus);
  const { capabilities } = await host.client().getPlatform();
  if (!capabilities.some(({ name }) => name === 'uncore')) return t.skip('the collector tells nothing of uncore');
  writeUncore(host, 1);
  const deliveries = await readTwice(host, {
    spec: { uncore: { required: true, groups: [defaultUncoreEvents] } },
    tasks: [],
    change: () => writeUncore(host, 2),
  });
  const text = await exposeText({ source: host.client(), tasks: [], deliveries });
  assertGolden('uncore', onlyFamilies(text, /^platform_(pmm|cas|upi|dram|rpq|imc|scaling)/));
});

/** The blocks of some families of a text. */
function onlyFamilies(text: string, wanted: RegExp): string {
  return text
    .split('\n\n')
    .filter((block) => wanted.test(block.replace(/^# HELP /, '')))
    .join('\n\n');
}

test('what is compared has values, not only names', async (t) => {
  const host = await setUp(t, '6.1-v2-2numa');
  const text = await exposeText({
    source: host.client(),
    tasks: [task('batch/job7')],
    deliveries: [await host.read({}, targetsOf([task('batch/job7')]))],
  });
  assert.match(text, /^task_mem_usage_bytes\{.*task_id="batch\/job7".*\} [0-9]+$/m);
});
