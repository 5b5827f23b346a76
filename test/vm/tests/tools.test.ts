// guests: v2 v1 kernel612
import { existsSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Samples } from '../kit/agent.ts';
import { runCommand } from '../kit/command.ts';
import { perfStat } from '../kit/perf-stat.ts';
import { Scene, startWorkload } from '../kit/scene.ts';
import { assertClose, type Tolerance } from '../kit/tolerance.ts';

/** What WCA says beside what independent tools say of the same run, each with a stated tolerance. */

const unit = 'wca-probe.service';
const service = `system.slice/${unit}`;
const hasPmu = existsSync('/sys/bus/event_source/devices/cpu');
/** 64 MB. */
const pages = 16_384;

/** A count of perf and its name in WCA; `scale` turns perf's unit into WCA's. */
const counts: readonly (Tolerance & { event: string; metric: string; scale: number; pmu?: boolean })[] = [
  { event: 'task-clock', metric: 'task_clock_seconds', scale: 1e-3, share: 0.01 },
  { event: 'page-faults', metric: 'task_page_faults', scale: 1, share: 0.001, slack: 2 },
  { event: 'context-switches', metric: 'task_context_switches', scale: 1, share: 0.1, slack: 5 },
  { event: 'cpu-migrations', metric: 'task_cpu_migrations', scale: 1, share: 0, slack: 2 },
  { event: 'instructions', metric: 'task_instructions', scale: 1, share: 0.03, pmu: true },
  { event: 'cycles', metric: 'task_cycles', scale: 1, share: 0.03, pmu: true },
  { event: 'cache-misses', metric: 'task_cache_misses', scale: 1, share: 0.03, pmu: true },
];
const counted = counts.filter(({ pmu = false }) => hasPmu || !pmu);
const scene = Scene.make(['probe'], { tasks: [service], events: counted.map(({ metric }) => metric) });

/** What a tool says of a process or service now, in WCA's unit, and where WCA says it. */
interface Reading extends Tolerance {
  readonly tool: string;
  readonly read: (pid: number) => number;
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A task as WCA measured it last, and its process. */
interface Measured {
  readonly samples: Samples;
  readonly id: string;
  readonly pid: number;
}

function compare(t: TestContext, reading: Reading, { samples, id, pid }: Measured): void {
  const { tool, read, metric, labels, ...tolerance } = reading;
  const said = read(pid);
  const value = samples.value(metric, { task_id: id, ...labels });
  t.diagnostic(`${tool}: ${said}, ${metric}: ${value}`);
  assertClose(value, said, { ...tolerance, what: `${metric} beside ${tool}` });
}

/** `ps -o time=`: [[DD-]hh:]mm:ss. */
function parsePsTime(text: string): number {
  const [days = '0', clock = ''] = text.includes('-') ? text.trim().split('-') : ['0', text.trim()];
  return clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

/** The last line of `numastat -p PID`: "Total  64.61  0.13  64.74", megabytes on each node and together. */
function numastatMegabytes(pid: number, node: number): number {
  const line = runCommand('numastat', ['-p', String(pid)])
    .split('\n')
    .findLast((text) => text.startsWith('Total'));
  return Number(line?.trim().split(/\s+/)[1 + node]);
}

const ofProcess: readonly Reading[] = [
  {
    tool: 'ps -o time',
    read: (pid) => parsePsTime(runCommand('ps', ['-o', 'time=', '-p', String(pid)])),
    metric: 'task_cpu_usage_seconds',
    share: 0.02,
    slack: 1, // it prints whole seconds
  },
  {
    tool: 'ps -o rss',
    read: (pid) => Number(runCommand('ps', ['-o', 'rss=', '-p', String(pid)])) * 1024,
    metric: 'task_mem_usage_bytes',
    share: 0.05, // the cgroup pays for page tables, and not for the pages of the program
  },
  ...[0, 1].map((node) => ({
    tool: `numastat -p, node ${node}`,
    read: (pid: number) => (numastatMegabytes(pid, node) * 2 ** 20) / 4096,
    metric: 'task_mem_numa_pages',
    labels: { numa_node: String(node) },
    share: 0.01,
    slack: 300, // it sees the pages of the program, the cgroup only what it paid for
  })),
];

function showProperty(name: string): number {
  return Number(runCommand('systemctl', ['show', '-p', name, '--value', unit]));
}

const ofService: readonly Reading[] = [
  {
    tool: 'systemctl show -p CPUUsageNSec',
    read: () => showProperty('CPUUsageNSec') / 1e9,
    metric: 'task_cpu_usage_seconds',
    share: 0.001,
    slack: 0.001,
  },
  {
    tool: 'systemctl show -p MemoryCurrent',
    read: () => showProperty('MemoryCurrent'),
    metric: 'task_mem_usage_bytes',
    share: 0.005,
  },
  {
    tool: 'systemd-cgtop',
    read: () => {
      const line = runCommand('systemd-cgtop', ['--batch', '--raw', '--iterations=1', '--depth=3', '/system.slice'])
        .split('\n')
        .find((text) => text.includes(unit));
      return Number(line?.trim().split(/\s+/)[3]);
    },
    metric: 'task_mem_usage_bytes',
    share: 0.005,
  },
];

test('perf stat --for-each-cgroup, ps, numastat say what WCA says of a process', async (t) => {
  const { id, workload } = await scene.start(t, 'probe', {
    kind: 'mix',
    amount: pages,
    before: ['numactl', '--membind=1'],
  });
  const first = await scene.agent.samplesOf(id);
  const stat = await perfStat(
    id,
    counted.map(({ event }) => event),
    () => workload.act(),
  );
  const last = await scene.agent.samplesOf(id);
  for (const { event, metric, scale, ...tolerance } of counted) {
    await t.test(`perf stat: ${event}`, (st) => {
      const grown = last.value(metric, { task_id: id }) - first.value(metric, { task_id: id });
      const said = (stat.get(event) ?? Number.NaN) * scale;
      st.diagnostic(`perf ${said}, ${metric} ${grown}`);
      assertClose(grown, said, { ...tolerance, what: `${metric} beside perf stat` });
    });
  }
  const measured = { samples: last, id, pid: workload.pid };
  for (const reading of ofProcess) await t.test(reading.tool, (st) => compare(st, reading, measured));
});

test('systemctl and systemd-cgtop say what WCA says of a service', async (t) => {
  const accounting = ['--property=CPUAccounting=yes', '--property=MemoryAccounting=yes'];
  t.after(() => runCommand('systemctl', ['stop', unit]));
  const workload = await startWorkload(t, {
    kind: 'mix',
    amount: pages,
    before: ['systemd-run', '--quiet', '--pipe', '--wait', `--unit=${unit}`, ...accounting],
  });
  await workload.act();
  const samples = await scene.agent.samplesOf(service);
  const measured = { samples, id: service, pid: workload.pid };
  for (const reading of ofService) await t.test(reading.tool, (st) => compare(st, reading, measured));
});
